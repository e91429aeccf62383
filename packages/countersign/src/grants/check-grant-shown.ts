/** Whether a grant lets no more pass than its approver was shown: checked where it is given, and again by every verifier. */
import { type Grant, type GrantBound, MAX_GRANT_USES } from "../documents/grant.ts";
import { timestamp } from "../documents/words.ts";
import { utf8 } from "../encoding/bytes.ts";
import { canonicalize, type JsonValue } from "../json/canonical-json.ts";
import { accept, refuse, type Result } from "../result.ts";
import type { ActionTerms, GrantedAction } from "./granted-action.ts";
import { membersByPointer } from "./pointer.ts";

/** 30 days. */
export const MAX_GRANT_MS = 30 * 24 * 60 * 60 * 1_000;
/** Of a grant's canonical form. */
const MAX_GRANT_BYTES = 65_536;

/** What a rule lets approvers remember: for so many seconds, so often. */
export interface GrantAllowance {
  for: number;
  uses: number;
}

/** The first thing that is wrong with a grant. */
export interface GrantFault {
  /** A member of the grant, or the pointer to one of the arguments. */
  place: string;
  /** A sentence without its full stop. */
  message: string;
}

/**
 * `shown.atMs` is when it is given. Without `allowed` nothing is held of the rule, which a verifier does not know. Refuses: another
 * rule, agent, server, tool or pin than shown; more uses or time than that, than 100 uses or 30 days; a member of the arguments that it
 * says nothing of, or twice; one that was not there; a fixed value that is not the shown one; and bounds that the shown value is not in,
 * or that are wider than `spanShown`.
 */
export function checkGrantShown(grant: Grant, shown: GrantedAction, allowed?: GrantAllowance): Result<null, GrantFault> {
  const isForeign = grant.schema_hash !== shown.schemaHash;
  const fault = termFault(grant, shown, allowed) ?? (isForeign ? foreign("schema_hash") : memberFault(grant, shown));
  return fault === null ? accept(null) : refuse(fault);
}

const foreign = (place: string): GrantFault => ({ place, message: "it is not that of what was shown" });

/** The same of all but the tool's description and the arguments: what can be said without the payload. */
export function termFault(grant: Grant, shown: ActionTerms, allowed?: GrantAllowance): GrantFault | null {
  const other = (["rule", "agent", "server", "tool"] as const).find((name) => grant[name] !== shown[name]);
  if (other !== undefined) return foreign(other);
  const isTooLarge = utf8(canonicalize(grant)).length > MAX_GRANT_BYTES;
  if (isTooLarge) return { place: "grant", message: `a grant has at most ${MAX_GRANT_BYTES} bytes` };
  return extentFault(grant, shown.atMs, allowed);
}

/** How often, and until when. */
function extentFault({ uses, until }: Grant, atMs: number, allowed: GrantAllowance | undefined): GrantFault | null {
  const mostUses = Math.min(MAX_GRANT_USES, allowed?.uses ?? MAX_GRANT_USES);
  if (!Number.isInteger(uses) || uses < 1 || uses > mostUses) return { place: "uses", message: `from 1 to ${mostUses}` };
  const untilMs = Date.parse(until);
  const lastMs = atMs + Math.min(MAX_GRANT_MS, allowed === undefined ? MAX_GRANT_MS : allowed.for * 1_000);
  const isReal = Number.isFinite(untilMs) && timestamp(untilMs) === until;
  const isFitting = Number.isFinite(atMs) && isReal && atMs < untilMs && untilMs <= lastMs;
  return isFitting ? null : { place: "until", message: `a time to come, at most ${Math.floor((lastMs - atMs) / 1_000)} seconds from now` };
}

/** Every member of the arguments once, and nothing else. */
function memberFault({ fixed, free }: Grant, { args }: GrantedAction): GrantFault | null {
  const left = membersByPointer(args);
  for (const entry of [...fixed, ...free]) {
    const { pointer } = entry;
    const value = left.get(pointer);
    if (value === undefined) return { place: pointer, message: "no member of what was shown that it has not spoken of before" };
    left.delete(pointer);
    if ("value" in entry && canonicalize(entry.value) !== canonicalize(value))
      return { place: pointer, message: "fixed to another value than was shown" };
    const why = "bound" in entry ? boundFault(entry.bound, value) : null;
    if (why !== null) return { place: pointer, message: why };
  }
  const [forgotten] = left.keys();
  return forgotten === undefined ? null : { place: forgotten, message: "it says nothing of this member" };
}

/** The widest span around a number that was shown: down to nothing, and never beyond it. */
export const spanShown = (value: number): { from: number; to: number } => ({ from: Math.min(0, value), to: value });

function boundFault(bound: GrantBound, value: JsonValue): string | null {
  if (bound === "any") return null;
  if ("one_of" in bound) {
    const isOnce = new Set(bound.one_of).size === bound.one_of.length;
    const isFitting = typeof value === "string" && bound.one_of.includes(value) && isOnce;
    return isFitting ? null : "a list has to hold the text that was shown, and each text once";
  }
  if (typeof value !== "number") return "a span is for a number";
  const { from, to } = spanShown(value);
  const isFitting = bound.to === to && from <= bound.from && bound.from <= to;
  return isFitting ? null : `from ${from} or more, and to ${to}, which was shown`;
}
