/** `/audit`: the record, searched and filtered, the newest first; admins and auditors read. */
import type { FC } from "hono/jsx";
import type { AuditEntry, AuditFilter, SavedFilterItem, TakenInItem } from "#api/audit/audit-data.ts";
import { Layout, Message, type PagePerson } from "#pages/kit/layout.tsx";
import { auditTexts as texts } from "#texts/audit.ts";
import { auditPath, AuditSearch, Exports, SavedFilters } from "./audit-search.tsx";
import { EntryRow } from "./entry-row.tsx";
import { languageTexts as language } from "#texts/kit/language.ts";

interface AuditPageProps {
  person: PagePerson;
  /** Whether actions of requests are this person's to read. */
  mayReadActions: boolean;
  filter: AuditFilter;
  /** Null where the deployment has no record. */
  found: {
    entries: readonly AuditEntry[];
    /** Whether the list goes on from a page before. */
    isFurther: boolean;
    /** Where the next page begins; null if this is the last. */
    next: string | null;
    takenIn: TakenInItem;
  } | null;
  saved: readonly SavedFilterItem[];
  /** Why what was asked for could not be looked for; null otherwise. */
  refusal: string | null;
}

const StandingOf: FC<TakenInItem> = ({ leaves, of }) => {
  const log = <a href="/log">{texts.standing.log}</a>;
  if (leaves > of) return <p class="message">{texts.standing.ahead(language.number(leaves), language.number(of))}</p>;
  if (leaves < of) return <p class="message">{texts.standing.behind(log, language.number(leaves), language.number(of))}</p>;
  return <p class="quiet">{texts.standing.whole(log, language.number(leaves))}</p>;
};

const Found: FC<{ filter: AuditFilter; found: NonNullable<AuditPageProps["found"]> }> = ({
  filter,
  found: { entries, isFurther, next },
}) => {
  const isFiltered = isFurther || Object.values(filter).some((value) => value !== undefined);
  return (
    <section aria-labelledby="entries-title">
      <h2 id="entries-title">{texts.list.title}</h2>
      {entries.length === 0 ? (
        <p class="nothing">{isFiltered ? texts.list.notFound : texts.list.none}</p>
      ) : (
        <ul class="rows stacked" id="entries">
          {entries.map((entry) => (
            <EntryRow entry={entry} />
          ))}
        </ul>
      )}
      {isFurther || next !== null ? (
        <nav class="ways" aria-label={texts.list.ways}>
          {isFurther ? <a href={auditPath(filter, null)}>{texts.list.newest}</a> : null}
          {next === null ? null : <a href={auditPath(filter, next)}>{texts.list.older}</a>}
        </nav>
      ) : null}
    </section>
  );
};

export const AuditPage: FC<AuditPageProps> = ({ person, mayReadActions, filter, found, saved, refusal }) => (
  <Layout title={texts.title} sheets={["desk"]} script={found === null ? "signed-in.js" : "audit.js"} person={person} here="/audit">
    <main id="audit">
      <h1>{texts.title}</h1>
      {found === null ? (
        <p class="nothing">{texts.unavailable}</p>
      ) : (
        <>
          <p>{texts.about}</p>
          {mayReadActions ? null : <p class="quiet">{texts.noActions}</p>}
          <StandingOf {...found.takenIn} />
          <AuditSearch filter={filter} />
          <Message />
          {refusal === null ? null : (
            <p class="message" role="alert">
              {texts.list.notUnderstood} {refusal}
            </p>
          )}
          {refusal === null ? <Found filter={filter} found={found} /> : null}
          <SavedFilters filter={refusal === null ? filter : {}} saved={saved} />
          {refusal === null ? <Exports filter={filter} /> : null}
        </>
      )}
    </main>
  </Layout>
);
