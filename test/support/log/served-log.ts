/** A log in memory: its tree tiled, its checkpoints signed, and read over HTTP through the same rules as the service's own. */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import { leafEntry, type SealedRecord } from "#countersign/documents/record.ts";
import { type ProofReader, readConsistency } from "#gate/log/reading/log-proofs.ts";
import { readTile } from "#gate/log/reading/log-tiles.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { inclusionSubtrees, leafHash, proveInclusion, rootHash, rootSubtrees, type Subtree } from "#countersign/tlog/merkle.ts";
import { makeVkey, type Signer, signNote } from "#countersign/tlog/note.ts";
import { formatProof } from "#countersign/tlog/proof.ts";
import { readHashFrom, tilesOf } from "#countersign/tlog/tile.ts";
import { problemAnswer, type StubAnswer, type StubRequest } from "../service/stub-service.ts";
import { TiledTree } from "./tiled-tree.ts";

export class ServedLog {
  readonly origin: string;
  /** Who signs from now on, all of them; the last one's key is the newest. */
  signers: readonly Signer[];
  /** What `/log/keys` lists. */
  keyItems: unknown[] = [];
  readonly #entries: Bytes[] = [];
  readonly #tree = new TiledTree();

  constructor(origin: string, ...signers: Signer[]) {
    this.origin = origin;
    this.signers = signers;
  }

  get size(): number {
    return this.#tree.tree.size;
  }

  get vkey(): string {
    return makeVkey(this.origin, this.signers.at(-1)?.publicKey ?? new Uint8Array());
  }

  append(...entries: Bytes[]): this {
    this.#entries.push(...entries);
    this.#tree.append(entries.map(leafHash));
    return this;
  }

  /** Appends entries that are made of `label` and their index, until there are `size`. */
  growTo(size: number, label = 1): this {
    const entryAt = (index: number): Bytes => {
      const entry = new Uint8Array(33).fill(label);
      new DataView(entry.buffer).setUint32(29, index);
      return entry;
    };
    return this.append(...Array.from({ length: size - this.size }, (_, i) => entryAt(this.size + i)));
  }

  #hashes(subtrees: Subtree[]) {
    return readHashFrom(this.#tree.read(tilesOf(subtrees)));
  }

  root(size = this.size): Bytes {
    return rootHash(size, this.#hashes(rootSubtrees(size)));
  }

  /** The checkpoint of that size, as these would sign it now. */
  checkpoint({ size = this.size, signers = this.signers }: { size?: number; signers?: readonly Signer[] } = {}): Promise<string> {
    return signNote(formatCheckpoint({ origin: this.origin, size, root: this.root(size) }), signers);
  }

  /** Appends a record, and gives it with its proof under the checkpoint that then is. */
  async seal({ record, salt }: SealedRecord, signers: readonly Signer[] = this.signers) {
    const index = this.append(leafEntry(record, salt)).size - 1;
    return { index, record, salt, proof: await this.proof(index, signers) };
  }

  /** The proof of the leaf at `index` under the checkpoint that now is. */
  async proof(index: number, signers: readonly Signer[] = this.signers): Promise<string> {
    const path = proveInclusion(index, this.size, this.#hashes(inclusionSubtrees(index, this.size)));
    return formatProof({ index, path, checkpoint: await this.checkpoint({ signers }) });
  }

  /** What the service answers to `GET /log/…`. */
  async answer({ path }: Pick<StubRequest, "path">): Promise<StubAnswer> {
    const { pathname, searchParams } = new URL(path, "http://log");
    const asked = pathname.replace(/^\/log\//, "");
    const log = { checkpoint: () => this.checkpoint() };
    const reader: ProofReader = {
      readTiles: (addresses) => Promise.resolve(this.#tree.read(addresses)),
      readEntries: (first, count) => Promise.resolve(this.#entries.slice(first, first + count)),
      findLeafHash: () => Promise.resolve(null),
    };
    if (asked === "checkpoint") return { body: await log.checkpoint() };
    if (asked === "vkey") return { body: `${this.vkey}\n` };
    if (asked === "keys") return { body: { items: this.keyItems } };
    if (asked === "proof/consistency") {
      const query = Object.fromEntries([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]));
      const proof = await readConsistency(query, { log, reader });
      return proof.ok ? { body: proof.value } : problemAnswer(404, "not_found");
    }
    const bytes = await readTile(asked, { log, reader });
    return bytes === null ? problemAnswer(404, "not_found") : { body: bytes };
  }
}
