/**
 * The Merkle tree of RFC 6962 with SHA-256: roots, inclusion and consistency, making and verifying.
 * Merkle maths only: where hashes are kept is tile.ts, signing is note.ts. Everything is synchronous.
 * Sizes and indices are safe integers, so there are no bit operations (those end at 2^32).
 */
import { type Bytes, concat, equal, sha256, utf8 } from "../encoding/bytes.ts";

/** Hashes in a proof of consistency; no tree of a safe integer's size needs more. */
const MAX_PATH = 54;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The root of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Bytes = sha256(utf8(""));

/** SHA-256(0x00 ‖ entry) (RFC 6962, section 2.1). */
export const leafHash = (entry: Uint8Array): Bytes => sha256(concat(LEAF, entry));

const isHash = (bytes: Uint8Array): boolean => bytes.length === 32;

/** Throws for what cannot be the number of a tree's leaves: with another one the loops below would have no end. */
export function demandSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`not a number of leaves: ${size}`);
}

/** SHA-256(0x01 ‖ left ‖ right) (RFC 6962, section 2.1). Throws if one is no hash: other lengths could be divided in more than one way. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  if (!isHash(left) || !isHash(right)) throw new RangeError("a hash is 32 bytes");
  return sha256(concat(NODE, left, right));
}

/** A complete subtree: the 2^level leaves from leaf index · 2^level on. Its hash never changes. */
export interface Subtree {
  level: number;
  index: number;
}

/** The hash of a complete subtree that lies in the tree. Throws if it is not at hand: whoever asks has fetched it before. */
export type ReadHash = (subtree: Subtree) => Bytes;

/** The leaves from `start` up to, but not including, `end`; as RFC 6962 divides trees, `start` is a multiple of a fitting power of two. */
interface Leaves {
  start: number;
  end: number;
}

/** The largest power of two that is at most `count`; exact, unlike a logarithm. */
function powerOfTwoWithin(count: number): { level: number; power: number } {
  let level = 0;
  let power = 1;
  while (power * 2 <= count) {
    power *= 2;
    level += 1;
  }
  return { level, power };
}

/** Where RFC 6962 divides a tree of `count` leaves, at least 2: the largest power of two below `count`. */
const split = (count: number): number => powerOfTwoWithin(count - 1).power;

/** The complete subtrees that make up `leaves`, from left to right. */
function completeSubtrees({ start, end }: Leaves): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let next = start; next < end;) {
    const { level, power } = powerOfTwoWithin(end - next);
    subtrees.push({ level, index: next / power });
    next += power;
  }
  return subtrees;
}

/** The root over adjacent subtrees, folded from the right as RFC 6962 nests them. */
function fold(hashes: Bytes[]): Bytes {
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

const hashOf = (leaves: Leaves, read: ReadHash): Bytes => fold(completeSubtrees(leaves).map(read));

/** MTH(D[0:size]) (RFC 6962, section 2.1). */
export function rootHash(size: number, read: ReadHash): Bytes {
  demandSize(size);
  return size === 0 ? EMPTY_ROOT : hashOf({ start: 0, end: size }, read);
}

/** PATH(index, D[0:size]) as ranges of leaves, the leaf's sibling first (RFC 6962, section 2.1.1). */
function inclusionRanges(index: number, size: number): Leaves[] {
  demandSize(size);
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size)) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  const path: Leaves[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + split(end - start);
    if (index < middle) {
      path.unshift({ start: middle, end });
      end = middle;
    } else {
      path.unshift({ start, end: middle });
      start = middle;
    }
  }
  return path;
}

/** PROOF(oldSize, D[0:size]) as ranges of leaves (RFC 6962, section 2.1.2); empty from size 0, and between equal sizes. */
function consistencyRanges(oldSize: number, size: number): Leaves[] {
  demandSize(size);
  if (!(Number.isSafeInteger(oldSize) && oldSize >= 0 && oldSize <= size))
    throw new RangeError(`a tree of ${size} cannot extend one of ${oldSize}`);
  if (oldSize === 0 || oldSize === size) return [];
  const path: Leaves[] = [];
  let [start, end] = [0, size];
  while (end !== oldSize) {
    const middle = start + split(end - start);
    if (oldSize <= middle) {
      path.unshift({ start: middle, end });
      end = middle;
    } else {
      path.unshift({ start, end: middle });
      start = middle;
    }
  }
  // A verifier knows the old root already, so the old tree's own hash is left out.
  if (start > 0) path.unshift({ start, end });
  return path;
}

/** The complete subtrees whose hashes rootHash will read. */
export function rootSubtrees(size: number): Subtree[] {
  demandSize(size);
  return completeSubtrees({ start: 0, end: size });
}

/** The complete subtrees whose hashes proveInclusion will read. */
export const inclusionSubtrees = (index: number, size: number): Subtree[] => inclusionRanges(index, size).flatMap(completeSubtrees);

