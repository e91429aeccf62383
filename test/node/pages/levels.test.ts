/** Which marks are an alarm: ordinary text raises none, whatever is made to hide or to deceive does. Both as whole texts. */
import { describe, expect, test } from "vitest";
import { displaySegments } from "#countersign/text/display-text.ts";
import { segmentLevels } from "#countersign/text/levels.ts";
import { requestViews } from "#pages/approvals/request-view.ts";
import type { View } from "#pages/kit/view.ts";
import { ALEX, approvalData, SAM, type Variation } from "#test/support/documents/approval-data.ts";

/** The levels of what is marked in a text. */
function levelsOf(text: string): string[] {
  const segments = displaySegments(text);
  return segmentLevels(text, segments).filter((_, i) => !/^(?:plain|rtl|newline|tab)$/.test(segments[i]?.kind ?? ""));
}
const worst = (text: string): string => {
  const levels = levelsOf(text);
  return levels.includes("warning") ? "warning" : levels.includes("note") ? "note" : "nothing";
};

const HARMLESS: Record<string, string> = {
  "emoji with variation selectors": "It’s done ❤\ufe0f and ☀\ufe0f ✔\ufe0f ‼\ufe0f ☎\ufe0f ⚠\ufe0f ℹ\ufe0f ▶\ufe0e",
  families: "👨\u200d👩\u200d👧\u200d👦 👩🏽\u200d💻 🧑\u200d🚀",
  "flags and hearts of several characters": "🏳\ufe0f\u200d🌈 🏴\u200d☠\ufe0f ❤\ufe0f\u200d🔥 🇩🇪",
  "the flag of Scotland": "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
  keycaps: "1\ufe0f\u20e3 #\ufe0f\u20e3 *\ufe0f\u20e3 5\u20e3",
  "skin tones": "👍🏽 👋🏿",
  "line ends of Windows": "one\r\ntwo\r\n\r\nthree",
  "no-break spaces in French": "«\u00a0Oui\u00a0», dit-il\u202f: 50\u202f%\u202f!",
  "no-break spaces in numbers and units": "1\u202f000\u00a0€, 10\u00a0km, 20\u00a0°C, 10\u2009000",
  "no-break spaces in Czech and in titles": "v\u00a0Praze k\u00a0tomu, Mr.\u00a0Smith, §\u00a05",
  Persian: "می\u200cخواهم کتاب\u200cها را بخوانم",
  "Hindi and Malayalam": "क्\u200dष और ക്\u200cക",
  "Bengali, a virama behind a joiner": "র\u200d্যাব",
  "Thai with chances to break": "สวัสดี\u200bครับ",
  Arabic: "مرحبا بالعالم، كيف حالك؟ 123",
  "Hebrew with a mark of direction": "שלום עולם (API)\u200f!",
  "Chinese with full-width punctuation": "请部署 API：v2（生产环境），今天！「好」",
  "Japanese with middle dots": "コーヒー・紅茶、東京\u3000大阪",
  Korean: "서울特別市 API를 배포",
  "curly quotes, dashes and an ellipsis": "“It’s” ‘so’ — fine… „gut“ ‹oui› 3 × 4 – 5",
  "ranges with a dash": "pages 10–20, Mon–Fri, 9–17 Uhr, London–Paris",
  "signs of numbers": "−5 °C ± 2, ≤ 5, ½, № 5, § 3, 5′ 6″, H₂O, x², 10⁻³, ①",
  "micro and ohm": "5 µs, 10 μm, 3 μmol, 4.7 kΩ, 50 Ω, 1 M\u2126",
  "Greek in technical words": "α-test, β-release, Δt = 5, ΔT, λ-calculus, σ², π/2, χ², Σx, θmax, IL-1β, α = 0.05",
  "accents as characters of their own": "Cafe\u0301 Zu\u0308rich A\u030angstro\u0308m man\u0303ana",
  "Vietnamese, Polish, Czech, Turkish": "Đà Nẵng łódź žluťoučký İstanbul",
  Greek: "Καλημέρα κόσμε, το API",
  "Russian beside Latin": "Привет, API в Kubernetes",
  Catalan: "col·lecció d’art",
  "bullets, arrows and dots between parts": "• one\n• two → three · four",
  "full sentences of English": 'Move the old orders, 1200 of them, to "archive" (see ticket 4711).',
};

