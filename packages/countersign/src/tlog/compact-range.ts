/**
 * A tree that grows leaf by leaf and keeps nothing but its right edge: the complete subtrees that its root is made of (RFC 6962,
 * section 2.1). From the edge of a tree, all that is appended to it leads to one root, and to no other.
 */
import type { Bytes } from "../encoding/bytes.ts";
import { EMPTY_ROOT, nodeHash, type ReadHash, rootSubtrees } from "./merkle.ts";

/** The hashes of the complete subtrees that a tree of `size` leaves is made of, from left to right; none of an empty one. */
export const edgeHashes = (size: number, read: ReadHash): Bytes[] => rootSubtrees(size).map(read);

export class CompactRange {
  readonly #peaks: { level: number; hash: Bytes }[];
  #size: number;

  private constructor(size: number, peaks: { level: number; hash: Bytes }[]) {
    this.#size = size;
    this.#peaks = peaks;
  }

  /** The tree of `size` leaves by its edge; null if that is not of as many hashes as such a tree has, of 32 bytes each. */
  static of(size: number, edge: readonly Bytes[]): CompactRange | null {
    const subtrees = rootSubtrees(size);
    if (edge.length !== subtrees.length || edge.some((hash) => hash.length !== 32)) return null;
    return new CompactRange(
      size,
      subtrees.map(({ level }, at) => ({ level, hash: edge[at] as Bytes })),
    );
  }

  get size(): number {
    return this.#size;
  }

  /** Two complete subtrees of one height are one of the next. */
  append(leafHash: Bytes): void {
    let peak = { level: 0, hash: leafHash };
    for (let last = this.#peaks.at(-1); last?.level === peak.level; last = this.#peaks.at(-1)) {
      this.#peaks.pop();
      peak = { level: peak.level + 1, hash: nodeHash(last.hash, peak.hash) };
    }
    this.#peaks.push(peak);
    this.#size += 1;
  }

  root(): Bytes {
    return this.#peaks.length === 0 ? EMPTY_ROOT : this.#peaks.map(({ hash }) => hash).reduceRight((right, left) => nodeHash(left, right));
  }
}
