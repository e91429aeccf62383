/**
 * The log for people who look at it: where it stands, how it grew, its leaves with what is public of them, and where one of
 * them stands. Nothing beyond the newest signed checkpoint, and no more work for a large log than for a small one.
 */
import { hex } from "#countersign/encoding/bytes.ts";
import { verifyCosignatures } from "#countersign/tlog/cosignature.ts";
import { parseDecimal } from "#countersign/tlog/checkpoint.ts";
import { inclusionSubtrees, leafHash, pathSteps, proveInclusion } from "#countersign/tlog/merkle.ts";
import { parseNote, type VerifierKey } from "#countersign/tlog/note.ts";
import { formatProof } from "#countersign/tlog/proof.ts";
import { readHashFrom, tilesOf } from "#countersign/tlog/tile.ts";
import { headOf, type LogHead, type LogReader } from "./prove-leaves.ts";
import { publicPart, type RevealedLeaf, revealLeaf, type RevealPorts } from "./revealed-leaf.ts";
import type { TransparencyLog, StoredLeaf } from "../transparency-log.ts";

/** A committed head, and when it was. */
export interface TimedHead {
  size: number;
  at: string;
}

export interface HeadReader {
  /** For each of these sizes the smallest committed head that is not below it, in their order; one may come several times. */
  headsFrom(sizes: readonly number[]): Promise<TimedHead[]>;
}

export interface ExplorePorts extends RevealPorts {
  log: Pick<TransparencyLog, "checkpoint" | "witnessedCheckpoint" | "vkey">;
  reader: LogReader;
  heads: HeadReader;
  /** Of the witnesses that this deployment asks. */
  witnessKeys: readonly VerifierKey[];
}

/** A leaf in a list. */
export interface ListedLeaf {
  index: number;
  /** Hexadecimal. */
  hash: string;
  /** Null if nothing of it is public. */
  revealed: { kind: "log.genesis" | "key.rotated" } | { kind: "approval.approved"; action: string } | null;
}

/** A state of the log, and who of the witnesses says when they saw it: nobody yet, if it is the newest. */
interface WitnessedHead {
  size: number;
  witnesses: { name: string; timeSeconds: number }[];
}

export interface ExploredLog {
  origin: string;
  size: number;
  /** Hexadecimal. */
  root: string;
  vkey: string;
  /** The newest state that witnesses have seen; null where none are asked. */
  witnessed: WitnessedHead | null;
  /** From the first head to this one, few enough to draw. */
  growth: TimedHead[];
  /** The newest first. */
  leaves: ListedLeaf[];
  /** `before` of the next page with newer leaves; null if these are the newest. */
  newer: number | null;
  /** `before` of the next page with older leaves; null if these are the oldest. */
  older: number | null;
}

const LEAVES_SHOWN = 20;
const HEADS_SHOWN = 40;

/** Sizes from 1 to `size`, evenly spread, each once. */
const sizesUpTo = (size: number): number[] => [
  ...new Set(Array.from({ length: HEADS_SHOWN }, (_, i) => 1 + Math.round(((size - 1) * i) / (HEADS_SHOWN - 1)))),
];

/** The log as its newest checkpoint shows it, with leaves below `before` (a decimal), or the newest if that is none of their indices. */
export async function exploreLog(before: string | undefined, ports: ExplorePorts): Promise<ExploredLog> {
  const [checkpoint, vkey] = await Promise.all([ports.log.checkpoint(), ports.log.vkey()]);
  const { origin, size, root } = headOf(checkpoint);
  const end = Math.min(parseDecimal(before ?? "") || size, size);
  const first = Math.max(0, end - LEAVES_SHOWN);
  const [heads, leaves, witnessed] = await Promise.all([
    ports.heads.headsFrom(sizesUpTo(size)),
    ports.reader.readLeaves(Array.from({ length: end - first }, (_, i) => first + i)),
    witnessedHead(checkpoint, ports),
  ]);
  return {
    origin,
    size,
    root: hex(root),
    vkey: vkey.trim(),
    witnessed,
    growth: heads.filter((head, i) => head.size <= size && head.size !== heads[i - 1]?.size),
    leaves: leaves.toSorted((one, other) => other.index - one.index).map((leaf) => listed(leaf, ports)),
    newer: end < size ? Math.min(size, end + LEAVES_SHOWN) : null,
    older: first > 0 ? first : null,
  };
}

