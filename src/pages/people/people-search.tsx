/** Finding people on `/admin/people`: by words and by role, page by page. It needs no script. */
import type { FC } from "hono/jsx";
import type { PeopleList, PeopleQuery } from "#api/people/person-data.ts";
import { ROLES } from "#api/people-shapes.ts";
import { peopleTexts } from "#texts/people.ts";

const texts = peopleTexts.search;

/** What of the list a page shows. */
export type ListedPeople = PeopleQuery;

const queryOf = (filter: ListedPeople): string => {
  const given = Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
};

/** Where the script of the page reads the same list again: as a page, also where nothing is looked for. */
export const listAddress = (filter: ListedPeople): string => `/api/v1/people${queryOf(filter) || "?role=any"}`;

export const PeopleSearch: FC<{ filter: ListedPeople }> = ({ filter: { q = "", role } }) => (
  <form id="search" class="inline" method="get" action="/admin/people" role="search">
    <div class="field">
      <label for="q">{texts.label}</label>
      <input id="q" name="q" type="search" value={q} maxlength={200} autocomplete="off" spellcheck={false} aria-describedby="q-hint" />
      <p class="hint" id="q-hint">
        {texts.hint}
      </p>
    </div>
    <div class="field">
      <label for="role">{texts.role}</label>
      <select id="role" name="role">
        <option value="">{texts.anyRole}</option>
        {ROLES.map((one) => (
          <option value={one} selected={role === one}>
            {peopleTexts.roles[one].name}
          </option>
        ))}
      </select>
    </div>
    <button type="submit">{texts.verb}</button>
  </form>
);

/** What stands below the list: that nobody was found, and the way on. */
export const PeopleListEnd: FC<{ list: PeopleList; filter: ListedPeople }> = ({ list, filter }) => (
  <>
    {list.items.some(({ confirmed }) => confirmed) || list.next_cursor !== undefined ? null : <p class="nothing">{texts.none}</p>}
    {list.next_cursor === undefined ? null : (
      <p>
        <a href={`/admin/people${queryOf({ ...filter, cursor: list.next_cursor })}`}>{texts.further}</a>
      </p>
    )}
  </>
);
