/** A checkpoint that was signed for once, against the log that has to contain it. */
import { type Bytes, equal, hex } from "../../encoding/bytes.ts";
import { type Checkpoint, parseCheckpoint } from "../../tlog/checkpoint.ts";
import { type Note, parseNote, verifyNote } from "../../tlog/note.ts";
import type { SoundLog } from "./check-log.ts";

export interface SignedCheckpoint extends Checkpoint {
  note: Note;
}

/** Reads it; null if it is none. Its signature is not verified here. */
export function readSignedCheckpoint(signed: string): SignedCheckpoint | null {
  const note = parseNote(signed);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  return note.ok && checkpoint.ok ? { ...checkpoint.value, note: note.value } : null;
}

/**
 * Why the log of that name among `logs`, whose root was asked for at this size, does not contain the checkpoint; null if it does.
 * `mayBeBehind` says that a log that has been put back in time is not held against it.
 */
export async function notContained(
  { note, origin, size, root }: SignedCheckpoint,
  logs: readonly SoundLog[],
  { mayBeBehind }: { mayBeBehind: boolean },
): Promise<string | null> {
  const log = logs.find((one) => one.origin === origin);
  if (log === undefined) return `is of the log ${origin}, which this database does not have`;
  if (!(await verifyNote(note, log.keys)).ok) return "is not signed by any key of the log";
  const own: Bytes | undefined = log.roots.get(size);
  if (own === undefined) return mayBeBehind ? null : `was signed for ${size} leaves, and this database has ${log.size}`;
  return equal(own, root) ? null : `has another root at ${size} leaves than this database, which has ${hex(own)}`;
}
