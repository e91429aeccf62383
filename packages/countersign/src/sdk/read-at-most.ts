/** Reading an answer no further than it may go, whatever length it says of itself. */
import { type Bytes, concatAll } from "../encoding/bytes.ts";

/** The whole body; null, and the connection given up, as soon as it is longer than that. */
export async function readAtMost(response: Response, maxBytes: number): Promise<Bytes | null> {
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = response.body?.getReader();
  const parts: Uint8Array[] = [];
  for (let length = 0; reader !== undefined;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      return null;
    }
    parts.push(value);
  }
  return concatAll(parts);
}
