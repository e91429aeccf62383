/**
 * What a decision is about (docs/formats.md, "Request"): everything but the payload itself, which it names by hash. Version 1 is what
 * version 0 of the policy asks for, any one approver; version 2 is what a published policy asks for.
 */
import { hex } from "../encoding/bytes.ts";
import { hashJson, type JsonObject } from "../json/canonical-json.ts";
import { anyObject, boolean, fit, integer, list, nullable, object, objectWith, oneOf, type Of, type Shape, text } from "../json/shape.ts";
import { type ChainLink, chainShape } from "./agents/chain.ts";
import { agentId, count, hash, personId, requestId, time, timestamp } from "./words.ts";

/** Of a request: as many as any has, and few enough to judge whether a quorum is met. */
export const MAX_SLOTS = 64;
/** Of a slot: every approver that there is. */
const MAX_ELIGIBLE = 65_536;
/** Of a slot: as many steps as a policy can say. */
const MAX_ESCALATIONS = 64;

const members = {
  id: requestId,
  origin: text(1),
  action: text(1, 200),
  reason: nullable(text(0, 2_000)),
  payload_hash: hash,
  requested_by: object({ id: agentId, name: text(1), owner: personId }),
  policy: object({ version: count, rule: text(1), hash }),
  requested_at: time,
  expires_at: time,
  use_by: time,
};
const eligible = list(personId, 1, MAX_ELIGIBLE);
const slot = { name: text(1), required: integer(1), eligible };

const requestV1 = object({
  type: oneOf("countersign/request@v1"),
  ...members,
  context: anyObject,
  quorum: list(object(slot), 1, MAX_SLOTS),
});

const level = oneOf("low", "medium", "high", "critical");
const names = list(text(1));

/** What else the page shows of a request, and whoever approves it signs. What does not apply is left out. */
const contextShape = objectWith(
  { source: oneOf("ask", "call") },
  {
    /** `id` is null where the agent alone says so. */
    server: object({ id: nullable(text(1)), name: text(1) }),
    tool: text(1),
    risk: object({ level, score: count, reasons: list(text()) }),
    /** Rules that could not be judged, and were counted as matching. */
    carried: names,
    /** What rules would have done that only observe. */
    observed: list(object({ rule: text(1), effect: oneOf("allow", "require_approval", "deny"), risk: level, failed: boolean })),
    window: object({
      rule: text(1),
      open: boolean,
      days: nullable(names),
      from: text(1),
      to: text(1),
      zone: text(1),
      except: names,
    }),
    /** Whom the rules keep out, although they may approve other things: the agent's owner and its maker. */
    separation: object({ people: list(personId) }),
    preview_hash: hash,
    /** Of an agent below another: everybody from the top to the one that asks. */
    chain: chainShape,
    claims: anyObject,
    caller: object({ issuer: text(), subject: text(), groups: names }),
    plan: oneOf(true),
    reveal: oneOf(true),
  },
);
export type RequestContext = Of<typeof contextShape>;

export const requestV2Shape = object({
  type: oneOf("countersign/request@v2"),
  ...members,
  context: contextShape,
  /** Empty where nobody is asked. */
  quorum: list(object({ ...slot, escalations: list(object({ from: time, eligible }), 0, MAX_ESCALATIONS) }), 0, MAX_SLOTS),
  denials: integer(1),
});
export type RequestV1 = Of<typeof requestV1>;
export type RequestV2 = Of<typeof requestV2Shape>;
export type RequestDocument = RequestV1 | RequestV2;

export const isV2 = (request: RequestDocument): request is RequestV2 => request.type === "countersign/request@v2";

/** Who called whom, from the top to the agent that asks; nobody where nobody is above it. Version 1 has any context. */
export function chainIn({ context }: RequestDocument): readonly ChainLink[] {
  const { chain } = context as JsonObject;
  const read = chain === undefined ? null : fit(chainShape, chain);
  return read?.ok === true ? read.value : [];
}

/** Whoever answers for what is asked for: the agent at the top of its chain, or the one that asks. */
export function topOf(request: RequestDocument): ChainLink {
  const { id, name } = request.requested_by;
  return chainIn(request)[0] ?? { id, name };
}

/** A request of either version. */
export const requestShape: Shape<RequestDocument> = (value, path) =>
  anyObject(value, path)["type"] === "countersign/request@v2" ? requestV2Shape(value, path) : requestV1(value, path);

/** As version 2 has it. */
export type QuorumSlot = RequestV2["quorum"][number];

/** The slots of a request of either version. */
export const slotsOf = (request: RequestDocument): readonly QuorumSlot[] =>
  isV2(request) ? request.quorum : request.quorum.map((one) => ({ ...one, escalations: [] }));

/**
 * The last moment of use of what ended at that time: `use_by`, and of version 2 no longer after its end than `use_by` is after
 * `expires_at`. Empty, which is before any time, if one of these is no date.
 */
export function usableUntil(request: RequestDocument, endedAt: string): string {
  if (!isV2(request)) return request.use_by;
  const untilMs = Date.parse(endedAt) + Date.parse(request.use_by) - Date.parse(request.expires_at);
  const until = Number.isNaN(untilMs) ? "" : timestamp(untilMs);
  return until < request.use_by ? until : request.use_by;
}

/** How many denials end it. */
export const denialsOf = (request: RequestDocument): number => (isV2(request) ? request.denials : 1);

/** Later than any time. */
const END_OF_TIME = "~";

/** From when on each person may decide in one of these slots; empty is from the beginning. */
export function eligibleFrom(slots: readonly QuorumSlot[]): Map<string, string> {
  const first = new Map<string, string>();
  const steps = slots.flatMap((one) => [{ from: "", eligible: one.eligible }, ...one.escalations]);
  for (const { from, eligible: people } of steps)
    for (const person of people) if (from < (first.get(person) ?? END_OF_TIME)) first.set(person, from);
  return first;
}

/** Whether somebody who decided at that time could decide by then. */
export const couldDecide = (from: ReadonlyMap<string, string>, person: string, at: string): boolean =>
  (from.get(person) ?? END_OF_TIME) <= at;

/** Everybody who may decide at that time; if none is given, ever. */
export function eligiblePeople(request: RequestDocument, at: string = END_OF_TIME): Set<string> {
  const from = eligibleFrom(slotsOf(request));
  return new Set([...from.keys()].filter((person) => couldDecide(from, person, at)));
}

/** What every request is judged by until a policy is published: any one approver decides. */
export const DEFAULT_POLICY = { version: 0, rule: "default", hash: hex(hashJson({})) } as const;

/** SHA-256 of the canonical request, in hexadecimal. */
export const requestHash = (request: RequestDocument): string => hex(hashJson(request));

/** SHA-256 of the canonical payload, in hexadecimal. The payload must have passed `readPayload`. */
export const payloadHash = (payload: JsonObject): string => hex(hashJson(payload));
