/** The messages in a server's answer, as JSON or in a stream of events, in bounded bytes. The server writes all of it. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { fromUtf8 } from "#countersign/encoding/bytes.ts";

/** One JSON-RPC message: its text, and what it says. */
export interface ServerSaid {
  text: string;
  message: JsonObject;
}

/** The server has written more than may be read. */
export class TooMuch extends Error {}

/** The message in a text; null if it is none, a batch included. */
function saidIn(text: string): ServerSaid | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof message !== "object" || message === null || Array.isArray(message)) return null;
  return { text, message: message as JsonObject };
}

async function* bounded(body: ReadableStream<Uint8Array>, mostBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new TooMuch("more than may be read");
    yield chunk;
  }
}

/** The data of each event of `text/event-stream`, in order. */
async function* eventsIn(body: ReadableStream<Uint8Array>, mostBytes: number): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let line: string[] = [];
  let data: string[] = [];
  let endedByReturn = false;
  for await (const chunk of bounded(body, mostBytes)) {
    let text = decoder.decode(chunk, { stream: true });
    // Of a line end in two chunks the second half is no line.
    if (endedByReturn && text.startsWith("\n")) text = text.slice(1);
    if (text !== "") endedByReturn = text.endsWith("\r");
    const parts = text.split(/\r\n|\n|\r/);
    for (const [n, part] of parts.entries()) {
      line.push(part);
      if (n === parts.length - 1) continue;
      const whole = line.join("");
      line = [];
      if (whole.startsWith("data:")) data.push(whole.slice(whole.startsWith("data: ") ? 6 : 5));
      else if (whole === "" && data.length > 0) {
        yield data.join("\n");
        data = [];
      }
    }
  }
}

const IS_STREAM = /^text\/event-stream\s*(;|$)/i;

/** Each message, as it comes. What is none is passed over. Throws where the connection breaks, or no text is written, and `TooMuch`. */
export async function* serverMessagesIn(response: Response, mostBytes: number): AsyncGenerator<ServerSaid> {
  const body: ReadableStream<Uint8Array> | null = response.body;
  if (body === null) return;
  if (IS_STREAM.test(response.headers.get("content-type") ?? "")) {
    for await (const text of eventsIn(body, mostBytes)) {
      const said = saidIn(text);
      if (said !== null) yield said;
    }
    return;
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of bounded(body, mostBytes)) chunks.push(new Uint8Array(chunk));
  const text = fromUtf8(new Uint8Array(await new Blob(chunks).arrayBuffer()));
  const said = text === null ? null : saidIn(text);
  if (said !== null) yield said;
}
