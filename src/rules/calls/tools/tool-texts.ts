/**
 * What in a tool's own texts is not meant for people: they are read by a model as if the operator had written them. Marks what reads
 * like an instruction, hides something, or speaks of other tools. It decides nothing: an admin reads it beside the difference to sign.
 * Anybody who knows these rules can write around them (docs/threat-model.md); what is pinned is the text itself.
 */
import { type JsonObject, type JsonValue, placeBelow } from "#countersign/json/canonical-json.ts";
import { displaySegments } from "#countersign/text/display-text.ts";
import { visibleSegment } from "#countersign/text/visible-segment.ts";
import { mixture } from "../secrets/random-looking.ts";
import { INSTRUCTIONS } from "./tool-instructions.ts";

export type ToolTextCode =
  | "hidden_characters"
  | "bidirectional_characters"
  | "control_characters"
  | "instruction"
  | "secrecy"
  | "asks_for_secrets"
  | "other_tool"
  | "link_with_placeholder"
  | "encoded_text"
  | "very_long";

export interface ToolTextFinding {
  /** A path from `$`, the definition. */
  place: string;
  what: ToolTextCode;
  /** What stands there, as it can be shown: nothing of it hidden, and cut. */
  text: string;
}

/** Members of a definition that a model may be shown (tool-pin.ts pins the same). */
const TEXTS = ["name", "title", "description", "inputSchema", "outputSchema", "annotations", "_meta"];

/** A class of characters by their code points, each alone or the first and last of several. */
const characters = (...ranges: readonly (readonly [first: number, last?: number])[]): string =>
  ranges.map((range) => range.map((one) => `\\u{${(one ?? 0).toString(16)}}`).join("-")).join("");

const TAGS = new RegExp(`[${characters([0xe0000, 0xe007f])}]+`, "gu");
/** England, Scotland and Wales. */
const FLAGS =
  /\u{1f3f4}(?:\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f})/gu;
/** Fillers, zero widths, variation selectors but those of emoji, marks of music and of annotations. */
const NOT_SEEN = characters(
  ...([[0xad], [0x34f], [0x115f, 0x1160], [0x17b4, 0x17b5], [0x180b, 0x180f], [0x200b], [0x2060, 0x2064], [0x206a, 0x206f]] as const),
  ...([[0x3164], [0xfe00, 0xfe0d], [0xfeff], [0xffa0], [0xfff9, 0xfffb], [0x1d173, 0x1d17a], [0xe0100, 0xe01ef]] as const),
);
const INVISIBLE = new RegExp(`[${NOT_SEEN}]+`, "gu");
const ZERO_WIDTH_JOINERS = characters([0x200c, 0x200d]);
/** Within scripts and emoji they are at home; beside letters of ASCII, or several, they are not. */
const JOINERS = new RegExp(
  `[${ZERO_WIDTH_JOINERS}${characters([0xfe0e, 0xfe0f])}]{2,}|(?<=[\\x20-\\x7e])[${ZERO_WIDTH_JOINERS}]|[${ZERO_WIDTH_JOINERS}](?=[\\x20-\\x7e])`,
  "gu",
);
const BIDIRECTIONAL = /[\u202a-\u202e\u2066-\u2069\u061c\u200e\u200f]+/g;
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ue000-\uf8ff\u{f0000}-\u{10ffff}]+/gu;

