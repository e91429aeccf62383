/** What an agent's object keeps of its past, and what it is asked of that. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { PastAnswers, PastQuestion } from "#countersign/policy/judging/past/question.ts";
import type { PastAsk } from "#rules/calls/past/agent-past.ts";
import { policyOf as policyInForce } from "#storage/policies/in-force.ts";
import type { Agent } from "#test/workerd/support/approvals.ts";
import { activityOf, admitted, callsOf, ending, factsOf } from "./agent-calls.ts";

interface KeptRow {
  key: string;
  at: number;
  server: string | null;
  tool: string;
  scalars: string | null;
  learnt: number;
}

/** The oldest first. */
export const keptPast = (agent: Pick<Agent, "id">): Promise<KeptRow[]> =>
  runInDurableObject(activityOf(agent), (_, { storage }) =>
    storage.kv.get("past") === undefined
      ? []
      : storage.sql
          .exec<KeptRow & Record<string, SqlStorageValue>>("SELECT key, at, server, tool, scalars, learnt FROM past ORDER BY at, key")
          .toArray(),
  );

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const countOf = (tool: string, within = HOUR_MS): PastQuestion => ({ ask: "count", tool, within });

let keys = 0;
type Asked = Partial<Omit<PastAsk, "entry">> & { key?: string; tool?: string; scalars?: Record<string, number | string> };

/** Of a call of `pay` unless it says otherwise, that counts from then on; by the version that is in force. */
export async function askOf(
  agent: Agent,
  { key = `call:test-${keys++}`, tool = "pay", scalars = {}, ...more }: Asked = {},
): Promise<PastAsk> {
  const { epoch } = await factsOf(agent);
  const { version } = await policyInForce(env.DB, epoch);
  const entry = { key, server: "files", tool, scalars, isCut: false, watched: {} };
  return { entry, watched: {}, counts: true, by: { epoch, version }, questions: [countOf("pay")], ...more };
}

export const asked = async (agent: Agent, given: Asked = {}): Promise<PastAnswers> => await callsOf(agent).past(await askOf(agent, given));

/** The answer to one question. */
export async function answerTo(agent: Agent, question: PastQuestion, given: Asked = {}): Promise<PastAnswers[string]> {
  const answers = await asked(agent, { ...given, questions: [question] });
  const [answer = null] = Object.values(answers);
  return answer;
}

/** How many calls of `pay` there were within the hour; what asks counts for nothing. */
export const paid = (agent: Agent): Promise<PastAnswers[string]> => answerTo(agent, countOf("pay"), { counts: false });

/** A call that goes out and has ended, as the Worker tells it; by a policy that asks nothing unless it is given what to keep. */
export async function sent(agent: Agent, tool = "pay", ask: PastAsk | null = null): Promise<void> {
  const { epoch } = await factsOf(agent);
  const { version } = await policyInForce(env.DB, epoch);
  const facts = { tool, policy: version };
  await callsOf(agent).settle(ending(await admitted(agent, { facts, past: ask?.entry ?? null })));
}
