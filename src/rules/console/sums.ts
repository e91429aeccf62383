/**
 * What the console counts of the log's leaves and of calls, by day (UTC). Pure: where a count is kept, and that no leaf counts twice, is
 * storage's (d1-migrations/0029). Kinds and words are stored.
 */
import { stepOf } from "./took.ts";

/**
 * `end`, `rule`, `agent`: requests that ended, each with how (`outcome`), by nothing, rule's name, agent's id (`of`). `person`: decisions, by
 * their id. `took`, `seconds`: how long those took that people decided, by step, and all of it. `call`: how it went at first, by
 * what the gate did. `notice`: calls in which something was unusual, `passed` or `held`.
 */
export type SumKind = "end" | "rule" | "agent" | "person" | "took" | "seconds" | "call" | "notice";
export const ENDS = ["approved", "auto_approved", "denied", "expired", "cancelled"] as const;
export type End = (typeof ENDS)[number];
/** What the gate did with a call: let it pass by itself, held it for people, refused it. */
export const TREATMENTS = ["allowed", "held", "refused"] as const;
export type Treatment = (typeof TREATMENTS)[number];

/** Of these there is a total since the beginning, too. */
export const TOTALLED: readonly SumKind[] = ["end", "took", "seconds", "call", "notice"];

export type Sum = readonly [kind: SumKind, day: string, of: string, outcome: string, n: number];

/** A leaf as far as it is counted; members that its record lacks are null, all of them once it is erased. */
export interface CountedLeaf {
  log: number;
  idx: number;
  kind: string | null;
  at: string | null;
  /** The request that it ends. */
  requestedAt: string | null;
  rule: string | null;
  /** Of a request the one at the top of its chain: agents below make others for an hour, and each would have a sum of its own. */
  agent: string | null;
  /** Who decided, and how. */
  decisions: readonly (readonly [person: string, verdict: string])[];
  /** Calls that it commits to: of `agent`, numbered so. */
  calls: { from: number; to: number } | null;
}

const END_OF_KIND = /^approval\.(approved|auto_approved|denied|expired|cancelled)$/;
export const dayOf = (at: string): string => at.slice(0, 10);

/** Adds up what is the same but for its number. */
export function merged(sums: readonly Sum[]): Sum[] {
  const all = new Map<string, Sum>();
  for (const [kind, day, of, outcome, n] of sums) {
    const key = JSON.stringify([kind, day, of, outcome]);
    all.set(key, [kind, day, of, outcome, (all.get(key)?.[4] ?? 0) + n]);
  }
  return [...all.values()];
}

/** What ends of requests add. */
export const sumsOfEnds = (leaves: readonly CountedLeaf[]): Sum[] => merged(leaves.flatMap(sumsOfEnd));

function sumsOfEnd({ kind, at, requestedAt, rule, agent, decisions }: CountedLeaf): Sum[] {
  const end = END_OF_KIND.exec(kind ?? "")?.[1];
  if (end === undefined || at === null) return [];
  const day = dayOf(at);
  const seconds = Math.round((Date.parse(at) - Date.parse(requestedAt ?? "")) / 1_000);
  const isDecided = (end === "approved" || end === "denied") && seconds >= 0;
  return [
    ["end", day, "", end, 1],
    ...(rule === null ? [] : [["rule", day, rule, end, 1] satisfies Sum]),
    ...(agent === null ? [] : [["agent", day, agent, end, 1] satisfies Sum]),
    ...decisions.map(([person, verdict]): Sum => ["person", day, person, verdict, 1]),
    ...(isDecided ? [["took", day, stepOf(seconds), end, 1] satisfies Sum, ["seconds", day, "", end, seconds] satisfies Sum] : []),
  ];
}

const REFUSED: readonly string[] = ["blocked", "rate_limited", "agent_stopped"];

/** What the gate did with a call of that status; `wasAsked`: people were asked by a request. */
export function treatmentOf(status: string, wasAsked: boolean): Treatment {
  if (wasAsked || ["pending_approval", "approved", "denied", "expired", "cancelled"].includes(status)) return "held";
  return REFUSED.includes(status) ? "refused" : "allowed";
}
