/** A log as a stranger sees it who has nothing but SHA-256, fetch and RFC 6962. */
import { createHash } from "node:crypto";

const sha256 = (...parts: Uint8Array[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();

/** RFC 6962, section 2.1, from leaf hashes. */
function rootOf(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes;
  if (only === undefined) return sha256();
  if (hashes.length === 1) return only;
  const split = 2 ** Math.floor(Math.log2(hashes.length - 1));
  return sha256(Buffer.from([1]), rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
}

/** Size and root, base64, that a checkpoint signs. */
export function treeOf(checkpoint: string): { size: number; root: string } {
  const [, size, root = ""] = checkpoint.split("\n");
  return { size: Number(size), root };
}

/** The log's key, the tree that its newest checkpoint signs, and the root of its first so many leaves. Up to 255 leaves. */
export async function readLog(origin: string) {
  const read = (path: string): Promise<Response> => fetch(`${origin}/log${path}`);
  const tree = treeOf(await (await read("/checkpoint")).text());
  const tile = Buffer.from(await (await read(`/tile/0/000.p/${tree.size}`)).arrayBuffer());
  const hashes = Array.from({ length: tree.size }, (_, index) => tile.subarray(32 * index, 32 * index + 32));
  const vkey = await (await read("/vkey")).text();
  return { vkey, tree, rootAt: (size: number): string => rootOf(hashes.slice(0, size)).toString("base64") };
}
