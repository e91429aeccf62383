/** C2SP tlog-checkpoint: what a log's signed note says. Signatures are note.ts. */
import { b64, type Bytes, fromB64 } from "../encoding/bytes.ts";
import { accept, refuse, type Result } from "../result.ts";
import { MAX_NOTE_BYTES } from "./note.ts";

export interface Checkpoint {
  origin: string;
  /** Number of leaves; a safe integer. */
  size: number;
  root: Bytes;
}

/** A decimal without leading zeroes, as a safe integer; null for anything else. */
export function parseDecimal(text: string): number | null {
  const number = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : null;
}

/**
 * Reads the text of a note (Note.text) as a checkpoint. Extension lines are read over, as tlog-checkpoint asks, but not empty ones.
 * Refuses sizes that are not safe integers, although the format allows them.
 */
export function parseCheckpoint(noteText: string): Result<Checkpoint, "malformed-checkpoint"> {
  if (noteText.length > MAX_NOTE_BYTES) return refuse("malformed-checkpoint");
  const lines = noteText.split("\n");
  const afterTheEnd = lines.pop();
  const [origin, decimal, encoded] = lines;
  if (afterTheEnd !== "" || origin === undefined || decimal === undefined || encoded === undefined || lines.includes("")) {
    return refuse("malformed-checkpoint");
  }
  const size = parseDecimal(decimal);
  const root = fromB64(encoded);
  if (size === null || root?.length !== 32) return refuse("malformed-checkpoint");
  return accept({ origin, size, root });
}

/** The text to sign: origin, size and root, a line each, no extensions. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  const isSize = Number.isSafeInteger(size) && size >= 0;
  if (origin === "" || origin.includes("\n") || !isSize || root.length !== 32) throw new Error("not a checkpoint");
  return `${origin}\n${size}\n${b64(root)}\n`;
}
