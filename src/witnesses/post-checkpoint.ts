/** HTTP to a witness: one request, one bounded answer. What it says is read in gate/log/witnessing/witness-round.ts. */
import { concatAll, fromUtf8 } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { NoReply, WitnessReply } from "#gate/log/witnessing/witness-round.ts";

/** For everything, from connecting to the last byte. */
const TIMEOUT_MS = 10_000;
/** Room for a few signature lines of any kind. */
const MAX_ANSWER_BYTES = 16_384;

/** Sends the body of an add-checkpoint request. Redirects are not followed: they are answers like any other. */
export async function postCheckpoint(url: string, body: string): Promise<Result<WitnessReply, NoReply>> {
  // Not AbortSignal.timeout: its timer would keep the log's object in memory, and paid for, until it ends.
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), TIMEOUT_MS);
  const { signal } = giveUp;
  try {
    const headers = { "content-type": "text/plain; charset=utf-8" };
    const response = await fetch(url, { method: "POST", body, headers, redirect: "manual", signal });
    const bytes = await readBounded(response);
    if (bytes === null) return refuse("answer-too-large");
    const text = fromUtf8(bytes);
    if (text === null) return refuse("answer-not-text");
    return accept({ status: response.status, contentType: (response.headers.get("content-type") ?? "").toLowerCase(), body: text });
  } catch {
    return refuse(signal.aborted ? "timed-out" : "unreachable");
  } finally {
    clearTimeout(timer);
  }
}

/** The body; null if it is longer than it may be, and then the rest is not read. */
async function readBounded(response: Response): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) return null;
    chunks.push(chunk);
  }
  return concatAll(chunks);
}