const NOTABLE: Record<string, string> = {
  "soft hyphens in a long word": "Donau\u00addampf\u00adschiff",
  "a no-break space where a program reads": "rm\u00a0-rf /",
  "a byte order mark at the start": "\ufeffhello",
  "a hyphen that is none, in a word": "co‐operate, E‑Mail",
  "a ligature": "ﬁnal",
  "letters that few devices have": "𠮷野家",
  "full-width letters among Japanese": "ＡＰＩを使う",
  "a middle dot where a space could be": "a·b",
  "an apostrophe in a number": "1’000",
  "a letter of a formula": "𝑥 + 1",
  "alpha at the end of a name": "prod-α",
  "a space of another width": "a\u2003b",
};

const HOSTILE: Record<string, string> = {
  "an override": "pay\u202e001",
  "isolates and embeddings": "if \u2066admin\u2069 \u202aso\u202c",
  "an override in Hebrew": "שלום\u202eabc",
  "a mark of direction in English": "a\u200fb",
  "tag characters": "pay\u{e0041}\u{e0042}",
  "tag characters behind an emoji": "😀\u{e0041}\u{e007f}",
  "a flag that is none": "🏴\u{e0061}\u{e0062}\u{e007f}",
  "a zero width space in a word": "log\u200bin",
  "a joiner in a word": "pay\u200dpal",
  "a non-joiner in an address": "https://a\u200c.example",
  "a joiner between an emoji and a word": "😀\u200dadmin",
  "joiners in a row, in Persian": "می\u200c\u200cخواهم",
  "a non-joiner in Cyrillic": "при\u200cвет",
  "a word joiner": "a\u2060b",
  "Cyrillic among Latin": "pаypal.com",
  "Greek among Latin": "prοd-db",
  "Greek that begins a word like Latin": "αlpha",
  "Greek that begins a word of Latin": "βank τeam",
  "a text of look-alikes": "аррӏе.com",
  "mathematical letters": "𝗉aypal",
  "full width in English": "Ｐaypal",
  "a separator that is none": "1․000",
  "a slash that is none": "https://bank.example∕pay.evil.com",
  "a variation selector on a letter": "a\ufe0fb",
  "a variation selector on a digit": "1\ufe0f000",
  "a variation selector of ideographs on a letter": "v\u{e0100}x",
  "padding of blanks": `pay${"\u00a0".repeat(40)}end`,
  "padding of blanks and spaces": "pay \u00a0 end",
  "a Hangul filler": "a\u3164b",
  "a Braille blank": "a\u2800b",
  "a carriage return alone": "safe\revil",
  "a control sequence": "\u001b[2J",
  "a line separator": "a\u2028b",
  "a soft hyphen in an address": "pay\u00adpal.com",
  "a soft hyphen in an identifier": "drop_\u00adtable1",
  "marks that pile up": "a\u0300\u0301\u0302\u0303\u0304\u0305",
  "a stroke through a digit": "1\u0336000",
  "a character without a meaning": "a\ue000b",
  "half a character": "a\ud800b",
};

test.each(Object.entries(HARMLESS))("%s: nothing", (_, text) => {
  expect(worst(text)).toBe("nothing");
});

test.each(Object.entries(NOTABLE))("%s: a note", (_, text) => {
  expect(worst(text)).toBe("note");
});

test.each(Object.entries(HOSTILE))("%s: a warning", (_, text) => {
  expect(worst(text)).toBe("warning");
});

