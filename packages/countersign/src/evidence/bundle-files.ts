/** The files of a bundle, wherever they are, as its verifier reads them. Whoever gives a bundle controls all of it. */
import { concatAll, fromUtf8 } from "../encoding/bytes.ts";
import { refuse, accept, type Result } from "../result.ts";

export interface BundleFiles {
  /** Each once, none of which leads out of the bundle (`isBundleName`). */
  names: readonly string[];
  /** The content of one of these, piece by piece. Throws `UnreadableFile` for what is damaged, or more than it says. */
  read(name: string): AsyncIterable<Uint8Array>;
}

/** What a bundle has that cannot be read: damaged, cut off, or made to be more than it says. */
export class UnreadableFile extends Error {}

/** A name of letters, digits and `._-`, perhaps in one folder: nothing that leads anywhere else on any system. */
export const isBundleName = (name: string): boolean =>
  name.length <= 200 && /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)?[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name);

/** All of a file, or what is wrong with it. What is larger than `most` is not read to its end. */
export async function readWhole(chunks: AsyncIterable<Uint8Array>, most: number): Promise<Result<string, string>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > most) return refuse(`It is larger than ${most} bytes, which none is.`);
    parts.push(chunk);
  }
  const content = fromUtf8(concatAll(parts));
  return content === null ? refuse("It is not UTF-8.") : accept(content);
}

/** The lines of a file, each ended by a newline, of at most `most` bytes. Throws `UnreadableFile` for anything else. */
export async function* bundleLines(chunks: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      const line = fromUtf8(concatAll([...parts, rest.subarray(0, end)]));
      if (line === null || length + end > most) throw new UnreadableFile("a line is not UTF-8, or is longer than any");
      yield line;
      [parts, length, rest] = [[], 0, rest.subarray(end + 1)];
    }
    if (rest.length > 0) parts.push(rest);
    length += rest.length;
    if (length > most) throw new UnreadableFile("a line is longer than any");
  }
  if (length > 0) throw new UnreadableFile("the last line has no end");
}