/** The complete subtrees whose hashes proveConsistency will read. */
export const consistencySubtrees = (oldSize: number, size: number): Subtree[] => consistencyRanges(oldSize, size).flatMap(completeSubtrees);

/** The audit path of leaf `index` in the tree of `size` leaves, the leaf's sibling first (RFC 6962, section 2.1.1). */
export const proveInclusion = (index: number, size: number, read: ReadHash): Bytes[] =>
  inclusionRanges(index, size).map((leaves) => hashOf(leaves, read));

/** Proof that the tree of `size` leaves extends the one of `oldSize` (RFC 6962, section 2.1.2). */
export const proveConsistency = (oldSize: number, size: number, read: ReadHash): Bytes[] =>
  consistencyRanges(oldSize, size).map((leaves) => hashOf(leaves, read));

const half = (position: number): number => Math.floor(position / 2);
const isOdd = (position: number): boolean => position % 2 === 1;

/** A way from a leaf to the root: `node` on one side and `last`, the right edge, on the other, both at the same height. */
interface Climb {
  node: number;
  last: number;
}

/** Up one level; then on through levels where the right edge has no sibling. */
function climb(at: Climb, cameFromTheRight: boolean): void {
  while (cameFromTheRight && !isOdd(at.node) && at.node !== 0) {
    at.node = half(at.node);
    at.last = half(at.last);
  }
  at.node = half(at.node);
  at.last = half(at.last);
}

export interface Inclusion {
  leafHash: Uint8Array;
  index: number;
  size: number;
  /** The root the caller trusts, of the tree of `size` leaves. */
  root: Uint8Array;
  path: readonly Uint8Array[];
}

/** One level up: what was hashed with what lay below, on which side it stood, and what came of it. */
export interface PathStep {
  sibling: Uint8Array;
  siblingIsLeft: boolean;
  hash: Uint8Array;
}

/**
 * The way from the leaf at `index` up to a root, whichever that is (RFC 9162, section 2.1.3.2); empty in a tree of one leaf.
 * Null if the path does not fit a tree of `size` leaves, or anything in it is not 32 bytes.
 */
export function pathSteps({ leafHash: leaf, index, size, path }: Omit<Inclusion, "root">): PathStep[] | null {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size || !isHash(leaf)) return null;
  const at: Climb = { node: index, last: size - 1 };
  const steps: PathStep[] = [];
  let hash = leaf;
  for (const sibling of path) {
    if (at.last === 0 || !isHash(sibling)) return null;
    const siblingIsLeft = isOdd(at.node) || at.node === at.last;
    hash = siblingIsLeft ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
    steps.push({ sibling, siblingIsLeft, hash });
    climb(at, siblingIsLeft);
  }
  return at.last === 0 ? steps : null;
}

/** Whether the leaf stands at `index` under `root`. Any path, index or hash that does not fit is a no. */
export function verifyInclusion({ root, ...claim }: Inclusion): boolean {
  const steps = pathSteps(claim);
  return steps !== null && equal(steps.at(-1)?.hash ?? claim.leafHash, root);
}

export interface Consistency {
  oldSize: number;
  oldRoot: Uint8Array;
  size: number;
  root: Uint8Array;
  path: readonly Uint8Array[];
}

/**
 * Whether the tree under `root` begins with all leaves of the one under `oldRoot` (RFC 9162, section 2.1.4.2).
 * Between equal sizes the path must be empty and the roots equal; the root of size 0 is that of no leaves. From size 0 to a
 * larger one the path must be empty too, as tlog-witness wants it, and `root` may be any: every tree begins with no leaves.
 */
export function verifyConsistency({ oldSize, oldRoot, size, root, path }: Consistency): boolean {
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(size) || oldSize < 0 || oldSize > size) return false;
  if (!isHash(oldRoot) || !isHash(root) || path.length > MAX_PATH || !path.every(isHash)) return false;
  if (oldSize === 0 && !equal(oldRoot, EMPTY_ROOT)) return false;
  if (oldSize === size) return path.length === 0 && equal(oldRoot, root);
  if (oldSize === 0) return path.length === 0;
  const oldTreeIsComplete = powerOfTwoWithin(oldSize).power === oldSize;
  const [first, ...rest] = oldTreeIsComplete ? [oldRoot, ...path] : path;
  if (first === undefined) return false;

  const at: Climb = { node: oldSize - 1, last: size - 1 };
  while (isOdd(at.node)) climb(at, false);
  let [oldHash, hash] = [first, first];
  for (const sibling of rest) {
    if (at.last === 0) return false;
    const siblingIsLeft = isOdd(at.node) || at.node === at.last;
    if (siblingIsLeft) oldHash = nodeHash(sibling, oldHash);
    hash = siblingIsLeft ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
    climb(at, siblingIsLeft);
  }
  return at.last === 0 && equal(oldHash, oldRoot) && equal(hash, root);
}