const textOf = (view: View): string => (typeof view === "string" ? view : view.children.map(textOf).join(""));
const all = (view: View, tag: string): View[] =>
  typeof view === "string" ? [] : [...(view.tag === tag ? [view] : []), ...view.children.flatMap((child) => all(child, tag))];

/** The strip above the payload: its lines, those that are folded, and where its links lead. */
function strip(variation: Variation) {
  const { request, payload, people } = approvalData("https://gate.example.com", variation);
  const views = requestViews(request, payload, people);
  const lines = (within: View[]): string[] => within.flatMap((view) => all(view, "li")).map(textOf);
  const strips = views.request.children.filter((view) => typeof view !== "string" && view.attributes["role"] === "note");
  const folded = lines(strips.flatMap((view) => all(view, "details")));
  const ids = new Set(
    Object.values(views)
      .flatMap((view) => ["div", "dl", "li", "header"].flatMap((tag) => all(view, tag)))
      .map((view) => (typeof view === "string" ? "" : `#${view.attributes["id"]}`)),
  );
  const links = strips.flatMap((view) => all(view, "a")).map((view) => (typeof view === "string" ? "" : (view.attributes["href"] ?? "")));
  return {
    shown: lines(strips).slice(0, lines(strips).length - folded.length),
    folded,
    summary: strips.flatMap((view) => all(view, "summary")).map(textOf),
    broken: links.filter((href) => !ids.has(href)),
    links,
  };
}

describe("the strip above the payload", () => {
  test.each(Object.entries(HARMLESS))("is not there for %s, wherever it stands", (_, text) => {
    const { shown } = strip({
      payload: { note: text, [text]: [text] },
      people: [{ ...ALEX, display_name: text }, SAM],
      request: { action: text, reason: text, context: { tool: text } },
    });
    expect(shown).toEqual([]);
  });

  test("has three lines, the gravest first, and folds the others", () => {
    const words = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`word_${i}`, `pаypal${i}`]));
    const { shown, folded, summary, broken, links } = strip({
      payload: { a: "a·b", ...words, hidden: "a\u200bb", z: "pay\u202e001" },
    });
    expect(shown).toEqual([
      "Reorders text: U+202E RIGHT-TO-LEFT OVERRIDE, once in z",
      "Has look-alike characters: pаypal0 (U+0430), once in word_0",
      "Has look-alike characters: pаypal1 (U+0430), once in word_1",
    ]);
    expect(summary).toEqual(["50 more"]);
    expect(folded.slice(-2)).toEqual([
      "Hidden or unclear: U+200B ZERO WIDTH SPACE, once in hidden",
      "May look like the marks for spaces and tabs: · U+00B7 MIDDLE DOT, once in a",
    ]);
    expect(links).toHaveLength(53);
    expect(broken).toEqual([]);
  });

  test("says how often, and leads to the first field, wherever that is", () => {
    const found = (variation: Variation) => {
      const { shown, broken } = strip(variation);
      expect(broken).toEqual([]);
      return shown;
    };
    expect(found({ request: { action: "a\u202eb" }, payload: { x: ["c\u202ed"] } })).toEqual([
      "Reorders text: U+202E RIGHT-TO-LEFT OVERRIDE, 2 times, first in the action",
    ]);
    expect(found({ payload: { outer: { inner: [1, "c\u202ed"] } } })).toEqual([
      "Reorders text: U+202E RIGHT-TO-LEFT OVERRIDE, once in inner",
    ]);
    expect(found({ payload: { "k\u202e": 1 } })).toEqual(["Reorders text: U+202E RIGHT-TO-LEFT OVERRIDE, once in kU+202E"]);
    expect(found({ request: { context: { tool: "c\u202ed" } } })).toEqual(["Reorders text: U+202E RIGHT-TO-LEFT OVERRIDE, once in tool"]);
  });
});
