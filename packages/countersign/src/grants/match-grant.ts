/**
 * Whether a grant covers an action: the one implementation, by which the gate lets it pass, the page says why not, and a verifier
 * judges it. How often it was used, and whether it still stands, is for whoever keeps it.
 */
import type { Grant, GrantBound } from "../documents/grant.ts";
import { timestamp } from "../documents/words.ts";
import { canonicalize, type JsonValue } from "../json/canonical-json.ts";
import { accept, refuse, type Result } from "../result.ts";
import type { ActionTerms, GrantedAction } from "./granted-action.ts";
import { membersByPointer } from "./pointer.ts";

/** One thing in which an action is not what was granted. Pointers hold names that the agent chose: show them as its text. */
export interface GrantMismatch {
  reason:
    | "other_rule"
    | "other_agent"
    | "other_server"
    | "other_tool"
    | "other_schema"
    | "too_late"
    /** A member that was not there when it was granted. */
    | "new_member"
    | "missing_member"
    | "other_value"
    | "out_of_bounds";
  /** To the member; null where it is about none. */
  pointer: string | null;
  /** A sentence without its full stop. */
  message: string;
}

/** Accepts only if all of it is what was granted, and every member is spoken of. Otherwise all that is not, one by one. */
export function matchGrant(grant: Grant, action: GrantedAction): Result<null, GrantMismatch[]> {
  const mismatches = termMismatches(grant, action);
  if (grant.schema_hash !== action.schemaHash) {
    const message = "the tool is not described as it was when it was given";
    mismatches.push({ reason: "other_schema", pointer: null, message });
  }
  mismatches.push(...memberMismatches(grant, membersByPointer(action.args)));
  return mismatches.length === 0 ? accept(null) : refuse(mismatches);
}

/** The same of all but the tool's description and the arguments: what can be said without the payload. */
export function termMismatches(grant: Grant, action: ActionTerms): GrantMismatch[] {
  const isOver = !Number.isFinite(action.atMs) || timestamp(action.atMs) > grant.until;
  const terms: readonly [boolean, GrantMismatch["reason"], string][] = [
    [grant.rule !== action.rule, "other_rule", `the rule ${action.rule} decides, and it was given under ${grant.rule}`],
    [grant.agent !== action.agent, "other_agent", "it was given for another agent"],
    [grant.server !== action.server, "other_server", "it was given for another server"],
    [grant.tool !== action.tool, "other_tool", `it was given for the tool ${grant.tool}`],
    [isOver, "too_late", `it ended at ${grant.until}`],
  ];
  return terms.flatMap(([differs, reason, message]) => (differs ? [{ reason, pointer: null, message }] : []));
}

function memberMismatches({ fixed, free }: Grant, members: ReadonlyMap<string, JsonValue>): GrantMismatch[] {
  const entries = [...fixed, ...free];
  const covered = new Set(entries.map(({ pointer }) => pointer));
  const mismatches: GrantMismatch[] = [];
  for (const pointer of members.keys())
    if (!covered.has(pointer))
      mismatches.push({ reason: "new_member", pointer, message: `${pointer} is there, and was not when it was given` });
  for (const entry of entries) {
    const { pointer } = entry;
    const value = members.get(pointer);
    if (value === undefined) mismatches.push({ reason: "missing_member", pointer, message: `${pointer} is not there` });
    else if ("value" in entry && canonicalize(entry.value) !== canonicalize(value))
      mismatches.push({ reason: "other_value", pointer, message: `${pointer} is another than was approved` });
    else if ("bound" in entry && !isWithin(entry.bound, value))
      mismatches.push({ reason: "out_of_bounds", pointer, message: `${pointer} is not ${boundInWords(entry.bound)}` });
  }
  return mismatches;
}

/** Both ends of a span are in it. */
function isWithin(bound: GrantBound, value: JsonValue): boolean {
  if (bound === "any") return true;
  if ("one_of" in bound) return typeof value === "string" && bound.one_of.includes(value);
  return typeof value === "number" && bound.from <= value && value <= bound.to;
}

/** What a member may be. Texts are the approvers' own, as they signed them. */
export function boundInWords(bound: GrantBound): string {
  if (bound === "any") return "anything";
  if ("one_of" in bound) return `one of ${bound.one_of.map((text) => JSON.stringify(text)).join(", ")}`;
  return `a number from ${bound.from} to ${bound.to}`;
}
