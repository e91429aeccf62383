/**
 * Takes the log's leaves into the record, in which they are searched: what the log has is the truth, and the record follows. It may be
 * behind, or lost and made again; it never says that it is complete where it is not.
 */
import { utf8 } from "#countersign/encoding/bytes.ts";
import { entriesOfLeaf, type LeafEntry, type LoggedLeaf } from "#rules/audit/entry-of-leaf.ts";

/** A log of this database, by its origin line, and how many leaves are committed. */
export interface LogSize {
  origin: string;
  size: number;
}

/** How far a log has been taken in. */
export interface TakenIn {
  origin: string;
  /** Leaves below that index are. */
  reached: number;
  /** Milliseconds since the epoch: of the newest of them. */
  atMs: number;
}

/** Entries with the index of their leaf. */
export interface IndexedEntries {
  index: number;
  entries: LeafEntry[];
}

export interface TakeInPorts {
  /** Every log there is, the oldest first; from the primary. */
  logs(): Promise<LogSize[]>;
  /** From the primary. */
  takenIn(): Promise<TakenIn[]>;
  /** Leaves of that log from an index on, in order; at most so many. */
  leaves(origin: string, from: number, most: number): Promise<LoggedLeaf[]>;
  /** Writes entries and how far that goes, both or neither. What is there already stays as it is. */
  write(taken: TakenIn, leaves: readonly IndexedEntries[]): Promise<void>;
}

/** How the record stands to the logs. `of` less than `reached`: the log's database was put back in time, and the record was not. */
export interface RecordStanding {
  reached: number;
  of: number;
}

/** Leaves that are taken in with one write, at most; */
const LEAVES_AT_ONCE = 200;
/** and bytes of their entries as JSON: half of what a database takes as one text, and what they are found by is about as long. */
const BYTES_AT_ONCE = 1_000_000;

/** At most `most` writes of leaves. Two at once do the same, and it is there once. */
export async function takeIn(ports: TakeInPorts, most: number): Promise<RecordStanding> {
  const [logs, taken] = await Promise.all([ports.logs(), ports.takenIn()]);
  let left = most;
  const standing: RecordStanding = { reached: 0, of: 0 };
  for (const { origin, size } of logs) {
    let { reached, atMs } = taken.find((one) => one.origin === origin) ?? { reached: 0, atMs: 0 };
    for (; reached < size && left > 0; left--) {
      const leaves = await ports.leaves(origin, reached, Math.min(LEAVES_AT_ONCE, size - reached));
      const made = entriesAtOnce(leaves, atMs);
      const last = made.at(-1);
      if (last === undefined) throw new Error(`the log ${origin} lacks leaf ${reached} of ${size}`);
      reached = last.index + 1;
      atMs = made.reduce((newest, { entries }) => Math.max(newest, entries.at(-1)?.atMs ?? 0), atMs);
      await ports.write({ origin, reached, atMs }, made);
    }
    standing.reached += reached;
    standing.of += size;
  }
  return standing;
}

/** Of the first of them: as many as go into one write, and one in any case. */
function entriesAtOnce(leaves: readonly LoggedLeaf[], notBeforeMs: number): IndexedEntries[] {
  const made: IndexedEntries[] = [];
  let [bytes, atMs] = [0, notBeforeMs];
  for (const leaf of leaves) {
    const entries = entriesOfLeaf(leaf, atMs);
    bytes += utf8(JSON.stringify(entries)).length;
    if (made.length > 0 && bytes > BYTES_AT_ONCE) break;
    atMs = Math.max(atMs, entries.at(-1)?.atMs ?? 0);
    made.push({ index: leaf.index, entries });
  }
  return made;
}
