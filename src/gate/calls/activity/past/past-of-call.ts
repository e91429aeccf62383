/** What admitting a call means for the past of its agent, and what of the past is among the calls that wait for the record. */
import type { CallStatus } from "#countersign/documents/call.ts";
import type { Admission, CallToAdmit } from "#rules/calls/admission.ts";
import { membersOfEnd, PREVIEW_METHOD } from "#rules/calls/record/call-record.ts";
import type { CallStore } from "../kept-calls.ts";
import type { AgentPast } from "./agent-past.ts";
import type { KnownFrom, TakeFound } from "./kept-past.ts";

/** In the moment in which it is admitted: what goes out counts, and what does not counts no more. What is judged again is told then. */
export function pastOfAdmission(
  { past = null, facts }: Pick<CallToAdmit, "past" | "facts">,
  admission: Admission,
  kept: Pick<AgentPast, "passed" | "leaveOut">,
): void {
  if (admission.status === "judge-again" || admission.status === "revoked" || facts === null) return;
  const goesOut = admission.status === "admitted" && facts.status === "allowed";
  if (goesOut) {
    const { server, tool, policy } = facts;
    kept.passed({ entry: past, number: admission.number, server: server.name, tool, policy });
  } else if (past !== null) kept.leaveOut(past.key);
}

const WENT_OUT: readonly CallStatus[] = ["allowed", "succeeded", "failed", "unknown"];

/** So many are read at a time: each may hold a lot. */
const PAGE = 100;

/** Those that went out by themselves. Those that people are asked about count when they are used. */
export function heldCalls(store: CallStore, fromMs: number, take: TakeFound): KnownFrom {
  const ids = store.idsSince(fromMs);
  for (let first = 0; first < ids.length; first += PAGE) {
    for (const { facts, end, salt, atMs, arguments: args } of store.calls(ids.slice(first, first + PAGE)).toReversed()) {
      const { status, request } = membersOfEnd(facts, end);
      if (request !== null || facts.method === PREVIEW_METHOD || !WENT_OUT.includes(status)) continue;
      const kept = args?.isCut === false ? args.text : null;
      if (!take({ key: `call:${salt}`, atMs, server: facts.server.name, tool: facts.tool, args: kept })) return atMs;
    }
  }
  return null;
}
