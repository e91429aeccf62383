/**
 * Where an operator's pattern matches, in time that grows with the text alone. RE2 finds one match in such time; finding all of them
 * can read the rest of the text once for each (`a.*b|a` over many a's). So what is read is counted, and a text that takes more is
 * masked whole.
 */
import type { Work } from "./json-text.ts";

/** A part of re2js: loaded only where a pattern is used, since it is as large as a tenth of the Worker. */
interface Found {
  find(): boolean;
  start(): number;
  end(): number;
}
export interface Pattern {
  test(text: string): boolean;
  matcher(text: string): Found;
}

/** How often each character may be read, and how many besides: several times what patterns take that do not look far ahead. */
const READS_A_CHARACTER = 24;
const READS_BESIDES = 4_096;

class TooMuchRead extends Error {}

/** A text that counts what is read of it. To re2js, text is whatever is a String. */
class CountedText extends String {
  readonly #text: string;
  readonly #work: Work;
  #left: number;

  constructor(text: string, work: Work) {
    super(text);
    this.#text = text;
    this.#work = work;
    this.#left = READS_A_CHARACTER * text.length + READS_BESIDES;
  }

  #read(characters: number): void {
    this.#work.steps += characters;
    this.#left -= characters;
    if (this.#left < 0) throw new TooMuchRead();
  }

  override charCodeAt(index: number): number {
    this.#read(1);
    return this.#text.charCodeAt(index);
  }

  override codePointAt(index: number): number | undefined {
    this.#read(1);
    return this.#text.codePointAt(index);
  }

  override indexOf(searched: string, from = 0): number {
    const found = this.#text.indexOf(searched, from);
    this.#read((found < 0 ? this.length : found) - from + 1);
    return found;
  }
}

/** Every match, from left to right; all of the text if finding them takes too much. Empty matches are none. */
export function matchesOf(pattern: Pattern, text: string, work: Work): { start: number; end: number }[] {
  const matches: { start: number; end: number }[] = [];
  work.steps += text.length;
  if (!pattern.test(text)) return matches;
  try {
    const found = pattern.matcher(new CountedText(text, work) as unknown as string);
    while (found.find()) if (found.start() < found.end()) matches.push({ start: found.start(), end: found.end() });
    return matches;
  } catch (error) {
    if (error instanceof TooMuchRead) return [{ start: 0, end: text.length }];
    throw error;
  }
}
