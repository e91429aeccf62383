/** Entries and calls as they would be there after a long time, without the log and the agents that they come from. For tests and benches. */
import { canonicalize } from "#countersign/json/canonical-json.ts";
import type { IndexedEntries } from "#gate/audit/take-in.ts";
import { entriesOfLeaf } from "#rules/audit/entry-of-leaf.ts";
import { callPlace } from "#rules/audit/entry-place.ts";
import { takeInPorts } from "#storage/audit/copied-leaves.ts";
import { termsOf, wordsOf } from "#storage/calls/terms.ts";

const FIRST_MS = Date.parse("2026-02-01T00:00:00.000Z");
/** A log of its own, so that the deployment's goes on as it is. */
export const PUT_LOG = "put.example/log";
const AT_ONCE = 500;
const AGENTS = 10;
const TOOLS = 20;
/** Each tenth is denied, each hundredth is about a whale. */
const isDenied = (n: number): boolean => n % 10 === 0;

/** `count` entries of leaves, a minute after each other, from the `first` on. */
export async function putEntries(audit: D1Database, count: number, first = 0): Promise<void> {
  const ports = takeInPorts(audit, audit);
  for (let from = first; from < first + count; from += AT_ONCE) {
    const leaves = Array.from({ length: Math.min(AT_ONCE, first + count - from) }, (_, n) => entryOf(from + n));
    const reached = from + leaves.length;
    await ports.write({ origin: PUT_LOG, reached, atMs: FIRST_MS + reached * 60_000 }, leaves);
  }
}

function entryOf(n: number): IndexedEntries {
  const kind = isDenied(n) ? "approval.denied" : "approval.approved";
  const record = {
    kind,
    at: new Date(FIRST_MS + n * 60_000).toISOString(),
    decisions: [{ statement: { approver: { id: `usr_${n % AGENTS}`, username: `person-${n % AGENTS}` } } }],
  };
  const request = {
    id: `apr_${String(n).padStart(32, "0")}`,
    action: n % 100 === 0 ? `Move whale ${n}` : `Move item ${n}`,
    requested_by: { id: `agt_${n % AGENTS}`, name: `agent-${n % AGENTS}` },
    policy: { rule: "moves" },
    context: { tool: `tool_${n % TOOLS}` },
  };
  return { index: n, entries: entriesOfLeaf({ index: n, key: `${request.id}:final`, record: { ...record, request }, ended: null }, 0) };
}

/** `count` calls, a minute after each other, from the `first` on. */
export async function putCalls(audit: D1Database, count: number, first = 0): Promise<void> {
  for (let from = first; from < first + count; from += AT_ONCE) {
    const calls = Array.from({ length: Math.min(AT_ONCE, first + count - from) }, (_, n) => callOf(from + n));
    const many = (sql: string) => audit.prepare(`${sql} FROM json_each(?1)`).bind(JSON.stringify(calls));
    await audit.batch([
      many(
        `INSERT INTO call (id, agent, number, record, salt, status)
         SELECT value ->> '$.id', value ->> '$.agent', value ->> '$.number', value ->> '$.record', '', value ->> '$.status'`,
      ),
      many("INSERT INTO words (rowid, terms, text) SELECT value ->> '$.id', value ->> '$.terms', value ->> '$.text'"),
    ]);
  }
}

function callOf(n: number) {
  const agent = { id: `agt_${String(n % AGENTS).padStart(22, "0")}`, name: `agent-${n % AGENTS}` };
  const status = isDenied(n) ? ("blocked" as const) : ("succeeded" as const);
  const at = FIRST_MS + n * 60_000;
  const record = {
    type: "countersign/call@v1" as const,
    agent,
    number: n + 1,
    at: new Date(at).toISOString(),
    server: { id: "srv_0123456789abcdef012345", name: "files" },
    method: "tools/call",
    tool: `tool_${n % TOOLS}`,
    schema_hash: null,
    status,
    code: null,
    flags: [],
    rule: "reads",
    policy: 1,
    request: null,
    arguments_hash: null,
    arguments_bytes: 0,
    result_hash: null,
    result_bytes: 0,
    ms: null,
    count: 1,
  };
  const terms = termsOf(record, record, { session: null, trace: null });
  const text = wordsOf(n % 100 === 0 ? `{"item":"whale ${n}"}` : `{"item":"item ${n}"}`);
  return { id: callPlace(at, n), agent: agent.id, number: n + 1, record: canonicalize(record), status, terms, text };
}
