/** Number matching, as an agent and the page of a person do it. */
import type { Agent } from "../approvals.ts";
import { openPage, send, signedDecision, viewOf } from "../approvals.ts";
import type { Someone } from "../people.ts";

/** What the agent is told to show. */
export async function shownNumber(agent: Agent, id: string): Promise<string> {
  const { match_code: number } = await viewOf(agent, id);
  if (number === undefined) throw new Error("the agent has no number to show");
  return number;
}

/** Approves with that pick; `null` for none. */
export async function approveWith(person: Someone, id: string, match: string | null): Promise<Response> {
  return send(person, id, await signedDecision(person, await openPage(person, id), "approved", { match }));
}

/** One of the three that the agent does not show. */
export async function anotherNumber(person: Someone, agent: Agent, id: string): Promise<string> {
  const shown = await shownNumber(agent, id);
  const other = (await openPage(person, id)).numbers?.find((number) => number !== shown);
  if (other === undefined) throw new Error("the page has no other number");
  return other;
}
