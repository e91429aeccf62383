/** Writers of the log that append one leaf after the other, each as soon as its last one is durable: what approvals do, without the rest. */
import { type ApprovalRecords, leavesLike } from "../log/log-leaves.ts";
import type { Env } from "./worker.js";

export interface Writing {
  /** The origin line of the log. */
  origin: string;
  records: ApprovalRecords;
  writers: number;
  /** Until nobody begins another append: whichever of the two comes first. */
  ms: number;
  leaves: number;
}

export interface Written {
  tookMs: number;
  /** Of each append, how long it took. */
  eachMs: number[];
}

export async function writeLeaves({ origin, records, writers, ms, leaves }: Writing, env: Env): Promise<Written> {
  const log = env.LOG_SEQUENCER.getByName(origin);
  const startedMs = performance.now();
  const eachMs: number[] = [];
  let begun = 0;
  const write = async (): Promise<void> => {
    for (const leaf of leavesLike(records)) {
      if (begun >= leaves || performance.now() - startedMs >= ms) return;
      begun += 1;
      const beganMs = performance.now();
      const { status } = await log.append(leaf);
      if (status !== "logged") throw new Error(status);
      eachMs.push(performance.now() - beganMs);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return { tookMs: performance.now() - startedMs, eachMs };
}
