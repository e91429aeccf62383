/** HTTP to a witness: one request, one bounded answer. What it says is read in gate/log/witnessing/witness-round.ts. */
import { readBounded } from "#config/bounded-body.ts";
import { fromUtf8 } from "#countersign/encoding/bytes.ts";
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
    const bytes = await readBounded(response, MAX_ANSWER_BYTES);
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
