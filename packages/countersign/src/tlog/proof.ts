/** C2SP tlog-proof without `extra`: the text that goes with a leaf. Only the text: nothing here is verified. */
import { b64, type Bytes, fromB64 } from "../encoding/bytes.ts";
import { accept, refuse, type Result } from "../result.ts";
import { parseDecimal } from "./checkpoint.ts";
import { MAX_NOTE_BYTES } from "./note.ts";

const HEADER = "c2sp.org/tlog-proof@v1";
/** No tree of a safe integer's size is higher. */
const MAX_PATH = 53;
/** Of the whole text: the longest note, and more than all that comes before it. */
const MAX_LENGTH = MAX_NOTE_BYTES + 4_096;

export interface Proof {
  index: number;
  /** The leaf's sibling first, the root's child last. */
  path: Bytes[];
  /** The signed note, verbatim. */
  checkpoint: string;
}

/** Reads a proof. Refuses `extra` (nobody signs it), indices that are not safe integers, and anything not in its one spelling, or too long. */
export function parseProof(text: string): Result<Proof, "malformed-proof"> {
  if (text.length > MAX_LENGTH) return refuse("malformed-proof");
  const blankLine = text.indexOf("\n\n");
  const [header, indexLine = "", ...hashes] = text.slice(0, blankLine).split("\n");
  const checkpoint = text.slice(blankLine + 2);
  const index = indexLine.startsWith("index ") ? parseDecimal(indexLine.slice("index ".length)) : null;
  const path = hashes.length > MAX_PATH ? [null] : hashes.map(fromB64);
  const isPath = (all: (Bytes | null)[]): all is Bytes[] => all.every((hash) => hash?.length === 32);
  if (blankLine < 0 || header !== HEADER || index === null || !isPath(path) || checkpoint === "") return refuse("malformed-proof");
  return accept({ index, path, checkpoint });
}

/** Writes a proof (tlog-proof, "Format"). */
export const formatProof = ({ index, path, checkpoint }: Proof): string =>
  [HEADER, `index ${index}`, ...path.map(b64), "", checkpoint].join("\n");
