/** `/admin/grants`: what approvers let pass without being asked again; revoking one, which only narrows, is not signed. */
import type { FC } from "hono/jsx";
import type { GrantItem, GrantsQuery } from "#api/grants/grant-data.ts";
import { ConfirmDialog } from "#pages/kit/dialogs.tsx";
import { Layout, Message, type PagePerson } from "#pages/kit/layout.tsx";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { grantRow } from "./grant-row.ts";
import { grantsTexts as texts } from "#texts/grants.ts";

interface GrantsPageProps {
  person: PagePerson;
  items: readonly GrantItem[];
  filter: Omit<GrantsQuery, "cursor">;
  /** Where the list goes on; null at its end. */
  next: string | null;
}

const Search: FC<{ filter: GrantsPageProps["filter"] }> = ({ filter: { q = "", state, agent } }) => (
  <form id="search" class="inline" method="get" action="/admin/grants" role="search">
    <div class="field">
      <label for="q">{texts.search.label}</label>
      <input id="q" name="q" type="search" value={q} maxlength={200} autocomplete="off" spellcheck={false} aria-describedby="q-hint" />
      <p class="hint" id="q-hint">
        {texts.search.hint}
      </p>
    </div>
    <div class="field">
      <label for="state">{texts.search.state}</label>
      <select id="state" name="state">
        {[
          ["", texts.search.states.all],
          ["open", texts.search.states.open],
          ["over", texts.search.states.over],
        ].map(([value, name]) => (
          <option value={value} selected={(state ?? "") === value}>
            {name}
          </option>
        ))}
      </select>
    </div>
    {agent === undefined ? null : <input type="hidden" name="agent" value={agent} />}
    <button type="submit">{texts.search.submit}</button>
  </form>
);

const onFrom = ({ q, state, agent }: GrantsPageProps["filter"], next: string): string => {
  const query = new URLSearchParams({
    ...(q !== undefined && { q }),
    ...(state !== undefined && { state }),
    ...(agent !== undefined && { agent }),
  });
  query.set("cursor", next);
  return `/admin/grants?${query.toString()}`;
};

export const GrantsPage: FC<GrantsPageProps> = ({ person, items, filter, next }) => {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <Layout title={texts.title} sheets={["desk"]} script="grants.js" person={person} here="/admin/grants">
      <main id="grants">
        <h1>{texts.title}</h1>
        <p>{texts.intro}</p>
        <Search filter={filter} />
        <Message />
        {items.length === 0 ? (
          <p class="nothing">{isFiltered ? texts.list.noneFound : texts.list.none}</p>
        ) : (
          <ul class="rows wide" id="grant-list">
            {items.map((item) => toJsx(grantRow(item, person)))}
          </ul>
        )}
        {next === null ? null : (
          <p>
            <a href={onFrom(filter, next)}>{texts.list.earlier}</a>
          </p>
        )}
        <ConfirmDialog />
      </main>
    </Layout>
  );
};
