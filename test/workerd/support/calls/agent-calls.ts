/** Calls of an agent through the gateway, as the Worker tells its object of them, and what has to hold of the record afterwards. */
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { apiKeyHash } from "#countersign/documents/api-key.ts";
import { callEntry, type CallRecord, callShape } from "#countersign/documents/call.ts";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { leafHash, rootHash } from "#countersign/tlog/merkle.ts";
import { treeOver } from "#rules/calls/record/call-record.ts";
import type { Admission, CallLimits, CallToAdmit, RemoteCalls, SettledCall } from "#rules/calls/admission.ts";
import { readKey } from "#storage/agents.ts";
import type { AgentActivity } from "#worker.ts";
import type { Agent } from "#test/workerd/support/approvals.ts";

export const activityOf = ({ id }: Pick<Agent, "id">): DurableObjectStub => {
  const stub: unknown = env.AGENT_ACTIVITY.getByName(id);
  return stub as DurableObjectStub;
};
export const callsOf = ({ id }: Pick<Agent, "id">): RemoteCalls => env.AGENT_ACTIVITY.getByName(id);

export const NO_LIMITS: CallLimits = { perMinute: null, perDay: null, credits: 1, creditsPerDay: null };

/** What the database says of its agent. */
export async function factsOf(agent: Agent) {
  const reading = await readKey(env.DB, apiKeyHash(agent.key));
  if (reading === null) throw new Error("no such agent");
  return reading.facts;
}

type Wanted = Partial<Omit<CallToAdmit, "facts">> & { facts?: Partial<NonNullable<CallToAdmit["facts"]>> };

/** A call of a tool that is allowed, judged by what is so now. */
export async function callOf(agent: Agent, { facts, ...wanted }: Wanted = {}): Promise<CallToAdmit> {
  const args = JSON.stringify({ path: "/notes" });
  return {
    judgedBy: await factsOf(agent),
    facts: {
      server: { id: "srv_0123456789abcdef012345", name: "files" },
      method: "tools/call",
      tool: "read_file",
      schema_hash: hex(sha256(utf8("schema"))),
      code: null,
      flags: [],
      rule: "reads",
      policy: 1,
      request: null,
      arguments_hash: hex(sha256(utf8(args))),
      arguments_bytes: args.length,
      status: "allowed",
      ...facts,
    },
    limits: null,
    keep: { what: "hash", days: null },
    arguments: null,
    session: null,
    trace: null,
    join: null,
    ...wanted,
  };
}

/** `ended`: what comes with it of calls before. */
export const admit = async (agent: Agent, wanted: Wanted = {}, ended: readonly SettledCall[] = []): Promise<Admission> =>
  await callsOf(agent).admit(apiKeyHash(agent.key), await callOf(agent, wanted), ended);

/** Admits a call that has to be; its number. */
export async function admitted(agent: Agent, wanted: Wanted = {}): Promise<number> {
  const admission = await admit(agent, wanted);
  if (admission.status !== "admitted") throw new Error(`not admitted: ${admission.status}`);
  return admission.number;
}

export const ending = (number: number, said: Partial<SettledCall> = {}): SettledCall => ({
  number,
  status: "succeeded",
  code: null,
  flags: [],
  request: null,
  resultHash: hex(sha256(utf8("result"))),
  resultBytes: 6,
  result: null,
  masked: [],
  ms: 12,
  ...said,
});

/** Has the alarm of its object come, as the platform has it come again if it has failed. */
export const handedOver = (agent: Pick<Agent, "id">): Promise<void> =>
  runInDurableObject(activityOf(agent), (object) => (object as AgentActivity).alarm());

export interface Recorded {
  number: number;
  record: CallRecord;
  status: string;
  ended: Partial<CallRecord> | null;
}

/** What `AUDIT` holds of an agent, by number. */
export async function recorded({ id }: Pick<Agent, "id">): Promise<Recorded[]> {
  const { results } = await env.AUDIT.prepare("SELECT number, record, status, ended FROM call WHERE agent = ? ORDER BY number")
    .bind(id)
    .all<{ number: number; record: string; status: string; ended: string | null }>();
  return results.map(({ number, record, status, ended }) => ({
    number,
    record: callShape(JSON.parse(record) as JsonValue, "record"),
    status,
    ended: ended === null ? null : (JSON.parse(ended) as Partial<CallRecord>),
  }));
}

/** Batches of an agent in the log, in the order of their numbers. */
export async function logged({ id }: Pick<Agent, "id">): Promise<{ from: number; to: number; root: string }[]> {
  const { results } = await env.DB.prepare("SELECT record FROM log_leaf WHERE idem GLOB ?").bind(`calls:${id}:*`).all<{ record: string }>();
  return results
    .map(({ record }) => JSON.parse(record) as { from: number; to: number; root: string })
    .toSorted((one, other) => one.from - other.from);
}

/**
 * Numbers have no gap and none is there twice, in the record as in the log, which holds as much; each root is that of its calls. How far
 * that goes. `lostUpTo`: the record was put back, and holds nothing up to there.
 */
export async function checkCalls(agent: Pick<Agent, "id">, lostUpTo = 0): Promise<number> {
  const batches = await logged(agent);
  let next = 1;
  for (const { from, to } of batches) {
    expect(from).toBe(next);
    next = to + 1;
  }
  const { results } = await env.AUDIT.prepare("SELECT number, record, salt FROM call WHERE agent = ? ORDER BY number")
    .bind(agent.id)
    .all<{ number: number; record: string; salt: string }>();
  const kept = results.filter(({ number }) => number > lostUpTo);
  expect(kept.map(({ number }) => number)).toEqual(Array.from({ length: next - 1 - lostUpTo }, (_, n) => lostUpTo + n + 1));
  expect(new Set(results.map(({ salt }) => salt)).size).toBe(results.length);
  for (const { from, to, root } of batches.filter((batch) => batch.from > lostUpTo)) {
    const hashes = results
      .filter(({ number }) => number >= from && number <= to)
      .map(({ record, salt }) => leafHash(callEntry(callShape(JSON.parse(record) as JsonValue, "record"), salt)));
    expect(hex(rootHash(hashes.length, treeOver(hashes)))).toBe(root);
  }
  return next - 1;
}
