/** A log in memory, as a witness meets it: its checkpoints, its proofs, and the requests that carry them. */
import { b64, type Bytes, utf8 } from "#countersign/encoding/bytes.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { leafHash, nodeHash, proveConsistency, type ReadHash, rootHash } from "#countersign/tlog/merkle.ts";
import { makeVkey, type Signer, signNote } from "#countersign/tlog/note.ts";

interface Request {
  old: number | string;
  proof: readonly Bytes[];
  checkpoint: string;
}

/** The body of add-checkpoint (tlog-witness). */
export const requestText = ({ old, proof, checkpoint }: Request): string =>
  `old ${old}\n${proof.map((hash) => `${b64(hash)}\n`).join("")}\n${checkpoint}`;

export class WitnessedLog {
  readonly origin: string;
  readonly signers: readonly Signer[];
  readonly #leaves: Bytes[];

  /** Logs whose history differs from leaf `forkedFrom` on have different leaves there, under the same keys. */
  constructor(signers: readonly Signer[], leaves: number, forkedFrom = Number.POSITIVE_INFINITY) {
    this.signers = signers;
    this.origin = signers[0]?.name ?? "";
    this.#leaves = Array.from({ length: leaves }, (_, index) => leafHash(utf8(index < forkedFrom ? `leaf ${index}` : `other ${index}`)));
  }

  readonly #read: ReadHash = ({ level, index }) => {
    if (level > 0)
      return nodeHash(this.#read({ level: level - 1, index: 2 * index }), this.#read({ level: level - 1, index: 2 * index + 1 }));
    const leaf = this.#leaves[index];
    if (leaf === undefined) throw new Error(`no leaf ${index}`);
    return leaf;
  };

  get vkeys(): string[] {
    return this.signers.map(({ name, publicKey }) => makeVkey(name, publicKey));
  }

  root(size: number): Bytes {
    return rootHash(size, this.#read);
  }

  proof(old: number, size: number): Bytes[] {
    return proveConsistency(old, size, this.#read);
  }

  async checkpoint(size: number, signers: readonly Signer[] = this.signers): Promise<string> {
    return await signNote(formatCheckpoint({ origin: this.origin, size, root: this.root(size) }), signers);
  }

  /** What an honest log sends. */
  async request(old: number, size: number): Promise<string> {
    return requestText({ old, proof: this.proof(old, size), checkpoint: await this.checkpoint(size) });
  }
}