const LINK = /\bhttps?:\/\/[^\s"'<>)\]]{1,500}/gi;
const PLACEHOLDER = /\{[^}]{0,60}\}?|\$\w|%s|<\w{1,40}>|[?&][\w-]{1,40}=(?:[.]{3}|$)|\[[\w ]{1,40}\]/;
/** An address that goes on with what the model is to put there. */
const PLACEHOLDER_AFTER = /^(?:<\w{1,40}>|\[[\w ]{1,40}\]|\{)/;
const IMAGE = /!\[[^\]]{0,200}\]\(\s{0,8}https?:/gi;
const BASE64_RUN = /[A-Za-z0-9+/_-]{40,}={0,2}/g;
const HEX_RUN = /\b(?:0x)?[0-9a-fA-F]{48,}\b/g;
const ESCAPE_RUN = /(?:%[0-9a-fA-F]{2}){6,}|(?:\\u[0-9a-fA-F]{4}){4,}|(?:\\x[0-9a-fA-F]{2}){6,}|(?:&#x?[0-9a-fA-F]{2,6};){4,}/g;

/** Longer than descriptions that people write. */
const LONG_TEXT = 4_000;
const LONGEST_EXCERPT = 160;
const MOST_FINDINGS = 100;

/** Everything hidden in a cut of a text is shown by its code. */
const shown = (text: string): string => displaySegments(text.slice(0, LONGEST_EXCERPT)).map(visibleSegment).join("");
const around = (text: string, start: number, length: number): string =>
  shown(text.slice(Math.max(0, start - 30), start + Math.min(length, 100) + 30));

type Found = readonly [what: ToolTextCode, start: number, length: number];

const matches = (what: ToolTextCode, text: string, pattern: RegExp): Found[] =>
  Array.from(text.matchAll(pattern), ({ index, 0: { length } }): Found => [what, index, length]);

function hidden(text: string): Found[] {
  const flags = matches("hidden_characters", text, FLAGS);
  const isOfFlag = (start: number): boolean => flags.some(([, from, length]) => from <= start && start < from + length);
  return [
    ...matches("hidden_characters", text, TAGS).filter(([, start]) => !isOfFlag(start)),
    ...[INVISIBLE, JOINERS].flatMap((pattern) => matches("hidden_characters", text, pattern)),
    ...matches("bidirectional_characters", text, BIDIRECTIONAL),
    ...matches("control_characters", text, CONTROL),
  ];
}

/** As a model reads it: nothing hidden between letters, one space between words, wide and styled letters as plain ones. */
const plain = (text: string): string =>
  text
    .normalize("NFKC")
    .replaceAll(TAGS, (tags) => Array.from(tags, (tag) => String.fromCharCode((tag.codePointAt(0) ?? 0) - 0xe0000)).join(""))
    .replaceAll(INVISIBLE, "")
    .replaceAll(BIDIRECTIONAL, "")
    .replaceAll(new RegExp(`[${ZERO_WIDTH_JOINERS}]`, "gu"), "")
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/[\s*_`]+/g, " ")
    .toLowerCase();

function instructions(text: string): Found[] {
  const read = plain(text);
  return INSTRUCTIONS.flatMap(({ what, pattern }) => {
    const match = pattern.exec(read);
    return match === null ? [] : [[what, match.index, match[0].length] as const];
  });
}

const NAME_IN_TEXT = /[A-Za-z0-9_./-]+/g;
const isMadeUp = (name: string): boolean => /[_./-]|[a-z][A-Z]/.test(name);

/** Names of other tools: those that no prose has, and everyday words where they are called tools. */
function otherTools(text: string, others: ReadonlySet<string>): Found[] {
  return Array.from(text.matchAll(NAME_IN_TEXT)).flatMap(({ index, 0: word }): Found[] => {
    const name = word.replace(/[./-]+$/, "");
    if (!others.has(name)) return [];
    const beside = `${text.slice(Math.max(0, index - 12), index)} ${text.slice(index + name.length, index + name.length + 8)}`;
    const isNamed = /[`'"“”]\s|tool\b|call(?:ing)? |function\b/i.test(beside);
    return isMadeUp(name) || isNamed ? [["other_tool", index, name.length]] : [];
  });
}

function links(text: string): Found[] {
  const found = matches("link_with_placeholder", text, LINK).filter(
    ([, start, length]) =>
      PLACEHOLDER.test(text.slice(start, start + length)) || PLACEHOLDER_AFTER.test(text.slice(start + length, start + length + 60)),
  );
  return [...found, ...matches("link_with_placeholder", text, IMAGE)];
}

/** Base64 is too mixed for words; a path or a long name is not. */
const encoded = (text: string): Found[] => [
  ...matches("encoded_text", text, BASE64_RUN).filter(([, start, length]) => {
    const { changes, kinds } = mixture(text.slice(start, start + length));
    return changes > 0.3 && kinds[0] > 0 && kinds[1] > 0;
  }),
  ...matches("encoded_text", text, HEX_RUN),
  ...matches("encoded_text", text, ESCAPE_RUN),
];

function inText(text: string, place: string, others: ReadonlySet<string>): ToolTextFinding[] {
  const long: ToolTextFinding[] = text.length > LONG_TEXT ? [{ place, what: "very_long", text: shown(text) }] : [];
  const asWritten = [hidden(text), otherTools(text, others), links(text), encoded(text)].flat();
  const read = plain(text);
  return [
    ...asWritten.map(([what, start, length]) => ({ place, what, text: around(text, start, length) })),
    ...instructions(text).map(([what, start, length]) => ({ place, what, text: around(read, start, length) })),
    ...long,
  ];
}

/** Every text below a value, names of members too, with its place. */
function* textsOf(value: JsonValue, place: string): Generator<readonly [place: string, text: string]> {
  if (typeof value === "string") yield [place, value];
  if (typeof value !== "object" || value === null) return;
  for (const [step, member] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    const below = placeBelow(place, step);
    if (typeof step === "string") yield [below, step];
    yield* textsOf(member, below);
  }
}

/**
 * What an admin should look at before accepting a tool, in the order of its texts: of each place, what it is once. `otherToolNames`
 * are those of this server's other tools and of other servers.
 */
export function scanToolTexts(definition: JsonObject, otherToolNames: readonly string[]): ToolTextFinding[] {
  const others = new Set(otherToolNames.filter((name) => name !== definition["name"]));
  const findings = new Map<string, ToolTextFinding>();
  for (const member of TEXTS) {
    for (const [place, text] of textsOf(definition[member] ?? null, `$.${member}`)) {
      for (const finding of inText(text, place, others)) {
        const key = `${finding.place} ${finding.what}`;
        if (!findings.has(key) && findings.size < MOST_FINDINGS) findings.set(key, finding);
      }
    }
  }
  return [...findings.values()];
}
