/** The lines of a stream, each in one piece; what is longer than anything that is passed on is told as too long, once. */

/** Bytes: more than any answer that a gate passes on, and less than a socket takes in one piece. */
export const MOST_LINE = 25_165_824;

export class BoundedLines {
  readonly #line: (text: string) => void;
  readonly #tooLong: () => void;
  readonly #decoder = new TextDecoder();
  #parts: string[] = [];
  #length = 0;
  #isOver = false;

  constructor(line: (text: string) => void, tooLong: () => void) {
    this.#line = line;
    this.#tooLong = tooLong;
  }

  push(chunk: Uint8Array): void {
    if (this.#isOver) return;
    const [first = "", ...rest] = this.#decoder.decode(chunk, { stream: true }).split("\n");
    this.#keep(first);
    for (const part of rest) {
      const text = this.#parts.join("").trim();
      [this.#parts, this.#length] = [[], 0];
      if (text !== "") this.#line(text);
      this.#keep(part);
    }
  }

  #keep(part: string): void {
    this.#parts.push(part);
    this.#length += Buffer.byteLength(part);
    if (this.#length <= MOST_LINE) return;
    this.#isOver = true;
    this.#parts = [];
    this.#tooLong();
  }
}
