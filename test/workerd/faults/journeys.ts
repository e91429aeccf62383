/** What is done to an approval, how it is done again, and what must then be so. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import type { ApprovalState } from "#rules/approval.ts";
import { archivedFrom } from "#rules/archive-time.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import type { RequestFact } from "#countersign/documents/leaf-key.ts";
import { nextToLog } from "#rules/logged-facts.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import {
  type Agent,
  ask,
  decided,
  openPage,
  PAYLOAD,
  personAndAgent,
  receiptOf,
  send,
  signedDecision,
  viewOf,
} from "#test/workerd/support/approvals.ts";
import { checkLog, logStub } from "#test/workerd/support/log.ts";
import { call, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
import { endOutages, withoutFaults, writerNames } from "./fault-plan.ts";
import { leavesOf } from "./logged.ts";
import { type ApprovalRequest, forgetWhatWasTold, lies } from "./worker.ts";
import { objectOf } from "#test/workerd/support/storage.ts";

export interface Cast {
  person: Someone;
  agent: Agent;
  vkey: string;
}

/**
 * One service for all tests of a file, and what must hold: after each, that nobody was told what is not so; in the end,
 * that the log is whole, with one leaf for each key.
 */
export function service(): () => Cast {
  let cast: Cast | null = null;
  beforeAll(async () => {
    cast = await newService();
  });
  afterEach(() => {
    endOutages();
    forgetWhatWasTold();
    expect(lies.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    vi.useRealTimers();
    const keys = await checkLog();
    expect(new Set(keys).size).toBe(keys.length);
  });
  return () => {
    if (cast === null) throw new Error("no service yet");
    return cast;
  };
}

/** A new service with a person and an agent. Its clock is a day ahead, so that alarms come when a test says, and by themselves never. */
async function newService(): Promise<Cast> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
  const { person, agent } = await personAndAgent();
  const vkey = (await (await call("GET", "/log/vkey")).text()).trim();
  return { person, agent, vkey };
}

export const later = (seconds: number): void => {
  vi.setSystemTime(Date.now() + seconds * 1000);
};

export const stub = (id: string) => objectOf(env.APPROVAL_REQUEST.getByName(id));
/** The log's writers. */
const logsOf = ({ vkey }: Cast) => writerNames(vkey.split("+")[0] ?? "").map((name) => logStub(name));

/** What the object holds, without touching it: nobody comes by. */
export const stored = (id: string): Promise<ApprovalState | null> =>
  runInDurableObject(stub(id), (_, { storage }) => storage.kv.get<ApprovalState>("approval") ?? null);
export const alarmOf = (id: string): Promise<number | null> => runInDurableObject(stub(id), (_, { storage }) => storage.getAlarm());

/** Nothing is left to do for it but to go to the archive, which is thirty days away. */
export async function expectAtRest(id: string): Promise<void> {
  const approval = await stored(id);
  expect(approval).not.toBeNull();
  expect(await alarmOf(id)).toBe(approval && archivedFrom(approval, 30 * 86_400_000));
}

/**
 * Runs the alarm as the platform does: it is taken away first, and comes again if it failed. (The platform's own tool for
 * tests would take it away through the storage that fails.)
 */
export async function runAlarm(id: string): Promise<"none" | "ran" | "failed"> {
  const due = await alarmOf(id);
  if (due === null) return "none";
  await withoutFaults(() => runInDurableObject(stub(id), (_, { storage }) => storage.deleteAlarm()));
  try {
    await runInDurableObject(stub(id), (instance) => (instance as ApprovalRequest).alarm());
    return "ran";
  } catch {
    await withoutFaults(() =>
      runInDurableObject(stub(id), async (_, { storage }) => {
        if ((await storage.getAlarm()) === null) await storage.setAlarm(due);
      }),
    );
    return "failed";
  }
}

/** The memory of the object and of the log's writer is gone; the storage of both stays. */
export async function forget(id: string, cast: Cast): Promise<void> {
  for (const object of [stub(id), ...logsOf(cast)]) await evictDurableObject(object).catch(() => undefined);
}

