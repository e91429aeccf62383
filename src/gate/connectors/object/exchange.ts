/** One request on its way to the child, until its answer or until nothing more can come: what is heard of it becomes one HTTP answer. */
import { utf8 } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { UpstreamFailure } from "#gate/calls/upstream.ts";
import type { ChildRequest } from "./child-message.ts";

/** `not-written`: certainly not one byte reached the child. `not-known`: it may have, and nothing more is heard. */
export type NoAnswer = "not-written" | "not-known";

const JSON_HEADERS = { "content-type": "application/json", "cache-control": "no-store" };
const STREAM_HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store" };

export const failureOf = (why: NoAnswer): UpstreamFailure => ({ reason: "unreachable", wasSent: why === "not-known" });
export const jsonResponse = (text: string, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(text, { status, headers: { ...JSON_HEADERS, ...headers } });

export class Exchange {
  readonly asked: ChildRequest;
  /** The session in which it was asked: only from there it can be cancelled. */
  readonly session: string | null;
  /** The connector has said that the child has all of it. */
  isWritten = false;
  readonly #first = Promise.withResolvers<Result<Response, UpstreamFailure>>();
  readonly #gone: () => void;
  #stream: ReadableStreamDefaultController<Uint8Array> | null = null;
  #isOver = false;

  /** `gone`: whoever waited for it has left. */
  constructor(asked: ChildRequest, session: string | null, gone: () => void) {
    this.asked = asked;
    this.session = session;
    this.#gone = gone;
  }

  /** Resolves with the first that is heard: the answer, or the stream that begins with what came before it. */
  get response(): Promise<Result<Response, UpstreamFailure>> {
    return this.#first.promise;
  }

  /** Something on the way to the answer. Who reads too slowly misses some of it. */
  tell(text: string): void {
    if (this.#isOver) return;
    if (this.#stream === null) {
      const body = new ReadableStream<Uint8Array>(
        { start: (controller) => void (this.#stream = controller), cancel: () => this.#gone() },
        { highWaterMark: MOST_WAITING },
      );
      this.#first.resolve(accept(new Response(body, { headers: STREAM_HEADERS })));
    }
    if (this.#stream !== null && (this.#stream.desiredSize ?? 0) > 0) this.#stream.enqueue(event(text));
  }

  answer(text: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#stream === null) return this.#first.resolve(accept(jsonResponse(text)));
    this.#stream.enqueue(event(text));
    this.#stream.close();
  }

  /** Nothing more is heard of it. */
  end(why: NoAnswer): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#first.resolve(refuse(failureOf(why)));
    this.#stream?.error(new Error("the connector is gone"));
  }
}

/** Messages of one stream that nobody has read yet. */
const MOST_WAITING = 200;

const event = (text: string): Uint8Array => utf8(`event: message\ndata: ${text.replaceAll(/[\r\n]+/g, " ")}\n\n`);
