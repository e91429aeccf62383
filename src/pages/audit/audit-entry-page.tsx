/** `/audit/<entry>`: one entry of the record, what the log commits to, and what proves it. */
import type { FC } from "hono/jsx";
import type { AuditDetail } from "#api/audit/audit-data.ts";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { exactTimeView, term, termList } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { element, type View, type ViewElement } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { auditTexts as texts } from "#texts/audit.ts";
import { EntryTitle } from "./entry-row.tsx";
import { kindText } from "./entry-words.ts";
import { languageTexts as language } from "#texts/kit/language.ts";

const { terms } = texts.entry;

const named = ({ id, name }: { id: string | null; name: string }): View[] =>
  id === null ? [textView(name)] : [textView(name), " ", textView(id, "id")];

const facts = (entry: AuditDetail): ViewElement[] => {
  const { at, kind, status, agent, people, rule, server, tool, request_id: request, leaf, call, links } = entry;
  const optional = (name: string, value: string | null): ViewElement[] => (value === null ? [] : [term(name, textView(value))]);
  return [
    term(terms.kind, kindText(kind), " ", textView(kind, "id")),
    term(terms.time, exactTimeView(at)),
    ...optional(terms.status, status),
    ...(agent === null ? [] : [term(terms.agent, ...named(agent))]),
    ...(people.length === 0
      ? []
      : [term(terms.people, element("ul", {}, ...people.map(({ id, username }) => element("li", {}, ...named({ id, name: username })))))]),
    ...optional(terms.rule, rule),
    ...(server === null ? [] : [term(terms.server, ...named(server))]),
    ...optional(terms.tool, tool),
    ...(request === null ? [] : [term(terms.request, textView(request, "id"))]),
    ...(leaf === null
      ? []
      : [
          term(
            terms.leaf,
            ...(links.entry === null
              ? texts.entry.leafOf<View>(language.number(leaf.index), textView(leaf.log))
              : [texts.entry.leaf(language.number(leaf.index))]),
          ),
        ]),
    ...(call === null ? [] : [term(terms.call, texts.entry.call(call.number))]),
    ...(call?.session == null ? [] : [term(terms.session, textView(call.session, "id"))]),
  ];
};

const Proof: FC<Pick<AuditDetail, "links" | "request_id">> = ({ links, request_id: request }) => {
  const { entry, proof, receipt, request: page, session } = links;
  const ways: [string | null, string][] = [
    [entry, texts.entry.proof.entry],
    [proof, texts.entry.proof.call],
    [receipt, texts.entry.proof.receipt],
    [page, texts.entry.proof.request],
    [session, texts.entry.proof.session],
    [request === null ? null : `/audit?request=${encodeURIComponent(request)}`, texts.entry.related],
  ];
  const there = ways.filter((way): way is [string, string] => way[0] !== null);
  return (
    <section aria-labelledby="proof-title">
      <h2 id="proof-title">{texts.entry.proof.title}</h2>
      {there.length === 0 ? <p>{texts.entry.proof.none}</p> : null}
      <ul>
        {there.map(([href, name]) => (
          <li>
            <a href={href}>{name}</a>
          </li>
        ))}
      </ul>
    </section>
  );
};

const Committed: FC<Pick<AuditDetail, "record" | "salt">> = ({ record, salt }) => (
  <section aria-labelledby="record-title">
    <h2 id="record-title">{texts.entry.record.title}</h2>
    {record === null || salt === null ? (
      <p>{texts.entry.record.private}</p>
    ) : (
      <>
        <p>{texts.entry.record.about}</p>
        {toJsx(termList(term(texts.entry.record.salt, textView(salt, "id"))))}
        <details>
          <summary>{texts.entry.record.whole}</summary>
          <div class="sheet">{toJsx(element("div", { class: "payload" }, objectView(record)))}</div>
        </details>
      </>
    )}
  </section>
);

export const AuditEntryPage: FC<{ person: PagePerson; entry: AuditDetail }> = ({ person, entry }) => (
  <Layout title={texts.entry.title} sheets={["desk"]} person={person} here="/audit">
    <main class="record">
      <p>
        <a href="/audit">{texts.title}</a>
      </p>
      <h1>
        <EntryTitle entry={entry} />
      </h1>
      {toJsx(termList(...facts(entry)))}
      <Proof links={entry.links} request_id={entry.request_id} />
      <Committed record={entry.record} salt={entry.salt} />
    </main>
  </Layout>
);
