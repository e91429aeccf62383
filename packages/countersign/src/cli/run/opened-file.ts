/** A file as it was when it was digested: held open, so that what is run later is this very file, and not another under its name. */
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";

const CHUNK = 1_048_576;
const START = 256;

/** What changes with whatever is written to a file, or to its name. */
interface Identity {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
}

const sameFile = (one: Identity, other: Identity): boolean => one.dev === other.dev && one.ino === other.ino;

const isUntouched = (one: Identity, other: Identity): boolean =>
  sameFile(one, other) && one.size === other.size && one.mtimeNs === other.mtimeNs && one.ctimeNs === other.ctimeNs;

function digestOf(descriptor: number): string {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(CHUNK);
  for (let at = 0, read = -1; read !== 0; at += read) {
    read = readSync(descriptor, chunk, 0, CHUNK, at);
    hash.update(chunk.subarray(0, read));
  }
  return hash.digest("hex");
}

export class OpenedFile {
  readonly descriptor: number;
  /** SHA-256 of all of it, hexadecimal. */
  readonly sha256: string;
  /** Its first bytes. */
  readonly start: Uint8Array;
  readonly #path: string;
  readonly #identity: Identity;

  /** Opens and reads it. Throws what the file system says, and an Error for what is no file. */
  constructor(path: string) {
    this.#path = path;
    this.descriptor = openSync(path, constants.O_RDONLY);
    try {
      this.#identity = fstatSync(this.descriptor, { bigint: true });
      if (!fstatSync(this.descriptor).isFile()) throw new Error(`${path} is no file`);
      const first = new Uint8Array(START);
      this.start = first.subarray(0, readSync(this.descriptor, first, 0, START, 0));
      this.sha256 = digestOf(this.descriptor);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Whether what is held open has the same content still. Its name may lead elsewhere by now. */
  hasSameContent(): boolean {
    return isUntouched(fstatSync(this.descriptor, { bigint: true }), this.#identity) || digestOf(this.descriptor) === this.sha256;
  }

  /** Whether its name leads to it still. */
  hasSameName(): boolean {
    const named = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    return named !== undefined && sameFile(named, this.#identity);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
