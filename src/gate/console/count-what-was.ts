/**
 * Counts what was, for the console: walks the log from where it came to, and adds what its leaves say to the sums. Two walks of one kind:
 * requests, and calls, which need another database and must not hold up the first. Bounded a round; what is left is the next round's.
 */
import { type CountedLeaf, type Sum, sumsOfEnds } from "#rules/console/sums.ts";

/** The last leaf that was counted. */
export interface LeafPlace {
  log: number;
  idx: number;
}
export type LeafWalk = "requests" | "calls";

/** Calls of an agent, numbered from and to. */
export interface CallRange {
  agent: string;
  from: number;
  to: number;
}

/** When a limit of this rule last refused a call of this agent. */
export interface LimitReached {
  agent: string;
  rule: string;
  at: string;
}

export interface CountedCalls {
  sums: readonly Sum[];
  limits: readonly LimitReached[];
}

export interface CountingPorts {
  /** Where that walk is, and the leaves after it in the order of logs and leaves; in one trip. */
  next(walk: LeafWalk, most: number): Promise<{ place: LeafPlace; leaves: CountedLeaf[] }>;
  /** What of these is in the record of calls. Null where this deployment has none. */
  callsIn: ((ranges: readonly CallRange[]) => Promise<CountedCalls>) | null;
  /**
   * Adds it all and moves the place, in one write that holds only if the place is still `from`: resolves to whether it was. The time is noted
   * also where there is nothing to add.
   */
  add(walk: LeafWalk, move: { from: LeafPlace; to: LeafPlace }, counted: CountedCalls): Promise<boolean>;
}

/** Leaves of one write, */
const MOST_LEAVES = 500;
/** calls that these may commit to, */
const MOST_CALLS = 5_000;
/** and writes of one round: a log of a million leaves is counted within a few hours. */
const MOST_WRITES = 10;

/** One round of both; what fails in one does not keep the other from being counted, and is thrown after both. */
export async function countWhatWas(ports: CountingPorts): Promise<void> {
  const walks = await Promise.allSettled([walk("requests", ports), ...(ports.callsIn === null ? [] : [walk("calls", ports)])]);
  const failed = walks.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function walk(name: LeafWalk, ports: CountingPorts): Promise<void> {
  for (let write = 0; write < MOST_WRITES; write++) {
    const { place: from, leaves: found } = await ports.next(name, MOST_LEAVES);
    const leaves = name === "calls" ? fewCalls(found) : found;
    const to = leaves.at(-1) ?? from;
    const counted = name === "calls" ? await callsOf(leaves, ports) : { sums: sumsOfEnds(leaves), limits: [] };
    // Another round is at it.
    if (!(await ports.add(name, { from, to: { log: to.log, idx: to.idx } }, counted))) return;
    if (leaves.length === found.length && found.length < MOST_LEAVES) return;
  }
}

/** As many as commit to so many calls; at least one. */
function fewCalls(leaves: readonly CountedLeaf[]): readonly CountedLeaf[] {
  let calls = 0;
  const end = leaves.findIndex((leaf) => (calls += leaf.calls === null ? 0 : leaf.calls.to - leaf.calls.from + 1) > MOST_CALLS);
  return end < 0 ? leaves : leaves.slice(0, Math.max(1, end));
}

async function callsOf(leaves: readonly CountedLeaf[], { callsIn }: CountingPorts): Promise<CountedCalls> {
  const ranges = leaves.flatMap(({ agent, calls }) => (agent === null || calls === null ? [] : [{ agent, ...calls }]));
  return callsIn === null || ranges.length === 0 ? { sums: [], limits: [] } : await callsIn(ranges);
}
