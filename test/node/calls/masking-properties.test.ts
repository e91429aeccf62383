/** What holds of every message, of all rules and credentials, tried on thousands of made ones. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { b64, b64u, utf8 } from "#countersign/encoding/bytes.ts";
import { ServerEvents, writeServerEvent } from "#rules/calls/masking/server-events.ts";
import { maskServerEvent } from "#rules/calls/masking/mask-event.ts";
import { credentialsOf } from "#rules/calls/masking/credentials.ts";
import type { Masks } from "#rules/calls/masking/masks.ts";
import { maskedMessage, masksOf } from "#test/support/calls/masking.ts";

const RUNS = { numRuns: 2_000 };

/** A JSON text, spelled as servers spell it: spaces, escapes and numbers of all kinds. */
const space = fc.constantFrom("", "", "", " ", "\n  ", "\t");
const number = fc.constantFrom("0", "-0.0", "1E+400", "12345678901234567890123", "3.140", "7e-2", "42");
const spelled = (text: string, way: number): string => {
  if (way === 1)
    return `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`;
  return way === 2 ? JSON.stringify(text).replaceAll("/", "\\/") : JSON.stringify(text);
};
/** Letters that no planted secret is made of. */
const harmless = fc.string({
  unit: fc.constantFrom("g", "h", " ", "ä", "\n", '"', "\\", "/", "%", "😀", "[", "{", "=", ":"),
  maxLength: 12,
});

const SECRET = 'zQ7-Zq/8+"x\\17';
const encodings: readonly ((secret: string) => string)[] = [
  (secret) => secret,
  (secret) => JSON.stringify(secret).slice(1, -1),
  (secret) => encodeURIComponent(secret),
  (secret) => Array.from(utf8(secret), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  (secret) => b64(utf8(secret)),
  (secret) => b64u(utf8(secret)),
  (secret) => b64(utf8(`u:${secret}`)),
  (secret) => b64(utf8(`xx:${secret}!`)),
  (secret) => encodeURIComponent(JSON.stringify(secret)),
  (secret) => JSON.stringify(JSON.stringify(secret)),
];
/** What of an encoded secret nobody could have by chance. */
const cores = [...encodings.map((encode) => encode(SECRET)), b64(utf8(SECRET)).slice(0, -4), b64u(utf8(SECRET)).slice(0, -2)];

const plantedText = fc
  .tuple(harmless, fc.constantFrom(...encodings), harmless)
  .map(([before, encode, after]) => `${before} ${encode(SECRET)} ${after}`);
const text = fc.oneof({ weight: 3, arbitrary: harmless }, { weight: 1, arbitrary: plantedText });
const jsonString = fc.tuple(text, fc.nat(2)).map(([one, way]) => spelled(one, way));
const name = fc
  .tuple(fc.oneof(fc.constantFrom("secret", "a", "b", "text", "users"), text), fc.nat(2))
  .map(([one, way]) => spelled(one, way));

const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    jsonString,
    number,
    fc.constantFrom("true", "false", "null"),
    fc.tuple(fc.array(tie("json"), { maxLength: 3 }), space).map(([items, gap]) => `[${gap}${items.join(`,${gap}`)}${gap}]`),
    fc
      .tuple(fc.array(fc.tuple(name, tie("json")), { maxLength: 3 }), space)
      .map(([members, gap]) => `{${gap}${members.map(([one, value]) => `${one}${gap}:${gap}${value}`).join(`${gap},`)}}`),
    // A text that is JSON itself.
    tie("json").map((inner) => JSON.stringify(inner)),
  ),
}));
const message = fc
  .tuple(fc.constantFrom("result", "error", "params", "other"), json, space)
  .map(([member, value, gap]) => `{"jsonrpc":"2.0",${gap}"id":1,"${member}":${value}${gap}}`);

const RULES = await Promise.all([
  masksOf({ path: "$..secret" }),
  masksOf({ key: "secret" }, { detector: "email" }),
  masksOf({ path: "$.users[*].a" }, { key: "b", pattern: "[a-h]+" }),
  masksOf({ pattern: "g+ ?h" }, { pattern: "h.*ä" }, { detector: "token" }),
  masksOf({ detector: "high_entropy" }, { path: "$.a.*", pattern: "%" }),
]);
const rules = fc.constantFrom(...RULES);

