/** Reading a file no further than it may go, whatever it says of its size: it may be a pipe, or grow meanwhile. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type Bytes, concatAll } from "../../encoding/bytes.ts";

const CHUNK_BYTES = 65_536;

/** The rest of an open file; null as soon as it is known to have more bytes than that. */
export async function readHandleAtMost(handle: FileHandle, maxBytes: number): Promise<Bytes | null> {
  if ((await handle.stat()).size > maxBytes) return null;
  const parts: Uint8Array[] = [];
  for (let length = 0; ;) {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(CHUNK_BYTES));
    if (bytesRead === 0) return concatAll(parts);
    length += bytesRead;
    if (length > maxBytes) return null;
    parts.push(buffer.subarray(0, bytesRead));
  }
}

/** The bytes of a file; null if they are more than that. Throws what the file system says. */
export async function readFileAtMost(file: string, maxBytes: number): Promise<Bytes | null> {
  const handle = await open(file, constants.O_RDONLY);
  try {
    return await readHandleAtMost(handle, maxBytes);
  } finally {
    await handle.close();
  }
}
