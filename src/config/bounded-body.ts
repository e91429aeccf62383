/** The body of an answer from outside, which may be longer than anybody wants to read. */
import { type Bytes, concatAll } from "#countersign/encoding/bytes.ts";

/** The body; null if it is longer than `mostBytes`, and then the rest is not read. Throws where the connection breaks. */
export async function readBounded(response: Response, mostBytes: number): Promise<Bytes | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > mostBytes) return null;
    chunks.push(chunk);
  }
  return concatAll(chunks);
}
