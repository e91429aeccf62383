import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex } from "#countersign/encoding/bytes.ts";
import {
  canonicalize,
  hashJson,
  type JsonObject,
  type JsonRefusal,
  type JsonValue,
  MAX_DOCUMENT_DEPTH,
  MAX_PAYLOAD_BYTES,
  MAX_PAYLOAD_DEPTH,
  parseJson,
  readPayload,
} from "#countersign/json/canonical-json.ts";

function parsed(text: string): JsonValue {
  const result = parseJson(text);
  if (!result.ok) throw new Error(`refused: ${result.refusal.reason} at ${result.refusal.place}`);
  return result.value;
}

function refusal(text: string, options?: { maxDepth: number }): Pick<JsonRefusal, "reason" | "place"> | null {
  const result = parseJson(text, options);
  return result.ok ? null : { reason: result.refusal.reason, place: result.refusal.place };
}

const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

/** Names and texts with everything that a surrogate, an escape or a sort order could get wrong; never half a pair. */
const anyText = fc.string({ unit: "binary", maxLength: 12 });
const anyName = anyText.filter((name) => name !== "__proto__");
const anyNumber = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
const anyJson = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    anyNumber,
    anyText,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(anyName, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

/** The same document, spelled another way: members in any order, white space, escapes. */
function respell(value: JsonValue, choose: () => number): string {
  const space = () => ["", " ", "\n\t", "\r\n  "][choose() % 4];
  const text = (content: string) =>
    `"${Array.from({ length: content.length }, (_, at) => (choose() % 3 === 0 ? escaped(content.charCodeAt(at)) : plain(content[at] as string))).join("")}"`;
  const escaped = (unit: number) => `\\u${unit.toString(16).padStart(4, "0")}`;
  const plain = (unit: string) => (/[\ud800-\udfff]/.test(unit) ? escaped(unit.charCodeAt(0)) : JSON.stringify(unit).slice(1, -1));
  if (typeof value === "string") return space() + text(value) + space();
  if (typeof value !== "object" || value === null) return space() + JSON.stringify(value) + space();
  if (Array.isArray(value)) return `${space()}[${value.map((item) => respell(item, choose)).join(",")}${space()}]${space()}`;
  const members = Object.entries(value).map((entry) => ({ entry, rank: choose() }));
  members.sort((left, right) => left.rank - right.rank);
  return `{${space()}${members.map(({ entry: [name, member] }) => `${space()}${text(name)}${space()}:${respell(member, choose)}`).join(",")}}`;
}

/** Value of a decimal literal as a fraction of integers, after the definition and not after any printing. */
function fractionOf(literal: string): { over: bigint; under: bigint } {
  const [, sign = "", whole = "", fraction = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
  const exponent = BigInt(power) - BigInt(fraction.length);
  const digits = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n);
  return exponent >= 0n ? { over: digits * 10n ** exponent, under: 1n } : { over: digits, under: 10n ** -exponent };
}

function isSameDecimal(left: string, right: string): boolean {
  const [l, r] = [fractionOf(left), fractionOf(right)];
  return l.over * r.under === r.over * l.under;
}

describe("canonical text", () => {
  it("is sorted by UTF-16 code units, without white space, with only the escapes that must be", () => {
    const scrambled = String.raw`{ "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis" }`;
    expect(canonicalize(parsed(scrambled))).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
    expect(canonicalize(parsed(String.raw`[ "\u0000\b\t\n\u000b\f\r\u001f\"\\\/\u007f\u2028é" ]`))).toBe(
      String.raw`["\u0000\b\t\n\u000b\f\r\u001f\"\\/` + '\u007f\u2028é"]',
    );
    expect(canonicalize({ b: [true, false, null], a: { "": 0 }, A: {}, aa: [] })).toBe('{"A":{},"a":{"":0},"aa":[],"b":[true,false,null]}');
  });

  it("keeps composed and decomposed characters apart", () => {
    expect(hex(hashJson({ name: "é" }))).not.toBe(hex(hashJson({ name: "e\u0301" })));
  });

  it.each([
    [0, "0"],
    [-0, "0"],
    [1, "1"],
    [-1.5, "-1.5"],
    [1e21, "1e+21"],
    [999999999999999900000, "999999999999999900000"],
    [1e-6, "0.000001"],
    [1e-7, "1e-7"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [9007199254740991, "9007199254740991"],
    [0.1 + 0.2, "0.30000000000000004"],
    [333333333.33333329, "333333333.3333333"],
    [4.5, "4.5"],
    [2e-3, "0.002"],
    [1e23, "1e+23"],
  ])("prints %d as %s", (number, printed) => {
    expect(canonicalize(number)).toBe(printed);
  });

  it("is what is hashed, as UTF-8", () => {
    const expected = createHash("sha256").update('{"a":"€","b":1}', "utf8").digest("hex");
    expect(hex(hashJson({ b: 1, a: "€" }))).toBe(expected);
    expect(hex(hashJson({}))).toBe("44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  });

  it("throws for what is no JSON value", () => {
    expect(() => canonicalize(Number.NaN)).toThrow(TypeError);
    expect(() => canonicalize(Number.POSITIVE_INFINITY)).toThrow(TypeError);
    expect(() => canonicalize("\ud800")).toThrow(TypeError);
    expect(() => canonicalize({ "\udc00": 1 })).toThrow(TypeError);
  });

  it("parses back to the same document, and is then the same text", () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const text = canonicalize(value);
        expect(parsed(text)).toEqual(value);
        expect(canonicalize(parsed(text))).toBe(text);
      }),
    );
  });

  it("is one for every spelling of a document", () => {
    fc.assert(
      fc.property(anyJson, fc.infiniteStream(fc.nat(1000)), (value, stream) => {
        const spelled = respell(value, () => stream.next().value as number);
        expect(canonicalize(parsed(spelled))).toBe(canonicalize(value));
        expect(hashJson(parsed(spelled))).toEqual(hashJson(value));
      }),
    );
  });
});

describe("strict JSON", () => {
  it.each([
    ['{"a":1,"a":1}', "duplicate-key", "$.a"],
    [String.raw`{"x":[{"a":1,"\u0061":2}]}`, "duplicate-key", "$.x[0].a"],
    ['{"":1,"":2}', "duplicate-key", '$[""]'],
    ['{"a":{"__proto__":{}}}', "proto-key", "$.a.__proto__"],
    [String.raw`{"\u005f\u005fproto__":1}`, "proto-key", "$.__proto__"],
    [String.raw`{"a":["x","\ud800"]}`, "lone-surrogate", "$.a[1]"],
    [String.raw`"\udc00\ud800"`, "lone-surrogate", "$"],
    ['"\ud800"', "lone-surrogate", "$"],
    [String.raw`"` + "\ud83d" + String.raw`\ude00"`, "lone-surrogate", "$"],
    [String.raw`{"\ud800":1}`, "lone-surrogate", "$"],
    ["[0,-0]", "negative-zero", "$[1]"],
    ['{"a":-0.0e5}', "negative-zero", "$.a"],
    ["9007199254740993", "number-loses-digits", "$"],
    ["1e400", "number-loses-digits", "$"],
    ["-1e400", "number-loses-digits", "$"],
    ["1e-400", "number-loses-digits", "$"],
    ["-1e-400", "number-loses-digits", "$"],
    ["0.1000000000000000055511151231257827", "number-loses-digits", "$"],
    ["1e99999999999999999999", "number-loses-digits", "$"],
    ['{"a b":[1e400]}', "number-loses-digits", '$["a b"][0]'],
  ])("refuses %s as %s at %s", (text, reason, place) => {
    expect(refusal(text)).toEqual({ reason, place });
  });

  it.each([
    ["1.0", "1"],
    ["1e2", "100"],
    ["1E+2", "100"],
    ["0.10", "0.1"],
    ["0e99999999999999999999", "0"],
    ["123456789012345680000", "123456789012345680000"],
    ["1e-7", "1e-7"],
    [`0.${"0".repeat(5_000)}1e5001`, "1"],
    [`1${"0".repeat(400)}e-400`, "1"],
    [String.raw`"\ud83d\ude00\u00e9\/"`, '"😀é/"'],
    [' \t\r\n{"constructor":1,"toString":2,"hasOwnProperty":3} ', '{"constructor":1,"hasOwnProperty":3,"toString":2}'],
  ])("accepts %s", (text, canonical) => {
    expect(canonicalize(parsed(text))).toBe(canonical);
  });

  const words = `{ [ } ] , : " '' {,} [,] [1,] {"a"} {"a":} {"a":1,} {a:1} {1:1} 01 1. .1 +1 -a - 1e 1e+ 0x1 NaN nul truefalse`.split(" ");
  const spaced = ["", " ", "1 2", "{} {}", '"\n"', '"\t"', '"a', "\ufeff{}", "/* */ 1", "[1] // end", "\u00a01", "\u000b1"];
  const escaped = [String.raw`"\x"`, String.raw`"\u12"`, String.raw`"\u12g4"`];
  it.each([...words, ...spaced, ...escaped])("refuses %j as no JSON, as JSON.parse does", (text) => {
    expect(refusal(text)?.reason).toBe("malformed");
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  it("agrees with JSON.parse on every text that it accepts, and accepts nothing else", () => {
    const piece = fc.constantFrom(...'{}[],:"\\ -+.eE019u', "a", "true", "null", '"a"', "\\u0061", "\n");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        const result = parseJson(text);
        if (result.ok) expect(result.value).toEqual(JSON.parse(text));
        else if (result.refusal.reason === "malformed") expect(() => JSON.parse(text)).toThrow(SyntaxError);
      }),
      { numRuns: 3_000 },
    );
  });

  it("accepts a number exactly if its decimal value is that of its printing", () => {
    const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?$/);
    const around = anyNumber.chain((value) =>
      fc.constantFrom(String(Math.abs(value)), value.toPrecision(17), value.toPrecision(21), Math.abs(value).toExponential()),
    );
    fc.assert(
      fc.property(fc.oneof(digits, around), fc.boolean(), (literal, negative) => {
        const text = negative ? `-${literal.replace("-", "")}` : literal;
        const value = Number(text);
        const survives = Number.isFinite(value) && isSameDecimal(text, String(value)) && !Object.is(value, -0);
        const result = parseJson(text);
        expect(result.ok).toBe(survives);
        if (result.ok) expect(result.value).toBe(value);
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses a duplicate wherever it stands, and however its name is spelled", () => {
    const wrapper = fc.record({ sibling: anyJson, isList: fc.boolean() });
    const choices = fc.infiniteStream(fc.nat(1000));
    fc.assert(
      fc.property(fc.array(wrapper, { maxLength: 8 }), anyName, anyJson, anyJson, choices, (wrappers, name, one, other, stream) => {
        const spelled = () => respell(name, () => stream.next().value as number);
        const duplicate = `{${spelled()}:${canonicalize(one)},${JSON.stringify(`${name}~`)}:1,${spelled()}:${canonicalize(other)}}`;
        const text = wrappers.reduce(
          (inner, { sibling, isList }) => (isList ? `[${canonicalize(sibling)},${inner}]` : `{"a":${canonicalize(sibling)},"b":${inner}}`),
          duplicate,
        );
        const place = wrappers.toReversed().map(({ isList }) => (isList ? "[1]" : ".b"));
        expect(refusal(text)?.reason).toBe("duplicate-key");
        expect(refusal(text)?.place.startsWith(`$${place.join("")}`)).toBe(true);
      }),
    );
  });

  it("ends at the depth it is given, and never overflows the stack", () => {
    expect(refusal(nested(MAX_DOCUMENT_DEPTH))).toBeNull();
    expect(refusal(nested(MAX_DOCUMENT_DEPTH + 1))).toEqual({ reason: "too-deep", place: `$${"[0]".repeat(MAX_DOCUMENT_DEPTH)}` });
    expect(refusal('{"a":{"b":{}}}', { maxDepth: 2 })).toEqual({ reason: "too-deep", place: "$.a.b" });
    expect(refusal("[".repeat(1_000_000))?.reason).toBe("too-deep");
    expect(refusal('{"a":'.repeat(1_000_000))?.reason).toBe("too-deep");
  });

  it.each([
    ["one long text", `"${"a".repeat(1 << 20)}"`],
    ["one long text of escapes", `"${"\\n".repeat(1 << 19)}"`],
    ["many numbers", `[${"1,".repeat(1 << 19)}1]`],
    ["many names", `{${Array.from({ length: 70_000 }, (_, at) => `"name${at}":0`).join(",")}}`],
    ["one number with many zeroes", `0.${"0".repeat(500_000)}1e500001`],
    ["zeroes inside a number", `1${"0".repeat(500_000)}1e-500001`],
    ["white space", `${" ".repeat(1 << 20)}[]`],
  ])("reads a mebibyte in time that grows no faster than its length: %s", (_, text) => {
    const before = process.cpuUsage();
    parseJson(text);
    // Time of this process, which no other takes away. Quadratic time would take minutes.
    expect(process.cpuUsage(before).user).toBeLessThan(10_000_000);
  });
});

describe("payload", () => {
  const read = (value: JsonValue) => {
    const result = readPayload(value);
    return result.ok ? result.value : [result.refusal.reason, result.refusal.place];
  };
  const deep = (levels: number): JsonObject => (levels === 1 ? {} : { a: deep(levels - 1) });
  /** A payload of exactly so many canonical bytes, an even number. */
  const sized = (bytes: number): JsonObject => ({ a: "é".repeat((bytes - 8) / 2) });

  it.each([[null], [true], [1], ["text"], [[{}]]])("is an object, not %j", (value) => {
    expect(read(value)).toEqual(["not-an-object", "$"]);
  });

  it("has at most 32 levels, itself the first", () => {
    expect(MAX_PAYLOAD_DEPTH).toBe(32);
    expect(read(deep(32))).toEqual(deep(32));
    expect(read(deep(33))).toEqual(["too-deep", `$${".a".repeat(32)}`]);
    expect(read({ list: [0, parsed(nested(31))] })).toEqual(["too-deep", `$.list[1]${"[0]".repeat(30)}`]);
  });

  it("has at most 65,536 bytes of canonical UTF-8", () => {
    expect(MAX_PAYLOAD_BYTES).toBe(65_536);
    expect(canonicalize(sized(65_536))).toHaveLength(8 + 65_528 / 2);
    expect(read(sized(65_536))).toEqual(sized(65_536));
    expect(read(sized(65_538))).toEqual(["too-large", "$"]);
    expect(read({ ...sized(65_536), b: 0 })).toEqual(["too-large", "$"]);
  });
});
