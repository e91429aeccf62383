/** One call of an agent: whose key it brings, whether that stands, and how much it may call. */
import type { Context } from "hono";
import type { KeyHolder, KeyReading } from "#gate/agents/activity/remote-activity.ts";
import type { KeyStanding } from "#gate/agents/key-standing.ts";
import type { Agent } from "#gate/approvals/agent-approvals.ts";
import type { Failure } from "#rules/failure.ts";
import type { App, CallLimit } from "#http/context.ts";
import { limitOfAgent } from "./limit-calls.ts";

export const unauthorizedAgent = (reason: string): Failure => ({
  code: "unauthorized",
  message: "This needs an agent's API key that is valid and not revoked.",
  reason,
});

/** What is told to whoever brings a key that is nobody's, or is revoked, also if it was revoked only while the call was answered. */
export const REVOKED_OR_UNKNOWN = unauthorizedAgent("unknown-or-revoked-key");

export interface AgentCall {
  agent: Agent;
  limit: CallLimit;
}

/** The call of a key that stands; null if it is revoked or nobody's. Throws if that cannot be known. */
export async function standingCall(c: Context<App>, standing: KeyStanding): Promise<AgentCall | null> {
  const reading = await standing.ask();
  return reading === null ? null : callOf(c, reading.agent, standing, Promise.resolve(reading));
}

/** The call of a key that this isolate knows the holder of; whether it stands is asked from now on, and told by `agent.admitted`. */
export function begunCall(c: Context<App>, holder: KeyHolder, standing: KeyStanding): AgentCall {
  const reading = standing.ask();
  // Told to whoever asks whether it is admitted, which nobody may have done by then.
  reading.catch(() => undefined);
  return callOf(c, holder, standing, reading);
}

/** The same, of which nothing is asked until somebody wants to know: whoever lets something take effect has it said elsewhere that the key stands. */
export function unaskedCall(c: Context<App>, holder: KeyHolder, standing: KeyStanding): AgentCall {
  let reading: Promise<KeyReading | null> | undefined;
  const ask = () => (reading ??= standing.ask());
  const { agent } = callOf(c, holder, standing, { then: (...given) => ask().then(...given) });
  // Of calls through the gate each is recorded; what is refused of them is not counted a second time.
  const limit = limitOfAgent(c, holder.id, () => Promise.resolve(0));
  return { agent: { ...agent, admitted: () => limit.admit() }, limit };
}

function callOf(c: Context<App>, holder: KeyHolder, standing: KeyStanding, reading: PromiseLike<KeyReading | null>): AgentCall {
  const limit = limitOfAgent(c, holder.id, async () => (await reading)?.refusals ?? 0);
  const admit = async () => ((await reading) === null ? REVOKED_OR_UNKNOWN : limit.admit());
  let admitted: Promise<Failure | null> | undefined;
  const facts = async (again?: "again") => {
    const found = again === undefined ? await reading : await standing.askNow();
    if (found === null) throw new Error("of an agent that does not stand nothing is judged");
    return found.facts;
  };
  const agent = {
    ...holder,
    facts,
    admitted: () => (admitted ??= admit()),
    stands: () => standing.stands(),
    standsNow: () => standing.standsNow(),
  };
  return { agent, limit };
}
