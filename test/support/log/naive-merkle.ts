/** RFC 6962, section 2.1, word by word: what the implementation is compared with. D[start:end] are the entries of entryAt. */
import { createHash } from "node:crypto";

type Hash = Uint8Array<ArrayBuffer>;

const hash = (...parts: Uint8Array[]): Hash => {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return new Uint8Array(digest.digest());
};

/** 33 bytes as the log's, different for each index. */
export function entryAt(index: number): Hash {
  const entry = new Uint8Array(33);
  entry[0] = 1;
  new DataView(entry.buffer).setUint32(1, index);
  return entry;
}

const remembered = new Map<string, Hash>();

/** MTH(D[start:end]). */
export function naiveRoot(end: number, start = 0): Hash {
  const n = end - start;
  if (n === 0) return hash();
  const key = `${start}:${end}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const k = split(n);
  const root =
    n === 1 ? hash(Uint8Array.of(0), entryAt(start)) : hash(Uint8Array.of(1), naiveRoot(start + k, start), naiveRoot(end, start + k));
  remembered.set(key, root);
  return root;
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** PATH(m, D[start:end]). */
export function naivePath(m: number, end: number, start = 0): Hash[] {
  const n = end - start;
  if (n === 1) return [];
  const k = split(n);
  return m < k
    ? [...naivePath(m, start + k, start), naiveRoot(end, start + k)]
    : [...naivePath(m - k, end, start + k), naiveRoot(start + k, start)];
}

/** PROOF(m, D[0:size]); empty from 0. */
export const naiveConsistency = (m: number, size: number): Hash[] => (m === 0 ? [] : subproof(m, 0, size, true));

function subproof(m: number, start: number, end: number, known: boolean): Hash[] {
  const n = end - start;
  if (m === n) return known ? [] : [naiveRoot(end, start)];
  const k = split(n);
  return m <= k
    ? [...subproof(m, start, start + k, known), naiveRoot(end, start + k)]
    : [...subproof(m - k, start + k, end, false), naiveRoot(start + k, start)];
}