export const agentCalls = (cast: Cast, id: string, what: string, body: object): Promise<Response> =>
  call("POST", `/api/v1/approvals/${id}/${what}`, { key: cast.agent.key, origin: null, body });

/** The receipt, verified offline; it throws if it is not valid. */
export async function verified(cast: Cast, id: string) {
  const receipt = parseReceipt(await receiptOf(cast.agent, id));
  if (!receipt.ok) throw new Error(receipt.refusal.code);
  const result = await verifyReceipt(receipt.value, { vkey: cast.vkey, origin: ORIGIN });
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

/** Something that is done to an approval. */
export interface Verb {
  name: string;
  /** The leaf it leads to; null if to none. */
  leaf: RequestFact | null;
  /** Every write on its way, in order, when nothing fails. A new one must be thought about, and named here. */
  writes: string[];
  /** Brings an approval so far that this can be done; gives how to do it, the same each time, and its id. */
  prepare(cast: Cast): Promise<{ id: string; act: () => Promise<[number, string | undefined]> }>;
  /** What whoever does it hears: the first time, and again after it has happened. */
  first: [number, string | undefined];
  again: [number, string | undefined];
  /** Whether time alone leads there, so that whoever comes by does it. */
  byTime?: true;
  /** What the agent is told in the end. */
  told: Partial<AgentView>;
  /** The request goes on after it, so that there is no receipt yet. */
  goesOn?: true;
  /** Goes the way of another verb, with other words: not everybody need come by after every fault. */
  twin?: true;
}

export const HAND_OVER = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor", "approval: transaction"];

const decision = (verdict: "approved" | "denied"): Verb => ({
  name: `a person decides: ${verdict}`,
  leaf: "final",
  writes: ["call: decide of the approval", "approval: transaction", ...HAND_OVER],
  async prepare({ person, agent }) {
    const { request_id: id } = await ask(agent);
    const body = await signedDecision(person, await openPage(person, id), verdict, { comment: "As discussed" });
    return { id, act: async () => outcome(await send(person, id, body)) };
  },
  first: [200, undefined],
  again: [409, "already_final"],
  told: { status: verdict, comment: "As discussed" },
  ...(verdict === "denied" && { twin: true }),
});

async function approvedOne({ person, agent }: Cast): Promise<string> {
  const { request_id: id } = await ask(agent);
  await decided(person, id, "approved");
  return id;
}
async function redeemedOne(cast: Cast): Promise<string> {
  const id = await approvedOne(cast);
  await agentCalls(cast, id, "redeem", { payload: PAYLOAD, idempotency_key: "run" });
  return id;
}

const redemption = (key: string | null): Verb => ({
  name: key === null ? "the agent redeems without a key" : "the agent redeems with a key",
  leaf: "redeemed",
  writes: ["call: redeemFor of the approval", "approval: transaction", ...HAND_OVER],
  async prepare(cast) {
    const id = await approvedOne(cast);
    const body = { payload: PAYLOAD, ...(key !== null && { idempotency_key: key }) };
    return { id, act: async () => outcome(await agentCalls(cast, id, "redeem", body)) };
  },
  first: [200, undefined],
  // Without a key nobody can tell whose call it was, so nobody may act twice.
  again: key === null ? [409, "already_redeemed"] : [200, undefined],
  told: { status: "approved" },
  ...(key === null && { twin: true }),
});

const report = (said: "failed" | "unknown"): Verb => ({
  name: `the agent reports: ${said}`,
  leaf: said === "unknown" ? "unknown" : "outcome",
  writes: ["call: reportFor of the approval", "approval: transaction", ...HAND_OVER],
  async prepare(cast) {
    const id = await redeemedOne(cast);
    return { id, act: async () => outcome(await agentCalls(cast, id, "outcome", { outcome: said, detail: "Two of three hosts" })) };
  },
  first: [200, undefined],
  again: [200, undefined],
  told: { status: "approved", outcome: said },
  twin: true,
});

async function dueOne({ agent }: Cast): Promise<string> {
  const { request_id: id } = await ask(agent, { expires_in_seconds: 30 });
  later(30);
  return id;
}

export const DECISIONS: Verb[] = [
  decision("approved"),
  decision("denied"),
  {
    name: "the agent cancels",
    leaf: "final",
    writes: ["call: withdraw of the approval", "approval: transaction", ...HAND_OVER],
    async prepare(cast) {
      const { request_id: id } = await ask(cast.agent);
      return { id, act: async () => outcome(await agentCalls(cast, id, "cancel", { reason: "Not needed" })) };
    },
    first: [200, undefined],
    again: [200, undefined],
    told: { status: "cancelled", cancel_reason: "Not needed" },
    twin: true,
  },
  {
    name: "the deadline passes, and the alarm comes",
    leaf: "final",
    writes: ["approval: setAlarm", "approval: transaction", ...HAND_OVER],
    async prepare(cast) {
      const id = await dueOne(cast);
      return {
        id,
        act: async () => {
          const ran = await runAlarm(id);
          return ran === "failed" ? [503, "unavailable"] : [200, undefined];
        },
      };
    },
    first: [200, undefined],
    again: [200, undefined],
    byTime: true,
    told: { status: "expired" },
  },
  {
    name: "the deadline passes, and the agent asks",
    leaf: "final",
    writes: ["call: readText of the approval", "approval: transaction", ...HAND_OVER],
    async prepare(cast) {
      const id = await dueOne(cast);
      return { id, act: async () => outcome(await call("GET", `/api/v1/approvals/${id}`, { key: cast.agent.key, origin: null })) };
    },
    first: [200, undefined],
    again: [200, undefined],
    byTime: true,
    told: { status: "expired" },
    twin: true,
  },
];

export const USES: Verb[] = [redemption("run"), redemption(null), report("failed"), report("unknown")];

/** Who comes by after a crash. */
export const FINISHERS: Record<string, (cast: Cast, id: string) => Promise<unknown>> = {
  "the alarm": (_, id) => runAlarm(id),
  "the agent": ({ agent }, id) => viewOf(agent, id),
  "the person": ({ person }, id) => call("GET", `/a/${id}`, { cookie: person.cookie }).then((page) => page.text()),
};

/** What must be so once whoever came by is done, and once the same has been done again. */
export async function finish(
  cast: Cast,
  verb: Verb,
  { id, act }: { id: string; act: () => Promise<[number, string | undefined]> },
  by: string,
) {
  const before = await stored(id);
  const happened = before !== null && nextToLog(before) !== null;
  const wasLogged = verb.leaf !== null && (await leavesOf(id)).includes(verb.leaf);
  await FINISHERS[by]?.(cast, id);
  const isLogged = verb.leaf !== null && (await leavesOf(id)).includes(verb.leaf);
  expect(isLogged, `${by} finishes what is stored, and nothing else`).toBe(wasLogged || happened || verb.byTime === true);

  expect(await act()).toEqual(isLogged ? verb.again : verb.first);
  expect(await viewOf(cast.agent, id)).toMatchObject(verb.told);
  const leaves = await leavesOf(id);
  expect(leaves.filter((key) => key === verb.leaf)).toHaveLength(1);
  expect(new Set(leaves).size).toBe(leaves.length);
  if (verb.goesOn !== true) return expectAtRest(id);
  expect(await alarmOf(id)).toBe(Date.parse((await stored(id))?.request.expires_at ?? ""));
}

/** The receipt is valid, and nothing that was said is missing. */
export async function provedBy(cast: Cast, verb: Verb, id: string): Promise<void> {
  if (verb.goesOn === true) return;
  const verdict = await verified(cast, id);
  const { status, comment } = verb.told;
  expect(verdict.status).toBe(status);
  expect(verdict.decisions.flatMap((one) => one.comment ?? [])).toEqual(comment === undefined ? [] : [comment]);
  expect(verdict.outcome?.status).toBe(verb.told.outcome);
  expect(verdict.redeemed !== null).toBe(verb.leaf !== "final" && verb.leaf !== "proposal");
}
