/** Files of a bundle that are what its manifest says: each by its size and hash, and no others. */
import { hashing, hex } from "../encoding/bytes.ts";
import { type BundleFiles, bundleLines, readWhole, UnreadableFile } from "./bundle-files.ts";
import { BUNDLE_FILES, type ListedFile, type Manifest, MAX_BUNDLE_DOCUMENT_BYTES } from "./bundle-format.ts";
import { BundleFault } from "./bundle-verdict.ts";

/** Of an entry or enrolment: more than a record with the most decisions has. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

export class CheckedFiles {
  readonly #files: BundleFiles;
  readonly #listed: ReadonlyMap<string, ListedFile>;

  /** Throws if the bundle has other files than the manifest lists. */
  constructor(files: BundleFiles, { files: listed }: Manifest) {
    this.#files = files;
    this.#listed = new Map(listed.map((file) => [file.name, file]));
    const inOrder = listed.every(({ name }, n) => n === 0 || (listed[n - 1] as ListedFile).name < name);
    if (!inOrder)
      throw new BundleFault("manifest_invalid", BUNDLE_FILES.manifest, "Its files are not in the order of their names, each once.");
    const own = new Set<string>([BUNDLE_FILES.manifest, BUNDLE_FILES.note]);
    const there = new Set(files.names.filter((name) => !own.has(name)));
    for (const name of there) if (!this.#listed.has(name)) throw new BundleFault("file_mismatch", name, "The manifest does not list it.");
    for (const name of this.#listed.keys()) {
      if (!there.has(name)) throw new BundleFault("file_mismatch", name, "The manifest lists it, and it is not there.");
    }
  }

  /** Those of one folder. */
  in(folder: "receipts" | "policies"): string[] {
    return [...this.#listed.keys()].filter((name) => name.startsWith(`${folder}/`));
  }

  /** A whole file. */
  async text(name: string, most = MAX_BUNDLE_DOCUMENT_BYTES): Promise<string> {
    const content = await readWhole(this.#checked(name), most);
    if (!content.ok) throw new BundleFault("malformed", name, content.refusal);
    return content.value;
  }

  /** The lines of a file; whether it is the one that is listed is known once the last was given. */
  async *lines(name: string): AsyncGenerator<string> {
    yield* bundleLines(this.#checked(name), MAX_LINE_BYTES);
  }

  /** Reads what nobody has to understand. */
  async check(name: string): Promise<void> {
    for await (const _ of this.#checked(name));
  }

  async *#checked(name: string): AsyncGenerator<Uint8Array> {
    const listed = this.#listed.get(name);
    if (listed === undefined) throw new BundleFault("file_mismatch", name, "It is not there.");
    const [hash, mismatch] = [hashing(), new BundleFault("file_mismatch", name, "It is not the file that the manifest lists.")];
    let size = 0;
    try {
      for await (const chunk of this.#files.read(name)) {
        size += chunk.length;
        if (size > listed.size) throw mismatch;
        hash.add(chunk);
        yield chunk;
      }
    } catch (error) {
      if (error instanceof UnreadableFile) throw new BundleFault("malformed", name, `It cannot be read: ${error.message}.`);
      throw error;
    }
    if (size !== listed.size || hex(hash.end()) !== listed.sha256) throw mismatch;
  }
}
