/** The keys that a log names in its own leaves, from genesis on: each leaf is in the tree under the signed root, each key follows the one before. */
import { leafEntry } from "../../documents/record.ts";
import type { LogClient, LogKeyItem } from "../../sdk/log-client.ts";
import type { Checkpoint } from "../../tlog/checkpoint.ts";
import { inclusionSubtrees, leafHash, proveInclusion, verifyInclusion } from "../../tlog/merkle.ts";
import { parseVkey } from "../../tlog/note.ts";
import { readHashFrom, type Tile, tilesOf, tileWidth } from "../../tlog/tile.ts";
import { type Trouble, unanswered } from "./trouble.ts";

const broken = (message: string): Trouble => ({ code: "keys_mismatch", message, mayPass: false });

/** Whether the log's own leaves lead from genesis to `vkey`, which has signed the checkpoint. */
export async function checkKeys(client: LogClient, checkpoint: Checkpoint, vkey: string): Promise<Trouble | null> {
  const items = await client.keys();
  if (!items.ok) return unanswered(items.refusal);
  // The log may have gone on since, and have a newer key.
  const covered = items.value.filter(({ index }) => index < checkpoint.size);
  let newest: string | null = null;
  const vkeys: string[] = [];
  for (const item of covered) {
    const { index, record } = item;
    const isFirst: boolean = newest === null;
    const follows: boolean = record.kind === "log.genesis" ? isFirst && index === 0 : !isFirst && record.old_vkey === newest;
    if (!follows || record.log !== checkpoint.origin) return broken(`Leaf ${index} does not go on from the log's keys before it.`);
    const trouble = await inclusionTrouble(client, checkpoint, item);
    if (trouble !== null) return trouble;
    newest = record.kind === "log.genesis" ? record.vkey : record.new_vkey;
    const key = parseVkey(newest);
    if (!key.ok || key.value.name !== checkpoint.origin) return broken(`Leaf ${index} names a key that is none of this log.`);
    vkeys.push(newest);
  }
  if (newest === vkey) return null;
  // Whoever looked for keys before was perhaps answered from a cache, and knows of this one only at the next look.
  if (vkeys.includes(vkey)) return { ...broken(`${vkey} has signed, and the log's own leaves name a newer key.`), mayPass: true };
  return broken(
    newest === null ? "The log does not show its genesis." : `The log's own leaves lead to the key ${newest}, and ${vkey} has signed.`,
  );
}

/** By the tiles alone, up to the signed root. */
async function inclusionTrouble(
  client: LogClient,
  { size, root }: Checkpoint,
  { index, record, salt }: LogKeyItem,
): Promise<Trouble | null> {
  const tiles: Tile[] = [];
  for (const address of tilesOf(inclusionSubtrees(index, size))) {
    const hashes = await client.tile(address, tileWidth(address, size));
    if (!hashes.ok) return unanswered(hashes.refusal);
    tiles.push({ ...address, hashes: hashes.value });
  }
  const path = proveInclusion(index, size, readHashFrom(tiles));
  const isIn = verifyInclusion({ leafHash: leafHash(leafEntry(record, salt)), index, size, root, path });
  return isIn ? null : broken(`Leaf ${index} of the log is not the ${record.kind} that it shows there.`);
}
