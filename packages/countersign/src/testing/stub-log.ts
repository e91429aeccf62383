/**
 * A log in memory, for receipts that prove nothing: whoever has this package has its key. It is otherwise as a service's own, so that what
 * checks receipts checks these too. Small: every hash is computed anew.
 */
import { b64, b64u, type Bytes, fromB64u, sha256, utf8 } from "../encoding/bytes.ts";
import { leafEntry, type LogRecord, type MembersOf, type RecordKind, type RecordOf, seal, type SealedRecord } from "../documents/record.ts";
import { timestamp } from "../documents/words.ts";
import { formatCheckpoint } from "../tlog/checkpoint.ts";
import { leafHash, nodeHash, proveConsistency, proveInclusion, rootHash, type Subtree } from "../tlog/merkle.ts";
import { makeSigner, makeVkey, signNote } from "../tlog/note.ts";
import { formatProof } from "../tlog/proof.ts";

/** Known to everybody, and so is the public key, which WebCrypto would tell only later. */
const SEED = sha256(utf8("the key of the log of StubCountersign, which proves nothing"));
const PUBLIC_KEY = fromB64u("mUAUDgU8bRYu85StI5JjVW4Mt5t6qoMHatwDrhITVag") ?? new Uint8Array();

export const randomText = (): string => b64u(crypto.getRandomValues(new Uint8Array(32)));

export interface StubLeaf<Kept extends LogRecord> extends SealedRecord<Kept> {
  index: number;
}

export class StubLog {
  readonly origin: string;
  readonly #hashes: Bytes[] = [];

  constructor(origin: string) {
    this.origin = origin;
    const genesis = { origin: `http://${origin.replace(/\/log$/, "")}`, vkey: this.vkey, previous: null };
    this.append("log.genesis", genesis, timestamp(Date.now()));
  }

  /** Seals a record, and appends it. */
  append<Kind extends RecordKind>(kind: Kind, members: MembersOf<Kind>, at: string): StubLeaf<RecordOf<Kind>> {
    const sealed = seal(kind, members, { log: this.origin, at, salt: randomText() });
    this.#hashes.push(leafHash(leafEntry(sealed.record, sealed.salt)));
    return { ...sealed, index: this.#hashes.length - 1 };
  }

  get vkey(): string {
    return makeVkey(this.origin, PUBLIC_KEY);
  }

  /** What gives leaves with their proofs, all under the checkpoint that now is. */
  async prover() {
    const size = this.#hashes.length;
    const checkpoint = await this.checkpoint(size);
    return <Kept extends LogRecord>({ record, salt, index }: StubLeaf<Kept>) => {
      const path = proveInclusion(index, size, this.#read);
      return { record, salt, proof: formatProof({ index, path, checkpoint }) };
    };
  }

  async checkpoint(size = this.#hashes.length): Promise<string> {
    const note = formatCheckpoint({ origin: this.origin, size, root: rootHash(size, this.#read) });
    return await signNote(note, [await makeSigner(this.origin, SEED)]);
  }

  /** What is served below `/log/`; null if there is nothing. */
  async answer(path: string, query: URLSearchParams): Promise<Response | null> {
    switch (path) {
      case "vkey":
        return new Response(`${this.vkey}\n`);
      case "checkpoint":
        return new Response(await this.checkpoint());
      case "proof/consistency": {
        const [from, to] = [Number(query.get("from")), Number(query.get("to"))];
        const isProvable = Number.isSafeInteger(from) && from > 0 && from <= to && to <= this.#hashes.length;
        return isProvable ? Response.json({ consistency: proveConsistency(from, to, this.#read).map(b64) }) : null;
      }
      default:
        return null;
    }
  }

  readonly #read = ({ level, index }: Subtree): Bytes =>
    level === 0
      ? (this.#hashes[index] as Bytes)
      : nodeHash(this.#read({ level: level - 1, index: 2 * index }), this.#read({ level: level - 1, index: 2 * index + 1 }));
}
