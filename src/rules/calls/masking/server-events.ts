/**
 * Server-sent events (WHATWG HTML, section 9.2) taken apart and put together again, so that what a server streams is masked message by
 * message, wherever the network cuts it. Takes bytes, gives events; holds no more than one event, of a bounded size.
 */

/** An event as it was sent, without comments and unknown fields, which mean nothing to a client and could hold anything. */
export interface ServerEvent {
  /** Lines `id`, `event` and `retry`, as they were and in their order. */
  fields: readonly string[];
  /** Its data, lines joined by a line feed; null if it has none. */
  data: string | null;
  /** Of comments alone, which keep a connection alive. */
  isComment: boolean;
}

export interface ServerEventsRead {
  /** The events that are complete, in order. */
  events: ServerEvent[];
  /** Whether the event that follows them is larger than allowed: then nothing is read any more. */
  isTooLarge: boolean;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const KEPT = new Set(["id", "event", "retry"]);

/** The field of a line, and its value without the one space that may stand before it. */
function fieldOf(line: string): { name: string; value: string } {
  const colon = line.indexOf(":");
  if (colon < 0) return { name: line, value: "" };
  return { name: line.slice(0, colon), value: line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1) };
}

/** Reads one stream, from its beginning. */
export class ServerEvents {
  readonly #mostBytes: number;
  /** As clients decode it: what is not UTF-8 becomes U+FFFD, for them and for what is masked. */
  readonly #decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  /** The line that is not complete yet, in one buffer that doubles: a server may send each byte by itself. */
  #line = new Uint8Array(256);
  #lineBytes = 0;
  #eventBytes = 0;
  #isAfterReturn = false;
  #isFirstLine = true;
  #isTooLarge = false;
  #fields: string[] = [];
  #data: string[] | null = null;
  #hasComment = false;

  /** `mostBytes`: of one event, line ends included. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** What is complete with these bytes. */
  push(chunk: Uint8Array): ServerEventsRead {
    const events: ServerEvent[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length && !this.#isTooLarge; at++) {
      const byte = chunk[at];
      const ends = byte === LINE_FEED || byte === CARRIAGE_RETURN;
      if (ends && byte === LINE_FEED && this.#isAfterReturn && at === start && this.#lineBytes === 0) {
        // The second half of one line end.
        start = at + 1;
        this.#isAfterReturn = false;
        continue;
      }
      this.#isAfterReturn = byte === CARRIAGE_RETURN;
      this.#eventBytes++;
      if (this.#eventBytes > this.#mostBytes) this.#isTooLarge = true;
      if (!ends || this.#isTooLarge) continue;
      this.#keep(chunk.subarray(start, at));
      start = at + 1;
      const event = this.#read(this.#takeLine());
      if (event !== null) events.push(event);
    }
    if (!this.#isTooLarge && start < chunk.length) this.#keep(chunk.subarray(start));
    return { events, isTooLarge: this.#isTooLarge };
  }

  /** Whether the stream has ended within an event, which is then none (section 9.2.6). */
  end(): { isCutOff: boolean } {
    return { isCutOff: this.#isTooLarge || this.#lineBytes > 0 || this.#data !== null || this.#fields.length > 0 };
  }

  #keep(piece: Uint8Array): void {
    const length = this.#lineBytes + piece.length;
    if (length > this.#line.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#line.length));
      larger.set(this.#line.subarray(0, this.#lineBytes));
      this.#line = larger;
    }
    this.#line.set(piece, this.#lineBytes);
    this.#lineBytes = length;
  }

  #takeLine(): string {
    const bytes = this.#line.subarray(0, this.#lineBytes);
    this.#lineBytes = 0;
    const isMarked = this.#isFirstLine && BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte);
    this.#isFirstLine = false;
    return this.#decoder.decode(isMarked ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes);
  }

  /** The event that a line completes, which only an empty one does. */
  #read(line: string): ServerEvent | null {
    if (line === "") return this.#dispatch();
    const { name, value } = fieldOf(line);
    if (name === "") this.#hasComment = true;
    else if (name === "data") (this.#data ??= []).push(value);
    else if (KEPT.has(name)) this.#fields.push(line);
    return null;
  }

  #dispatch(): ServerEvent | null {
    const event = { fields: this.#fields, data: this.#data?.join("\n") ?? null, isComment: false };
    const isEmpty = event.data === null && event.fields.length === 0;
    const isComment = isEmpty && this.#hasComment;
    this.#fields = [];
    this.#data = null;
    this.#hasComment = false;
    this.#eventBytes = 0;
    return isEmpty && !isComment ? null : { ...event, isComment };
  }
}

/** An event as text, `data` in the place of its own. A line break in data is one in the text, as JSON has them between its parts. */
export function writeServerEvent({ fields, isComment }: ServerEvent, data: string | null): string {
  const lines = isComment ? [":"] : [...fields];
  if (data !== null) lines.push(...data.split(/\r\n|\n|\r/).map((line) => `data: ${line}`));
  return `${lines.join("\n")}\n\n`;
}
