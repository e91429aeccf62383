/**
 * The gate's end of a connector: at most one line, over which one child is spoken to. A request is sent once, on the line that there is,
 * and never again on another. Whatever was sent and is not answered when the line, or the child, is gone is not known. Nothing here stays
 * awake by itself: timers run only while something is on its way.
 */
import { CLOSED, type ConnectorFrame, readConnectorFrame, type RunningChild, writeFrame } from "#countersign/connector/frames.ts";
import { parsedObject } from "#countersign/connector/parsed-object.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { isObject } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { UpstreamFailure } from "#gate/calls/upstream.ts";
import { answerFor, cancelledForChild, forChild, type ChildRequest, progressFor } from "./child-message.ts";
import { Exchange, failureOf, type NoAnswer } from "./exchange.ts";
import type { LinePorts, LineSocket } from "./kept-line.ts";

/** So long a connector has to say that it has written something. */
const WRITTEN_MS = 10_000;
/** The longest that a call may take, and a little more: by then whoever asked has given up. */
const MOST_MS = 615_000;
/** Frames within `WINDOW_MS`: of any kind, and of those that belong to nothing that is on its way. */
const WINDOW_MS = 10_000;
const MOST_FRAMES = 2_000;
const MOST_FOREIGN = 100;
/** Of progress that is passed on: what nobody has read yet is kept. */
const MOST_PROGRESS = 65_536;
/** Requests on their way at once. */
const MOST_EXCHANGES = 200;
/** Ids of what is over that are still known: what comes late of it is no flood, or agents that cancel could have the line ended. */
const MOST_OVER = 4_000;

interface OnItsWay {
  exchange: Exchange;
  child: string;
  settle: (() => void)[];
}

export class ConnectorLine {
  readonly #ports: LinePorts;
  /** What the child lists may be another list now. */
  readonly #listChanged: () => void;
  readonly #exchanges = new Map<string, OnItsWay>();
  readonly #over = new Set<string>();
  #window = { fromMs: 0, frames: 0, foreign: 0 };

  constructor(ports: LinePorts, listChanged: () => void) {
    this.#ports = ports;
    this.#listChanged = listChanged;
  }

  /** The child that can be spoken to now; null if none can. */
  child(): RunningChild | null {
    const { line, child, isRevoked } = this.#ports.read();
    return isRevoked || line === null || this.#ports.socket(line) === null ? null : child;
  }

  /** A new line, named `line`. The one before is told that it is replaced, and what was on its way there is not known. */
  open(connector: string, line: string): void {
    const before = this.#current();
    this.#endAll("not-known");
    this.#window = { fromMs: 0, frames: 0, foreign: 0 };
    this.#ports.write({ ...this.#ports.read(), connector, line, since: timestamp(this.#ports.now()), child: null, pins: null });
    before?.close(CLOSED.replaced, "somebody else has connected with this key");
  }

