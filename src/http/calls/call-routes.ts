/** What agents did through the gateway, for admins and auditors: as a list, a session step by step, and one call with its proof. */
import type { Context } from "hono";
import { callsQuery, sessionQuery } from "#api/calls/call-data.ts";
import { checkInput } from "#api/check-input.ts";
import { auditOf } from "#config/audit.ts";
import { proveCall } from "#gate/calls/prove-call.ts";
import { proveChallenge } from "#gate/calls/verified/prove-challenge.ts";
import { momentIn } from "#rules/audit/moment.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { type ListedCall, listCalls, type CallListing, loggedCall } from "#storage/calls/call-lists.ts";
import { placeOfLeaf } from "#storage/calls/logged-calls.ts";
import { callFailure } from "./call-failures.ts";
import { callAnswer, callPlaceIn, callPlaceText, sessionStep } from "./call-items.ts";

/** Calls on a page. */
const PAGE = 100;

/** Of a list with one more than a page. */
function paged(found: readonly ListedCall[]): { calls: ListedCall[]; next: { next_cursor?: string } } {
  const calls = found.slice(0, PAGE);
  const last = calls.at(-1);
  return { calls, next: found.length > PAGE && last !== undefined ? { next_cursor: callPlaceText(last) } : {} };
}

const listing = (order: CallListing["order"], beyond: number | null, include: string | undefined): CallListing => ({
  beyond,
  most: PAGE + 1,
  order,
  withContent: include === "content",
});

/** `GET /api/v1/calls`: the newest first. */
export async function listOfCalls(c: Context<App>): Promise<Response> {
  const audit = auditOf(c.env);
  if (audit === null) return problem(c, callFailure({ reason: "gateway-off" }));
  const query = checkInput(callsQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const { cursor, include, from, to, ...filter } = query.value;
  const beyond = cursor === undefined ? null : callPlaceIn(cursor);
  if (cursor !== undefined && beyond === null) return problem(c, callFailure({ reason: "no-such-place" }));
  const [fromMs, toMs] = [momentIn(from, false), momentIn(to, true)];
  if (fromMs === null) return problem(c, callFailure({ reason: "no-such-time-from" }));
  if (toMs === null) return problem(c, callFailure({ reason: "no-such-time-to" }));
  const { calls, next } = paged(await listCalls(audit, { ...filter, fromMs, toMs }, listing("newest-first", beyond, include)));
  return c.json({ items: calls.map((call) => callAnswer(call, include === "content")), ...next });
}

/** `GET /api/v1/calls/sessions/{session}`: in the order of what happened. */
export async function showSession(c: Context<App>): Promise<Response> {
  const audit = auditOf(c.env);
  if (audit === null) return problem(c, callFailure({ reason: "gateway-off" }));
  const query = checkInput(sessionQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const { cursor, include } = query.value;
  const beyond = cursor === undefined ? null : callPlaceIn(cursor);
  if (cursor !== undefined && beyond === null) return problem(c, callFailure({ reason: "no-such-place" }));
  const session = c.req.param("session") ?? "";
  const { calls, next } = paged(await listCalls(audit, { session }, listing("oldest-first", beyond, include)));
  const steps = calls.map((call) => sessionStep(call, include === "content", c.var.config.origin));
  return c.json({ session, steps, ...next });
}

/** `GET /api/v1/calls/{agent}/{number}/proof`: without what is kept of the call, and without the calls beside it. */
export async function showCallProof(c: Context<App>): Promise<Response> {
  const audit = auditOf(c.env);
  if (audit === null) return problem(c, callFailure({ reason: "gateway-off" }));
  const number = /^[1-9]\d{0,14}$/.test(c.req.param("number") ?? "") ? Number(c.req.param("number")) : null;
  if (number === null) return problem(c, callFailure({ reason: "unknown-call" }));
  const proven = await proveCall(c.req.param("agent") ?? "", number, {
    loggedCall: (agent, n) => loggedCall(audit, agent, n),
    provenLeaf: async (key) => {
      const place = await placeOfLeaf(c.env.DB, key);
      if (place === null) return null;
      const { ports } = await c.var.ports.receipts(place.origin);
      const [leaf] = await ports.prove([place.index], await ports.checkpoint(place.index + 1));
      return leaf ?? null;
    },
  });
  return proven.ok ? c.json(proven.value) : problem(c, callFailure(proven.refusal));
}

/** `GET /api/v1/challenges/{challenge}/proof`: of one that was consumed. */
export async function showChallengeProof(c: Context<App>): Promise<Response> {
  const proven = await proveChallenge(c.req.param("challenge") ?? "", {
    placeOf: (challenge) => placeOfLeaf(c.env.DB, challenge),
    receiptsOf: async (origin) => (await c.var.ports.receipts(origin)).ports,
  });
  return proven.ok ? c.json(proven.value) : problem(c, callFailure(proven.refusal));
}
