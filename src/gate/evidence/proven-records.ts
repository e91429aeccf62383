/** Records of a bundle with their proofs: those of them that were not erased, all to its one checkpoint. */
import { accept } from "#countersign/result.ts";
import { type LogReader, type ProvenLeaf, proveLeaves } from "#gate/log/reading/prove-leaves.ts";

/** Proven together. */
const PAGE = 100;

export async function* provenRecords(indices: readonly number[], note: string, reader: LogReader): AsyncGenerator<ProvenLeaf> {
  for (let at = 0; at < indices.length; at += PAGE) yield* await provenPage(indices.slice(at, at + PAGE), note, reader);
}

/** Without what has been erased, if need be while this is read. */
async function provenPage(indices: readonly number[], note: string, reader: LogReader): Promise<readonly ProvenLeaf[]> {
  const log = { witnessedCheckpoint: () => Promise.resolve(note) };
  const proven = indices.length === 0 ? accept({ leaves: [] }) : await proveLeaves(indices, { log, reader });
  if (proven.ok) return proven.value.leaves;
  const { index, reason } = proven.refusal;
  if (reason !== "record-erased") throw new Error(`leaf ${index}: ${reason}`);
  return await provenPage(
    indices.filter((one) => one !== index),
    note,
    reader,
  );
}
