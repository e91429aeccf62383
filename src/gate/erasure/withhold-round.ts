/**
 * Records that name somebody who was erased are withheld, in rounds of the cron: record and salt leave the log's rows, and with them what
 * the archive holds of that request. Entries, tiles and heads stay, so that every proof and receipt that is out there stays valid.
 * What is withheld, and for whose erasure, is noted before anything is taken away; each step may be done again.
 */
import { isEndKey, requestOfKey } from "#countersign/documents/leaf-key.ts";

/** A record that is to be withheld. */
export interface DueRecord {
  logId: number;
  index: number;
  /** Its leaf's key. */
  key: string;
  /** The record's time. */
  at: string;
}

export interface WithholdPorts {
  /** Notes what of so many leaves more names somebody erased; false if there are no more for now. Durable, and how far it came with it. */
  lookFurther(mostLeaves: number): Promise<boolean>;
  /** At most so many that are noted and may be withheld by now: the end of a request not before its object is emptied into the archive. */
  due(most: number): Promise<DueRecord[]>;
  /** Deletes all that the archive holds of requests, by their ids and the time of their ends. */
  forget(requests: readonly { id: string; endedAt: string }[]): Promise<void>;
  /** Takes record and salt out of these leaves, and their people's names out of grants given with them, in one batch. */
  withhold(records: readonly DueRecord[]): Promise<void>;
}

/** Of one round: a Worker without a paid plan may make fifty calls, and a page takes three. */
const MOST_PAGES = 8;
const PAGE_LEAVES = 1_000;
const MOST_RECORDS = 200;

/** Gives how many records were withheld. */
export async function withholdRound(ports: WithholdPorts): Promise<number> {
  for (let page = 0; page < MOST_PAGES; page++) if (!(await ports.lookFurther(PAGE_LEAVES))) break;
  const due = await ports.due(MOST_RECORDS);
  if (due.length === 0) return 0;
  // Before the records, which say where to look: a round that breaks off here finds the same again.
  const ends = due.flatMap(({ key, at }) => (isEndKey(key) ? [{ id: requestOfKey(key) ?? "", endedAt: at }] : []));
  if (ends.length > 0) await ports.forget(ends);
  await ports.withhold(due);
  return due.length;
}
