/** `/log/entry/<index>`: one leaf and the way from it to the signed root; and, where it is public, what it says. For anyone. */
import type { Child, FC } from "hono/jsx";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { LogRecord, RecordOf } from "#countersign/documents/record.ts";
import { entriesText, pathView, type ShownStep } from "./entry-view.ts";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { requestViews } from "#pages/approvals/request-view.ts";
import { exactTimeView, hashView, term, termList } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { element, type ViewElement } from "#pages/kit/view.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { logTexts as texts } from "#texts/log.ts";
import { languageTexts as language } from "#texts/kit/language.ts";

type Approved = RecordOf<"approval.approved">;

interface Revealed {
  record: Approved | RecordOf<"log.genesis" | "key.rotated">;
  salt: string;
  payload: JsonObject | null;
}

/** What an entry says to this reader, though it is not public. */
export interface ToldEntry {
  record: LogRecord;
  salt: string;
  /** Which it tells of, and how that stands. */
  request: { id: string; action: string; status: string } | null;
}

export interface LogEntryPageProps {
  entry: {
    index: number;
    entry: string;
    hash: string;
    path: readonly ShownStep[];
    size: number;
    root: string;
    proof: string;
    revealed: Revealed | null;
  };
  /** Null where there is nothing, or nothing for this reader, but what is public. */
  told: ToldEntry | null;
  person: PagePerson | undefined;
}

const decisionView = ({ at, statement }: Approved["decisions"][number]): ViewElement =>
  element(
    "li",
    {},
    textView(statement.approver.username),
    " ",
    textView(statement.approver.id, "id"),
    ` ${statement.verdict}, `,
    exactTimeView(at),
  );

/** The request as those who signed it saw it; people by no more than what the record says of them. */
const Request: FC<{ record: Approved; payload: JsonObject | null }> = ({ record, payload }) => {
  const deciders = record.decisions.map(({ statement: { approver } }) => ({ ...approver, display_name: "" }));
  const views = requestViews(record.request, payload, deciders);
  return (
    <>
      {toJsx(views.request)}
      <h2>{texts.entry.payload}</h2>
      <div class="sheet">
        {toJsx(views.payload)}
        <div class="seal">{toJsx(views["payload-hash"])}</div>
      </div>
      <h2>{texts.entry.signatures}</h2>
      {toJsx(element("ul", { class: "signatures" }, ...record.decisions.map(decisionView)))}
      <h2>{texts.entry.terms}</h2>
      {toJsx(views.terms)}
    </>
  );
};

const KIND_SENTENCES: Readonly<Record<string, string>> = texts.entry.kinds;

const RecordSection: FC<{ record: LogRecord; salt: string; children?: Child }> = ({ record, salt, children }) => (
  <section aria-labelledby="record-title">
    <h2 id="record-title">{texts.entry.record}</h2>
    <p>{texts.entry.hashOf}</p>
    {toJsx(termList(term(texts.entry.kind, textView(record.kind, "id")), term(texts.entry.salt, textView(salt, "id"))))}
    <details>
      <summary>{texts.entry.theWholeRecord}</summary>
      <div class="sheet">{toJsx(element("div", { class: "payload" }, objectView(record)))}</div>
    </details>
    {children}
  </section>
);

const Told: FC<ToldEntry> = ({ record, salt, request }) => (
  <>
    {request === null ? (
      <p>{texts.entry.asAuditor}</p>
    ) : (
      <p>
        {texts.entry.ofRequest(
          <a href={`/a/${request.id}`}>
            <Text value={request.action} />
          </a>,
          request.status,
          <a href={`/api/v1/approvals/${request.id}/receipt`}>{texts.entry.itsReceipt}</a>,
          <a href={`/verify#request=${request.id}`}>{texts.entry.itsCheck}</a>,
        )}
      </p>
    )}
    {KIND_SENTENCES[record.kind] && <p>{KIND_SENTENCES[record.kind]}</p>}
    <RecordSection record={record} salt={salt} />
  </>
);

const Says: FC<Pick<LogEntryPageProps, "entry" | "told">> = ({ entry: { index, revealed }, told }) => {
  if (revealed === null && told !== null) return <Told {...told} />;
  if (revealed === null) {
    return <p>{texts.entry.notPublic(<a href="/verify">{texts.entry.checkOne}</a>)}</p>;
  }
  const { record, salt, payload } = revealed;
  return (
    <>
      {record.kind === "approval.approved" ? <Request record={record} payload={payload} /> : <p>{KIND_SENTENCES[record.kind] ?? ""}</p>}
      <RecordSection record={record} salt={salt}>
        <p>
          <a href={`/log/revealed/${index}`}>{texts.entry.asJson}</a>
        </p>
      </RecordSection>
    </>
  );
};

const Place: FC<Pick<LogEntryPageProps, "entry">> = ({ entry: { index, entry, hash, path, size, root, proof } }) => (
  <section aria-labelledby="place-title">
    <h2 id="place-title">{texts.entry.placeInTheLog}</h2>
    {toJsx(
      termList(
        term(texts.entry.index, texts.entry.indexOf(language.number(index), entriesText(size))),
        term(texts.entry.entry, hashView(entry)),
        term(texts.entry.leafHash, hashView(hash)),
        term(texts.entry.root, hashView(root)),
      ),
    )}
    {path.length === 0 ? null : toJsx(pathView(texts.entry.pathOf(path.length), path))}
    <details>
      <summary>{texts.entry.proofTitle}</summary>
      <pre class="proof" tabindex={0} aria-label={texts.entry.proof}>
        {proof}
      </pre>
      <p>
        {texts.entry.copyInto(index === 0 ? "" : texts.entry.orWhatYouHave, <a href="/verify#proof">{texts.entry.theCheckOfProofs}</a>)}
      </p>
    </details>
  </section>
);

export const LogEntryPage: FC<LogEntryPageProps> = ({ entry, told, person }) => {
  const name = texts.entry.title(language.number(entry.index));
  // A request brings its own heading.
  const isRequest = entry.revealed?.record.kind === "approval.approved";
  return (
    <Layout title={name} person={person} here="/log" sheets={["log", "request"]}>
      <main class="log">
        <p class="quiet">
          <a href="/log">{texts.entry.transparencyLog}</a>
          {isRequest ? `, ${name.toLowerCase()}` : ""}
        </p>
        {isRequest ? null : <h1>{name}</h1>}
        <Says entry={entry} told={told} />
        <Place entry={entry} />
      </main>
    </Layout>
  );
};
