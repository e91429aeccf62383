/** `/log/entry/<index>`: one leaf and the way from it to the signed root; and, where it is public, what it says. For anyone. */
import type { Child, FC } from "hono/jsx";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { LogRecord, RecordOf } from "#countersign/documents/record.ts";
import { countText, entriesText, pathView, type ShownStep } from "./entry-view.ts";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { requestViews } from "#pages/approvals/request-view.ts";
import { exactTimeView, hashView, term, termList } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { element, type ViewElement } from "#pages/kit/view.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";

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
      <h2>Payload</h2>
      <div class="sheet">
        {toJsx(views.payload)}
        <div class="seal">{toJsx(views["payload-hash"])}</div>
      </div>
      <h2>Signatures</h2>
      {toJsx(element("ul", { class: "signatures" }, ...record.decisions.map(decisionView)))}
      <h2>Terms</h2>
      {toJsx(views.terms)}
    </>
  );
};

const KIND_SENTENCES: Readonly<Record<string, string>> = {
  "log.genesis": "The log began with this entry, which names the key that it signs with.",
  "key.rotated": "From this entry on the log signs with another key, which is named here.",
  "agent.changed": "From this entry on an agent has the groups that are named here.",
  "agent.key_rotated": "An agent got another key; the one before serves for as many hours more as are named here.",
  "agent.key_ended": "From this entry on a key of an agent that was replaced opens nothing any more.",
  "policy.published": "From this entry on this version of the policy is in force.",
  "approval.auto_approved": "A request passed without people, on the basis that is named here.",
  "grant.used": "An action passed by a grant, which people had given with an earlier approval.",
  "grant.revoked": "From this entry on a grant lets nothing pass any more.",
  "pattern.denied":
    "From this entry on, until the time that is named here, what an agent asks for that is like this is refused without asking.",
  "pattern.lifted": "From this entry on people are asked again about what had been refused without asking.",
  "question.asked": "Before deciding, a person asked the agent something. The words are not here, only their hash.",
  "question.answered": "The agent answered what a person had asked before deciding. The words are not here, only their hash.",
  "request.extended": "A person gave more time to decide a request, until the time that is named here.",
  "payload.proposed": "Whoever denied a request said what they would let pass instead: what has this hash.",
  "stop.ordered": "An agent was stopped, or everything, if none is named: what was approved before serves for nothing any more.",
  "delegation.given": "Somebody who is out of office named who is told in their place. Nobody decides in another’s place.",
  "delegation.ended": "From this entry on somebody is told for themselves again.",
  "stop.released": "An agent, or everything, that had been stopped may go on.",
  "channel.added": "From this entry on there is a channel, over which people or systems are told.",
  "channel.changed": "From this entry on a channel is as this says.",
  "channel.removed": "From this entry on nothing is sent over a channel any more.",
  "server.added": "From this entry on there is an MCP server behind the gate, at the address that is named here.",
  "server.changed": "From this entry on an MCP server behind the gate is as this says.",
  "server.connected": "From this entry on agents call a server as whoever gave the gate leave there.",
  "account.connected": "From this entry on the person’s own agents call a server as whoever gave the gate leave there.",
  "server.disconnected": "From this entry on nothing is called any more by what the gate was given leave for.",
  "server.removed": "From this entry on nothing reaches an MCP server through the gate any more.",
  "tools.accepted": "From this entry on just these tools of an MCP server may be called, each as its pin here says.",
  "calls.logged":
    "Calls of an agent through the gate, from one number to another: the root here commits to each of them, and says nothing of them.",
  "challenge.consumed": "A passkey approved one call of an agent at the agent’s client. It is part of no quorum, and served once.",
};

const RecordSection: FC<{ record: LogRecord; salt: string; children?: Child }> = ({ record, salt, children }) => (
  <section aria-labelledby="record-title">
    <h2 id="record-title">Record</h2>
    <p>The entry below is the hash of exactly this record, with this salt.</p>
    {toJsx(termList(term("Kind", textView(record.kind, "id")), term("Salt", textView(salt, "id"))))}
    <details>
      <summary>The whole record</summary>
      <div class="sheet">{toJsx(element("div", { class: "payload" }, objectView(record)))}</div>
    </details>
    {children}
  </section>
);

const Told: FC<ToldEntry> = ({ record, salt, request }) => (
  <>
    {request === null ? (
      <p>What this entry says is not public. You can read it as an auditor.</p>
    ) : (
      <p>
        What this entry says is not public. You can read it: it is about the request{" "}
        <a href={`/a/${request.id}`}>
          <Text value={request.action} />
        </a>
        , which was {request.status}. This is <a href={`/api/v1/approvals/${request.id}/receipt`}>its receipt</a>, and{" "}
        <a href={`/verify#request=${request.id}`}>the check of it</a>.
      </p>
    )}
    {KIND_SENTENCES[record.kind] && <p>{KIND_SENTENCES[record.kind]}</p>}
    <RecordSection record={record} salt={salt} />
  </>
);

const Says: FC<Pick<LogEntryPageProps, "entry" | "told">> = ({ entry: { index, revealed }, told }) => {
  if (revealed === null && told !== null) return <Told {...told} />;
  if (revealed === null) {
    return (
      <p>
        What this entry says is not public. Whoever has its receipt can show that it is in here, under this hash:{" "}
        <a href="/verify">check one</a>.
      </p>
    );
  }
  const { record, salt, payload } = revealed;
  return (
    <>
      {record.kind === "approval.approved" ? <Request record={record} payload={payload} /> : <p>{KIND_SENTENCES[record.kind] ?? ""}</p>}
      <RecordSection record={record} salt={salt}>
        <p>
          <a href={`/log/revealed/${index}`}>Record, salt and payload as JSON</a>
        </p>
      </RecordSection>
    </>
  );
};

const Place: FC<Pick<LogEntryPageProps, "entry">> = ({ entry: { index, entry, hash, path, size, root, proof } }) => (
  <section aria-labelledby="place-title">
    <h2 id="place-title">Place in the log</h2>
    {toJsx(
      termList(
        term("Index", `${countText(index)} of ${entriesText(size)}`),
        term("Entry", hashView(entry)),
        term("Leaf hash", hashView(hash)),
        term("Root", hashView(root)),
      ),
    )}
    {path.length === 0 ? null : toJsx(pathView(`From the leaf to the root, ${path.length} ${path.length === 1 ? "step" : "steps"}`, path))}
    <details>
      <summary>Proof that anybody can check</summary>
      <pre class="proof" tabindex={0} aria-label="Proof">
        {proof}
      </pre>
      <p>
        Copy it, with the leaf hash{index === 0 ? "" : " or what you have of the entry"}, into{" "}
        <a href="/verify#proof">the check of proofs</a>.
      </p>
    </details>
  </section>
);

export const LogEntryPage: FC<LogEntryPageProps> = ({ entry, told, person }) => {
  const name = `Entry ${countText(entry.index)}`;
  // A request brings its own heading.
  const isRequest = entry.revealed?.record.kind === "approval.approved";
  return (
    <Layout title={name} person={person} here="/log" sheets={["log", "request"]}>
      <main class="log">
        <p class="quiet">
          <a href="/log">Transparency log</a>
          {isRequest ? `, ${name.toLowerCase()}` : ""}
        </p>
        {isRequest ? null : <h1>{name}</h1>}
        <Says entry={entry} told={told} />
        <Place entry={entry} />
      </main>
    </Layout>
  );
};
