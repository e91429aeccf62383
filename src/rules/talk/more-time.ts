/**
 * Giving more time: the request is made anew with a later deadline, so that whoever decides signs for it. Only near the end of the time there
 * is, as far as the rule lets it, and only while nobody has signed: a signature is under the request as it was. Pure.
 */
import { seal } from "#countersign/documents/record.ts";
import { eligiblePeople, type RequestDocument, requestHash } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type ApprovalState, type Circumstances, isDue, notBefore } from "../approval.ts";
import { LEAST_EXTENSION_MS, MAX_EXTENSIONS } from "./limits.ts";

/** The last part of the time, and never less than so much of it. */
const LAST_PART = 0.2;
const LAST_MS = 300_000;

/** From when on more can be given, and until when it then is. */
export interface MoreTime {
  from: string;
  until: string;
}

export interface MoreTimeRefusal {
  reason: "already-final" | "deadline-passed" | "log-ended" | "not-eligible" | "already-signed" | "too-early" | "no-more-time";
}

/**
 * As much again as it had first, or five minutes if that is more, as far as the rule lets it; null where that is no more, where it was given
 * as often as it can be, and of a request of an earlier version.
 */
export function moreTimeOf({ request, extended = [], judged, ending }: ApprovalState): MoreTime | null {
  const [askedMs, endsMs] = [Date.parse(request.requested_at), Date.parse(request.expires_at)];
  if (ending !== null || judged?.longest === undefined || extended.length >= MAX_EXTENSIONS) return null;
  const firstEndMs = Date.parse(extended[0]?.sealed.record.from ?? request.expires_at);
  const stepMs = Math.max(firstEndMs - askedMs, LEAST_EXTENSION_MS);
  const untilMs = Math.min(endsMs + stepMs, askedMs + judged.longest * 1_000);
  const fromMs = Math.max(askedMs, endsMs - Math.max((endsMs - askedMs) * LAST_PART, LAST_MS));
  return untilMs <= endsMs ? null : { from: timestamp(fromMs), until: timestamp(untilMs) };
}

/** The same request with that deadline; it may be used as much later. Who may decide from when on stays. */
function extendedTo(request: RequestDocument, until: string): RequestDocument {
  const useByMs = Date.parse(request.use_by) + Date.parse(until) - Date.parse(request.expires_at);
  return { ...request, expires_at: until, use_by: timestamp(useByMs) };
}

/** The approval once this person has given more time. */
export function giveMoreTime(
  approval: ApprovalState,
  by: { id: string; username: string },
  { nowMs, salt, log }: Pick<Circumstances, "nowMs" | "salt" | "log">,
): Result<ApprovalState, MoreTimeRefusal> {
  const { request, decisions, extended = [] } = approval;
  if (approval.ending !== null) return refuse({ reason: "already-final" });
  if (isDue(approval, nowMs)) return refuse({ reason: "deadline-passed" });
  if (approval.log !== log) return refuse({ reason: "log-ended" });
  if (!eligiblePeople(request, timestamp(nowMs)).has(by.id)) return refuse({ reason: "not-eligible" });
  if (decisions.length > 0) return refuse({ reason: "already-signed" });
  const more = moreTimeOf(approval);
  if (more === null) return refuse({ reason: "no-more-time" });
  if (timestamp(nowMs) < more.from) return refuse({ reason: "too-early" });
  const members = { request: request.id, from: request.expires_at, until: more.until, by };
  const sealed = seal("request.extended", members, { log, at: notBefore(approval, nowMs), salt });
  const later = extendedTo(request, more.until);
  return accept({ ...approval, request: later, requestHash: requestHash(later), extended: [...extended, { sealed, logged: null }] });
}