/** Every string in a JSON text, and every string in those that are JSON. */
function stringsIn(value: unknown): string[] {
  if (typeof value === "string") {
    try {
      return /^\s*["[{]/.test(value) ? [value, ...stringsIn(JSON.parse(value))] : [value];
    } catch {
      return [value];
    }
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [key, ...stringsIn(member)]);
}

const decoded = (one: string): string => {
  try {
    return decodeURIComponent(one);
  } catch {
    return one;
  }
};

/** What base64 in a text stands for, wherever in a group of it that begins. */
const inBase64 = (one: string): string[] =>
  Array.from(one.matchAll(/[A-Za-z0-9+/_-]{8,}/g)).flatMap(([run]) =>
    [0, 1, 2, 3].map((skipped) => Buffer.from(run.slice(skipped), "base64").toString("latin1")),
  );

describe("of every message", () => {
  it("a credential does not leave, in none of its spellings", () => {
    fc.assert(
      fc.property(message, rules, (given, masks) => {
        const { text: masked } = maskedMessage(given, masks, [SECRET]);
        for (const core of cores) expect(masked).not.toContain(core);
        for (const one of stringsIn(JSON.parse(masked)).flatMap((each) => [each, decoded(each)])) {
          for (const core of cores) expect(one).not.toContain(core);
          for (const inner of inBase64(one)) expect(inner).not.toContain(SECRET);
        }
      }),
      RUNS,
    );
  });

  it("a credential does not leave, ten texts deep", () => {
    let nested = SECRET;
    for (let depth = 0; depth < 10; depth++) {
      const { text: masked } = maskedMessage(`{"jsonrpc":"2.0","id":1,"result":${JSON.stringify(nested)}}`, RULES[0], [SECRET]);
      const strings = stringsIn(JSON.parse(masked));
      expect(strings.filter((one) => one.includes(SECRET))).toEqual([]);
      nested = JSON.stringify(nested);
    }
  });

  it("what rules name does not leave, in texts that are JSON as well", () => {
    fc.assert(
      fc.property(json, (value) => {
        const planted = `{"jsonrpc":"2.0","id":1,"result":{"users":[${value}],"secret":{"v":"planted-1"},"t":${JSON.stringify(`{"secret":"planted-2","x":${value}}`)}}}`;
        for (const masks of RULES.slice(0, 2)) {
          expect(maskedMessage(planted, masks).text).not.toContain("planted");
        }
      }),
      RUNS,
    );
  });

  it("masking twice is masking once", () => {
    fc.assert(
      fc.property(message, rules, (given, masks) => {
        const once = maskedMessage(given, masks, [SECRET]).text;
        expect(maskedMessage(once, masks, [SECRET])).toEqual({ text: once, masked: [] });
      }),
      RUNS,
    );
  });

  it("what is not masked stays byte for byte", () => {
    fc.assert(
      fc.property(message, rules, (given, masks) => {
        const { text: masked, masked: places } = maskedMessage(given, masks, [SECRET]);
        if (places.length === 0) expect(masked).toBe(given);
        // Numbers, words and signs between strings: all that is no string, but where a whole value was masked.
        const plain = (one: string): string => one.replaceAll(/"(?:[^"\\]|\\.)*"/gs, '""');
        if (masks !== RULES[0] && masks !== RULES[1] && masks !== RULES[2]) expect(plain(masked)).toBe(plain(given));
        expect(() => void JSON.parse(masked)).not.toThrow();
      }),
      RUNS,
    );
  });

  it("a stream of them is masked alike in whatever pieces it comes", () => {
    const credentials = credentialsOf([SECRET]);
    const streamed = (bytes: Uint8Array, cuts: readonly number[], masks: Masks): string => {
      const stream = new ServerEvents(1_000_000);
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
      const pieces = ends.map((end, i) => bytes.slice(ends[i - 1] ?? 0, end));
      return pieces
        .flatMap((piece) => stream.push(piece).events)
        .map((event) => maskServerEvent(event, masks, credentials))
        .map((event) => (event.ok ? event.value.text : event.refusal))
        .join("");
    };
    fc.assert(
      fc.property(fc.array(message, { maxLength: 3 }), rules, fc.array(fc.nat(2_000), { maxLength: 10 }), (messages, masks, cuts) => {
        const event = { fields: ["id: 1"], data: null, isComment: false };
        const bytes = utf8(messages.map((one) => writeServerEvent(event, one)).join(""));
        const whole = streamed(bytes, [], masks);
        expect(streamed(bytes, cuts, masks)).toBe(whole);
        for (const core of cores) expect(whole).not.toContain(core);
      }),
      { numRuns: 500 },
    );
  });
});
