/** One answer of an MCP server to one request of the gate's own, as JSON or in a stream of events, in bounded bytes. The server writes all of it. */
import { fromUtf8 } from "#countersign/encoding/bytes.ts";
import { readBounded } from "#config/bounded-body.ts";

/** What may still be read; what is read is taken off. */
export interface ByteBudget {
  left: number;
}

/** `too-large`: the budget is spent. Not an answer: it is no message to this request, or not text. */
export type AnswerRead = { is: "answer"; text: string; message: Record<string, unknown> } | { is: "too-large" } | { is: "no-answer" };

/** The message if it answers the request of that id. */
function answerTo(id: number, text: string): Record<string, unknown> | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof message !== "object" || message === null || Array.isArray(message)) return null;
  const known = message as Record<string, unknown>;
  return known["id"] === id && ("result" in known || "error" in known) ? known : null;
}

/** The data of each event, in order. Throws where the connection breaks, and RangeError once the budget is spent. */
async function* eventsOf(body: ReadableStream<Uint8Array>, budget: ByteBudget): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let line = "";
  let data: string[] = [];
  let endedByReturn = false;
  for await (const chunk of body) {
    budget.left -= chunk.length;
    if (budget.left < 0) throw new RangeError("more than may be read");
    let text = decoder.decode(chunk, { stream: true });
    // Of a line end in two chunks the second half is no line.
    if (endedByReturn && text.startsWith("\n")) text = text.slice(1);
    if (text !== "") endedByReturn = text.endsWith("\r");
    const lines = (line + text).split(/\r\n|\n|\r/);
    line = lines.pop() ?? "";
    for (const one of lines) {
      if (one.startsWith("data:")) data.push(one.slice(one.startsWith("data: ") ? 6 : 5));
      if (one !== "" || data.length === 0) continue;
      yield data.join("\n");
      data = [];
    }
  }
}

async function inStream(body: ReadableStream<Uint8Array>, id: number, budget: ByteBudget): Promise<AnswerRead> {
  try {
    // Leaving the loop cancels the stream. What a server asks or tells meanwhile is for a client that the gate is not.
    for await (const text of eventsOf(body, budget)) {
      const message = answerTo(id, text);
      if (message !== null) return { is: "answer", text, message };
    }
    return { is: "no-answer" };
  } catch (error) {
    if (error instanceof RangeError && budget.left < 0) return { is: "too-large" };
    throw error;
  }
}

/** Reads the answer to the request of that id. Throws where the connection breaks. */
export async function readAnswer(response: Response, id: number, budget: ByteBudget): Promise<AnswerRead> {
  const type = response.headers.get("content-type") ?? "";
  if (/^text\/event-stream\s*(;|$)/i.test(type) && response.body !== null) {
    return inStream(response.body as ReadableStream<Uint8Array>, id, budget);
  }
  const bytes = await readBounded(response, budget.left);
  if (bytes === null) return { is: "too-large" };
  budget.left -= bytes.length;
  const text = fromUtf8(bytes);
  const message = text === null ? null : answerTo(id, text);
  return text === null || message === null ? { is: "no-answer" } : { is: "answer", text, message };
}
