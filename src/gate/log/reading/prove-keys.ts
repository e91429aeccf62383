/** The log's keys for anybody: genesis and each rotation, with a proof for those who trust the key before (docs/formats.md, "Keys"). */
import { type LogReader, type ProvenLeaf, proveLeaves } from "./prove-leaves.ts";
import type { KeyLeaf } from "../transparency-log.ts";

export interface NamedKeys {
  keys(): Promise<KeyLeaf[]>;
}

/** The leaves that name the log's keys, oldest first. Throws if the log or the database does not answer, or lacks what is signed for. */
export async function proveKeys({ log, reader }: { log: NamedKeys; reader: LogReader }): Promise<{ items: ProvenLeaf[] }> {
  const items = [];
  for (const { index, checkpoint } of await log.keys()) {
    const proven = await proveLeaves([index], { log: { witnessedCheckpoint: () => Promise.resolve(checkpoint) }, reader });
    if (!proven.ok) throw new Error(`leaf ${index}: ${proven.refusal.reason}`);
    items.push(...proven.value.leaves);
  }
  return { items };
}