function listed(leaf: StoredLeaf, ports: ExplorePorts): ListedLeaf {
  const record = publicPart(leaf, ports)?.record ?? null;
  const revealed =
    record?.kind === "approval.approved"
      ? ({ kind: record.kind, action: record.request.action } as const)
      : record && { kind: record.kind };
  return { index: leaf.index, hash: hex(leafHash(leaf.entry)), revealed };
}

/** The newest state that witnesses have seen, with who has; null where none are asked. `newest`: the newest checkpoint. */
export async function witnessedHead(
  newest: string,
  { log, witnessKeys }: Pick<ExplorePorts, "log" | "witnessKeys">,
): Promise<WitnessedHead | null> {
  if (witnessKeys.length === 0) return null;
  const cosigned = await cosignersOf(newest, witnessKeys);
  return cosigned.witnesses.length > 0 ? cosigned : cosignersOf(await log.witnessedCheckpoint(0), witnessKeys);
}

/** Nobody if a cosignature does not hold, which the log's writer would not have let in. */
async function cosignersOf(checkpoint: string, witnessKeys: readonly VerifierKey[]): Promise<WitnessedHead> {
  const note = parseNote(checkpoint);
  const verified = note.ok ? await verifyCosignatures(note.value, witnessKeys) : note;
  const witnesses = verified.ok ? verified.value.map(({ key, timeSeconds }) => ({ name: key.name, timeSeconds })) : [];
  return { size: headOf(checkpoint).size, witnesses };
}

/** One leaf, and the way from it to the signed root. */
export interface ExploredLeaf {
  index: number;
  /** Hexadecimal, as all hashes here. */
  entry: string;
  hash: string;
  /** What the hash is combined with, the sibling first. */
  path: { sibling: string; siblingIsLeft: boolean; hash: string }[];
  size: number;
  root: string;
  /** All of this as a tlog-proof. */
  proof: string;
  revealed: RevealedLeaf | null;
}

/** The leaf at an index, a decimal; null if the newest checkpoint covers none there. */
export async function exploreLeaf(index: string, ports: ExplorePorts): Promise<ExploredLeaf | null> {
  const at = parseDecimal(index);
  if (at === null) return null;
  const checkpoint = await ports.log.checkpoint();
  const head = headOf(checkpoint);
  if (at >= head.size) return null;
  const [[leaf], tiles] = await Promise.all([
    ports.reader.readLeaves([at]),
    ports.reader.readTiles(tilesOf(inclusionSubtrees(at, head.size))),
  ]);
  if (leaf === undefined) throw new Error(`leaf ${at} is not in the database`);
  const path = proveInclusion(at, head.size, readHashFrom(tiles));
  return {
    index: at,
    entry: hex(leaf.entry),
    hash: hex(leafHash(leaf.entry)),
    path: stepsToRoot(leaf, path, head),
    size: head.size,
    root: hex(head.root),
    proof: formatProof({ index: at, path, checkpoint }),
    revealed: await revealLeaf(leaf, ports),
  };
}

/** The steps of the audit path, after showing that they end at the signed root. */
function stepsToRoot({ index, entry }: StoredLeaf, path: Uint8Array<ArrayBuffer>[], { size, root }: LogHead): ExploredLeaf["path"] {
  const hash = leafHash(entry);
  const steps = pathSteps({ leafHash: hash, index, size, path });
  const end = steps?.at(-1)?.hash ?? hash;
  if (steps === null || hex(end) !== hex(root)) throw new Error(`leaf ${index} does not lead to the root of the checkpoint of ${size}`);
  return steps.map((step) => ({ sibling: hex(step.sibling), siblingIsLeft: step.siblingIsLeft, hash: hex(step.hash) }));
}
