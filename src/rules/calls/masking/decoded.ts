/**
 * A text as it reads once its escapes are taken away: what stands in it as `\u0041`, `\/` or `%41` is found by looking for `A`. Each
 * view knows where in the text its characters come from.
 */
export interface DecodedView {
  text: string;
  /** Where in the first text each character begins, and at the end its length; null: it is that text. */
  origin: Int32Array | null;
}

/**
 * Text within text within text: JSON in a string of JSON that is in an address, over and over. An ordinary text has one or two, and what is
 * escaped once more is twice as long; the bound is for a text of which each view takes away a single escape.
 */
const MOST_VIEWS = 12;

const ESCAPED: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const UNICODE_ESCAPE = /\\u([0-9a-fA-F]{4})/y;
const PERCENT_RUN = /(?:%[0-9a-fA-F]{2})+/y;
const CODED = /\\|%[0-9a-fA-F]{2}/g;

/** The least that takes so many bytes of UTF-8, beginning with two. */
const LEAST = [0x80, 0x800, 0x10000];

/** How many bytes the character at `at` takes, and which it is; null where these bytes are no UTF-8 (RFC 3629). Nothing is thrown: a hostile text has a million of those. */
function characterAt(bytes: Uint8Array, at: number): { text: string; length: number } | null {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return { text: String.fromCharCode(lead), length: 1 };
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  let code = lead & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i] ?? 0;
    if ((byte & 0xc0) !== 0x80) return null;
    code = (code << 6) | (byte & 0x3f);
  }
  const isOne = lead >= 0xc2 && lead <= 0xf4 && code >= (LEAST[length - 2] ?? 0) && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isOne ? { text: String.fromCodePoint(code), length } : null;
}

/** The characters of a run of `%XX`; where its bytes are no UTF-8, each byte for itself. */
function ofPercentRun(run: string): { source: string; length: number }[] {
  const bytes = Uint8Array.from({ length: run.length / 3 }, (_, i) => Number.parseInt(run.slice(3 * i + 1, 3 * i + 3), 16));
  const characters: { source: string; length: number }[] = [];
  for (let i = 0; i < bytes.length;) {
    const { text, length } = characterAt(bytes, i) ?? { text: String.fromCharCode(bytes[i] ?? 0), length: 1 };
    characters.push({ source: text, length: 3 * length });
    i += length;
  }
  return characters;
}

function decodedOnce(view: DecodedView): DecodedView | null {
  const { text } = view;
  CODED.lastIndex = 0;
  if (!CODED.test(text)) return null;
  const origin = new Int32Array(text.length + 1);
  const from = (at: number): number => view.origin?.[at] ?? at;
  let out = "";
  let length = 0;
  let at = 0;
  const put = (source: string, place: number, width: number): void => {
    out += source;
    for (let i = 0; i < source.length; i++) origin[length++] = from(width === source.length ? place + i : place);
  };
  CODED.lastIndex = 0;
  for (let coded = CODED.exec(text); coded !== null; coded = CODED.exec(text)) {
    const start = coded.index;
    put(text.slice(at, start), at, start - at);
    at = start;
    if (text[start] === "%") {
      PERCENT_RUN.lastIndex = start;
      for (const one of ofPercentRun(PERCENT_RUN.exec(text)?.[0] ?? "")) {
        put(one.source, at, one.length);
        at += one.length;
      }
    } else {
      UNICODE_ESCAPE.lastIndex = start;
      const unicode = UNICODE_ESCAPE.exec(text)?.[1];
      const plain = ESCAPED[text[start + 1] ?? ""];
      const width = unicode === undefined ? (plain === undefined ? 1 : 2) : 6;
      put(unicode === undefined ? (plain ?? "\\") : String.fromCharCode(Number.parseInt(unicode, 16)), start, width);
      at = start + width;
    }
    CODED.lastIndex = at;
  }
  put(text.slice(at), at, text.length - at);
  origin[length] = from(text.length);
  return { text: out, origin: origin.subarray(0, length + 1) };
}

/** The text as it is, then as it reads once decoded, and again, while there is anything to decode. */
export function* decodedViews(text: string): Generator<DecodedView> {
  let view: DecodedView | null = { text, origin: null };
  for (let i = 0; i < MOST_VIEWS && view !== null; i++) {
    yield view;
    const next: DecodedView | null = decodedOnce(view);
    view = next?.text === view.text ? null : next;
  }
}

/** What in the first text stands for `[start, end)` of a view. */
export const sourceOf = (view: DecodedView, start: number, end: number): { start: number; end: number } => ({
  start: view.origin?.[start] ?? start,
  end: view.origin?.[end] ?? end,
});