  /** The socket of that line is gone. */
  closed(line: string): void {
    if (this.#ports.read().line !== line) return;
    this.#ports.write({ ...this.#ports.read(), line: null, since: null, child: null, pins: null });
    this.#endAll("not-known");
  }

  /** Ends the line, with what is on its way. */
  end(code: number, why: string): void {
    const socket = this.#current();
    const { line } = this.#ports.read();
    if (line !== null) this.closed(line);
    socket?.close(code, why);
  }

  /** Sends a request to the child, once. Resolves with the first that is heard of it. */
  async send(asked: ChildRequest, session: string | null, child: string, signal: AbortSignal): Promise<Result<Response, UpstreamFailure>> {
    const socket = this.#current();
    if (socket === null || this.child()?.id !== child || this.#exchanges.size >= MOST_EXCHANGES || signal.aborted) {
      return refuse(failureOf("not-written"));
    }
    const id = b64u(this.#ports.random(18));
    const exchange = new Exchange(asked, session, () => this.#cancel(id));
    const message = forChild(asked, id);
    const leave = () => this.#cancel(id);
    signal.addEventListener("abort", leave, { once: true });
    const settle = [
      this.#ports.after(WRITTEN_MS, () => this.#notWrittenInTime(id)),
      this.#ports.after(MOST_MS, leave),
      () => signal.removeEventListener("abort", leave),
    ];
    this.#exchanges.set(id, { exchange, child, settle });
    try {
      socket.send(writeFrame({ is: "send", id, child, message }));
    } catch {
      this.#end(id, "not-written");
    }
    return exchange.response;
  }

  /** What was asked under this id in this session is not waited for any more. Without sessions an id is anybody's: there the exchange ends. */
  cancelAsked(requestId: string | number, session: string): void {
    for (const [id, { exchange }] of this.#exchanges) {
      if (exchange.asked.id === requestId && exchange.session === session) this.#cancel(id);
    }
  }

  /** A frame that came over the socket of that line. */
  hear(line: string, text: string): void {
    if (this.#ports.read().line !== line) return;
    const frame = readConnectorFrame(text);
    if (frame === null) return this.end(CLOSED.unreadable, "that is no frame of a connector");
    if (!this.#counts(this.#take(frame))) this.end(CLOSED.flood, "too many frames");
  }

  /** Whether it is of something that is on its way, or of the child itself. */
  #take(frame: ConnectorFrame): boolean {
    switch (frame.is) {
      case "child": {
        const { id, era, initialized } = frame;
        const { child } = this.#ports.read();
        if (child?.id === id) return false;
        this.#endAll("not-known");
        this.#ports.write({ ...this.#ports.read(), child: { id, era, initialized }, pins: null });
        this.#listChanged();
        return true;
      }
      case "no-child":
        this.#endAll("not-known");
        this.#ports.write({ ...this.#ports.read(), child: null, pins: null });
        return true;
      case "written": {
        const found = this.#exchanges.get(frame.id);
        if (found !== undefined) found.exchange.isWritten = true;
        return found !== undefined || this.#over.has(frame.id);
      }
      case "not-written": {
        const found = this.#exchanges.get(frame.id);
        // Who has said that it is written cannot take that back.
        if (found !== undefined) this.#end(frame.id, found.exchange.isWritten ? "not-known" : "not-written");
        return found !== undefined || this.#over.has(frame.id);
      }
      case "said":
        return this.#said(frame.message);
    }
  }

  #said(text: string): boolean {
    const message = parsedObject(text) as JsonObject | null;
    if (message === null) return false;
    const { id, method, params } = message;
    if (method === undefined) return typeof id === "string" && this.#answered(id, text);
    if (method === "notifications/tools/list_changed") {
      this.#ports.write({ ...this.#ports.read(), pins: null });
      this.#listChanged();
      return false;
    }
    if (method !== "notifications/progress" || !isObject(params) || text.length > MOST_PROGRESS) return false;
    const { progressToken } = params;
    const found = typeof progressToken === "string" ? this.#exchanges.get(progressToken) : undefined;
    const meta = found?.exchange.asked.params["_meta"];
    const token = isObject(meta) ? meta["progressToken"] : undefined;
    if (found === undefined) return typeof progressToken === "string" && this.#over.has(progressToken);
    if (typeof token !== "string" && typeof token !== "number") return false;
    found.exchange.tell(progressFor(token, params));
    return true;
  }

  #answered(id: string, text: string): boolean {
    const found = this.#exchanges.get(id);
    if (found === undefined) return this.#over.has(id);
    const answer = answerFor(found.exchange.asked.id, text);
    this.#forget(id);
    if (answer === null) found.exchange.end("not-known");
    else found.exchange.answer(answer);
    return true;
  }

  #current(): LineSocket | null {
    const { line } = this.#ports.read();
    return line === null ? null : this.#ports.socket(line);
  }

  #notWrittenInTime(id: string): void {
    if (this.#exchanges.get(id)?.exchange.isWritten === false) this.end(CLOSED.silent, "nothing was heard for too long");
  }

  /** Nobody waits for it: the child is told, and what it says of it from now on is nobody's. */
  #cancel(id: string): void {
    const found = this.#exchanges.get(id);
    if (found === undefined) return;
    this.#end(id, "not-known");
    try {
      const notice = { is: "send", id: b64u(this.#ports.random(18)), child: found.child, message: cancelledForChild(id) } as const;
      this.#remember(notice.id);
      this.#current()?.send(writeFrame(notice));
    } catch {
      // The line is gone, and with it whatever could be cancelled.
    }
  }

  #end(id: string, why: NoAnswer): void {
    const found = this.#exchanges.get(id);
    this.#forget(id);
    found?.exchange.end(why);
  }

  #endAll(why: NoAnswer): void {
    for (const id of this.#exchanges.keys()) this.#end(id, why);
  }

  #forget(id: string): void {
    for (const settle of this.#exchanges.get(id)?.settle ?? []) settle();
    if (this.#exchanges.delete(id)) this.#remember(id);
  }

  #remember(id: string): void {
    this.#over.add(id);
    const [oldest] = this.#over;
    if (this.#over.size > MOST_OVER && oldest !== undefined) this.#over.delete(oldest);
  }

  /** Whether so many frames may come. */
  #counts(belongs: boolean): boolean {
    const nowMs = this.#ports.now();
    if (nowMs - this.#window.fromMs >= WINDOW_MS) this.#window = { fromMs: nowMs, frames: 0, foreign: 0 };
    this.#window.frames += 1;
    if (!belongs) this.#window.foreign += 1;
    return this.#window.frames <= MOST_FRAMES && this.#window.foreign <= MOST_FOREIGN;
  }
}

export const NOT_READY: Result<Response, UpstreamFailure> = refuse(failureOf("not-written"));
export const taken = (): Result<Response, UpstreamFailure> => accept(new Response(null, { status: 202 }));
