/**
 * Reads a bundle that is one zip file: the part of the format (APPNOTE 6.3.10) that bundles need, which is stored and deflated files and a
 * directory at the end. Everything that two readers could understand differently is refused: names twice, files over one another, a
 * directory that says otherwise than the files, and whatever unpacks to more than it says.
 */
import { fromUtf8, type Bytes } from "../encoding/bytes.ts";
import { accept, refuse, type Result } from "../result.ts";
import { type BundleFiles, isBundleName, UnreadableFile } from "./bundle-files.ts";
import { MAX_BUNDLE_FILES } from "./bundle-format.ts";

/** The part of the Compression and Streams standards that this file needs; Workers, Node and browsers have it. */
interface Inflating {
  readonly readable: { getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(): Promise<void> } };
  readonly writable: { getWriter(): { write(bytes: Uint8Array): Promise<void>; close(): Promise<void> } };
}
declare const DecompressionStream: new (format: "deflate-raw") => Inflating;

const [END, LISTED, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50];
const [END_LENGTH, LISTED_LENGTH, LOCAL_LENGTH] = [22, 46, 30];
const [STORED, DEFLATED] = [0, 8];
/** Sizes follow the file; names are UTF-8. Whatever else is flagged would be read otherwise. */
const FLAGS = 0x0008 | 0x0800;
/** Of the flags: how hard it was tried to make it small. */
const EFFORT = 0x0006;

interface ZippedFile {
  method: number;
  packed: number;
  unpacked: number;
  /** Where its local header is. */
  at: number;
}

/** `mostBytes`: of all files together, unpacked. Nothing is unpacked before it is asked for. */
export function readZip(zip: Bytes, mostBytes: number): Result<BundleFiles, string> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = zip.length - END_LENGTH;
  if (end < 0 || view.getUint32(end, true) !== END || view.getUint16(end + 20, true) !== 0)
    return refuse("It is not a zip file, or cut off.");
  const count = view.getUint16(end + 10, true);
  const [length, start] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  const isOne = view.getUint32(end + 4, true) === 0 && view.getUint16(end + 8, true) === count;
  if (!isOne || start + length !== end || count > MAX_BUNDLE_FILES) return refuse("Its directory is not that of one zip file.");
  const files = readDirectory(zip, view, { start, end, count });
  if (!files.ok) return files;
  const misplaced = misplacedFile(zip, view, files.value, start);
  if (misplaced !== null) return refuse(misplaced);
  const total = [...files.value.values()].reduce((sum, { unpacked }) => sum + unpacked, 0);
  if (total > mostBytes) return refuse(`It unpacks to more than ${mostBytes} bytes.`);
  return accept({
    names: [...files.value.keys()],
    read: (name) => {
      const file = files.value.get(name);
      if (file === undefined) throw new UnreadableFile(`there is no ${name}`);
      const from = dataOf(view, file);
      return unpack(zip.subarray(from, from + file.packed), file);
    },
  });
}

function readDirectory(
  zip: Bytes,
  view: DataView,
  { start, end, count }: { start: number; end: number; count: number },
): Result<Map<string, ZippedFile>, string> {
  const files = new Map<string, ZippedFile>();
  let at = start;
  for (let n = 0; n < count; n += 1) {
    if (at + LISTED_LENGTH > end || view.getUint32(at, true) !== LISTED) return refuse("Its directory cannot be read.");
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const [packed, unpacked] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const name = nameAt(zip, at + LISTED_LENGTH, view.getUint16(at + 28, true));
    if (name === null || !isBundleName(name)) return refuse("A file in it has a name that no file of a bundle has.");
    if (files.has(name)) return refuse(`It has ${name} twice.`);
    const isKnown = (flags & ~(FLAGS | EFFORT)) === 0 && (method === STORED || method === DEFLATED);
    if (!isKnown || (method === STORED && packed !== unpacked)) return refuse(`${name} is packed in a way that is not read here.`);
    files.set(name, { method, packed, unpacked, at: view.getUint32(at + 42, true) });
    at += LISTED_LENGTH + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return at === end ? accept(files) : refuse("Its directory is longer than what it lists.");
}

const nameAt = (zip: Bytes, at: number, length: number): string | null => fromUtf8(zip.subarray(at, at + length));

const dataOf = (view: DataView, { at }: ZippedFile): number =>
  at + LOCAL_LENGTH + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);

/** What is not where the directory says, or over what comes next; null if all of it is in its place. */
function misplacedFile(zip: Bytes, view: DataView, files: ReadonlyMap<string, ZippedFile>, directory: number): string | null {
  const inOrder = [...files].toSorted(([, one], [, other]) => one.at - other.at);
  for (const [n, [name, file]] of inOrder.entries()) {
    const next = inOrder[n + 1]?.[1].at ?? directory;
    if (file.at + LOCAL_LENGTH > next || view.getUint32(file.at, true) !== LOCAL) return `${name} is not where the directory says.`;
    const ownName = nameAt(zip, file.at + LOCAL_LENGTH, view.getUint16(file.at + 26, true));
    const isSame = ownName === name && view.getUint16(file.at + 8, true) === file.method;
    if (!isSame || dataOf(view, file) + file.packed > next) return `${name} is not what the directory says.`;
  }
  return null;
}

/** Exactly as many bytes as it says, or it throws. */
async function* unpack(data: Uint8Array, { method, unpacked }: ZippedFile): AsyncGenerator<Uint8Array> {
  if (method === STORED) {
    yield data;
    return;
  }
  const inflating = new DecompressionStream("deflate-raw");
  const [writer, reader] = [inflating.writable.getWriter(), inflating.readable.getReader()];
  // What fails here fails in reading too.
  writer.write(data).catch(() => undefined);
  writer.close().catch(() => undefined);
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw new UnreadableFile("it is damaged");
      });
      if (done || value === undefined) break;
      length += value.length;
      if (length > unpacked) throw new UnreadableFile("it unpacks to more than it says");
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  if (length !== unpacked) throw new UnreadableFile("it unpacks to less than it says");
}
