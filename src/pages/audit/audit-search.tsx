/** What the record is searched by, what of it somebody has saved, and what is exported. */
import type { FC } from "hono/jsx";
import type { AuditFilter, SavedFilterItem } from "#api/audit/audit-data.ts";
import { Field } from "#pages/kit/field.tsx";
import { Text } from "#pages/kit/view-jsx.ts";
import { plainText } from "#pages/kit/text-view.ts";
import { auditTexts as texts } from "#texts/audit.ts";
import { kindChoices } from "./entry-words.ts";

const DAY = /^\d{4}-\d\d-\d\d$/;

const given = (filter: AuditFilter): [string, string][] =>
  Object.entries(filter).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]));

/** Where the list of what is looked for begins, or goes on. */
export const auditPath = (filter: AuditFilter, cursor: string | null): string => {
  const query = new URLSearchParams([...given(filter), ...(cursor === null ? [] : [["cursor", cursor]])]).toString();
  return query === "" ? "/audit" : `/audit?${query}`;
};

const NARROW = ["status", "agent", "person", "rule", "server", "tool", "request"] as const;
const ofDay = { from: texts.search.fromHint, to: texts.search.toHint } as const;

export const AuditSearch: FC<{ filter: AuditFilter }> = ({ filter }) => {
  const isNarrowed = given(filter).some(([name]) => name !== "q");
  return (
    <form id="look-for" method="get" action="/audit" role="search">
      <Field
        id="q"
        name="q"
        type="search"
        label={texts.search.q}
        hint={texts.search.qHint}
        value={filter.q ?? ""}
        maxlength={200}
        autocomplete="off"
        spellcheck={false}
      />
      <details open={isNarrowed}>
        <summary>{texts.search.filters}</summary>
        <div class="narrowed">
          <div class="field">
            <label for="kind">{texts.search.kind}</label>
            <select id="kind" name="kind">
              <option value="">{texts.search.everyKind}</option>
              {kindChoices().map(({ value, name }) => (
                <option value={value} selected={filter.kind === value}>
                  {name}
                </option>
              ))}
            </select>
          </div>
          {NARROW.map((name) => (
            <Field
              id={name}
              name={name}
              label={texts.search[name]}
              hint={texts.search[`${name}Hint`]}
              value={filter[name] ?? ""}
              maxlength={200}
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
            />
          ))}
          {(["from", "to"] as const).map((name) => {
            const value = filter[name] ?? "";
            return (
              <Field
                id={name}
                name={name}
                type={value === "" || DAY.test(value) ? "date" : "text"}
                label={texts.search[name]}
                hint={ofDay[name]}
                value={value}
              />
            );
          })}
        </div>
      </details>
      <p class="ways">
        <button type="submit" class="primary">
          {texts.search.send}
        </button>
        {given(filter).length === 0 ? null : <a href="/audit">{texts.search.clear}</a>}
      </p>
    </form>
  );
};

export const SavedFilters: FC<{ filter: AuditFilter; saved: readonly SavedFilterItem[] }> = ({ filter, saved }) => (
  <section aria-labelledby="saved-title">
    <h2 id="saved-title">{texts.saved.title}</h2>
    <p id="done" class="done" role="status" tabindex={-1}></p>
    <p class="nothing" id="no-saved" hidden={saved.length > 0}>
      {texts.saved.none}
    </p>
    <ul class="saved" id="saved">
      {saved.map(({ name, filter: one }) => (
        <li>
          <a href={auditPath(one, null)}>
            <Text value={name} />
          </a>{" "}
          <button type="button" class="link" data-forget={name} aria-label={plainText(`${texts.saved.forget} ${name}`)}>
            {texts.saved.forget}
          </button>
        </li>
      ))}
    </ul>
    {given(filter).length === 0 ? null : (
      <form id="save" class="inline" novalidate>
        <Field
          id="name"
          name="name"
          label={texts.saved.name}
          hint={texts.saved.nameHint}
          refusable
          required
          maxlength={60}
          autocomplete="off"
        />
        <button type="submit">{texts.saved.save}</button>
      </form>
    )}
  </section>
);

const Hidden: FC<{ values: readonly (readonly [string, string | undefined])[] }> = ({ values }) => (
  <>{values.map(([name, value]) => (value === undefined ? null : <input type="hidden" name={name} value={value} />))}</>
);

export const Exports: FC<{ filter: AuditFilter }> = ({ filter }) => (
  <section aria-labelledby="exports-title" class="exports">
    <h2 id="exports-title">{texts.exports.title}</h2>
    <p>{texts.exports.about}</p>
    <form method="get" action="/api/v1/audit/export" class="ways">
      <Hidden values={given(filter)} />
      <button type="submit" name="format" value="csv">
        {texts.exports.csv}
      </button>
      <button type="submit" name="format" value="ndjson">
        {texts.exports.ndjson}
      </button>
    </form>
    <p>{texts.exports.bundleAbout}</p>
    <form method="get" action="/api/v1/audit/export" class="ways">
      <Hidden
        values={[
          ["from", filter.from],
          ["to", filter.to],
        ]}
      />
      <button type="submit" name="format" value="bundle">
        {texts.exports.bundle}
      </button>
    </form>
  </section>
);
