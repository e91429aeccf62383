/**
 * What of an agent is refused without asking for a time, because somebody has denied the like of it. It only narrows: whatever a pattern
 * does not fit is judged as ever. Pure.
 */
import { hex } from "#countersign/encoding/bytes.ts";
import { hashJson, type JsonObject } from "#countersign/json/canonical-json.ts";

/** What makes two things of one agent alike: a tool of a server as they are named, or where no tool is named what an ask is called. */
export interface Likeness {
  server: string | null;
  tool: string | null;
  /** Null exactly where a tool is named. */
  action: string | null;
}

/** A pattern in force, as the D1 primary has it with how its agent stands. */
export interface DeniedPattern extends Likeness {
  id: string;
  /** SHA-256 of the canonical arguments, hexadecimal; null: with any. */
  argumentsHash: string | null;
  /** What its maker said to the agent; null for nothing. */
  comment: string | null;
  until: string;
}

/** The same as it is kept and shown, whether in force or not. */
export interface KeptPattern extends DeniedPattern {
  agent: { id: string; name: string; owner: string };
  by: { id: string; username: string };
  madeAt: string;
  liftedAt: string | null;
}

/** So many may be in force of one agent: each of its calls is told all of them. */
export const MOST_PATTERNS = 100;
/** At most a day. */
export const MOST_PATTERN_SECONDS = 86_400;

/** Of a tool that is named, the action's words do not count: agents word them anew each time. */
export const kindOf = (server: string | null, tool: string | null, action: string): Likeness => ({
  server,
  tool,
  action: tool === null ? action : null,
});

export const isSameKind = (one: Likeness, other: Likeness): boolean =>
  one.server === other.server && one.tool === other.tool && one.action === other.action;

/** Of a call's arguments, or of an ask's payload. */
export const argumentsHash = (args: JsonObject): string => hex(hashJson(args));

/** The pattern that refuses this at that time, the one that lasts longest; null if none does. `hash`: of its arguments. */
export function deniedBy(patterns: readonly DeniedPattern[] | undefined, kind: Likeness, hash: string, now: string): DeniedPattern | null {
  if (patterns === undefined) return null;
  const fitting = patterns.filter(
    (one) => one.until > now && isSameKind(one, kind) && (one.argumentsHash === null || one.argumentsHash === hash),
  );
  return fitting.toSorted((one, other) => (one.until < other.until ? 1 : -1))[0] ?? null;
}

/** How whatever a pattern refuses is refused. */
export interface PatternRefusal {
  reason: "denied-by-pattern";
  comment: string | null;
  until: string;
}

export const refusedByPattern = ({ comment, until }: DeniedPattern): PatternRefusal => ({ reason: "denied-by-pattern", comment, until });
