import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bytes, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { makeWitnessVkey, verifyCosignatures } from "#countersign/tlog/cosignature.ts";
import { makeVkey, parseNote } from "#countersign/tlog/note.ts";
import { parsePolicy, enoughWitnesses, type WitnessPolicy } from "#countersign/tlog/witness-policy.ts";
import vectors from "#test/vectors/witnesses.json" with { type: "json" };

const publicKey = (name: string): Bytes => sha256(utf8(name));
const log = (name = "log.example") => makeVkey(name, publicKey(name));
const vkey = (name: string) => makeWitnessVkey(`${name}.example`, publicKey(name));
const witnesses = (...names: string[]) => names.map((name) => `witness ${name} ${vkey(name)}\n`).join("");

function policyOf(text: string): WitnessPolicy {
  const policy = parsePolicy(text);
  if (!policy.ok) throw new Error(`${policy.refusal.line}: ${policy.refusal.message}`);
  return policy.value;
}

/** Whether cosignatures of those witnesses, by the names the policy gives them, are enough. */
const isEnough = (policy: WitnessPolicy, names: Iterable<string>): boolean => {
  const cosigners = new Set(names);
  return enoughWitnesses(
    policy,
    policy.witnesses.filter(({ name }) => cosigners.has(name)).map(({ key }) => key),
  );
};

describe("the vector", () => {
  const policy = policyOf(vectors.policy);

  test("lists the log and its witnesses", () => {
    expect(policy.logs).toMatchObject([{ key: { name: "gate.example.com/log" }, url: "https://gate.example.com/log" }]);
    expect(policy.witnesses.map((one) => [one.name, one.vkey])).toEqual(
      ["one", "two", "three"].map((name, i) => [name, vectors.witnesses[i]?.vkey]),
    );
    expect(policy.witnesses.map(({ url }) => url)).toEqual(["https://witness.example.com/w1", null, null]);
  });

  test("is met by the cosigned checkpoint, and not by it with one cosignature alone", async () => {
    const judge = async (text: string) => {
      const note = parseNote(text);
      const verified = note.ok
        ? await verifyCosignatures(
            note.value,
            policy.witnesses.map(({ key }) => key),
          )
        : note;
      if (!verified.ok) throw new Error(verified.refusal);
      return enoughWitnesses(
        policy,
        verified.value.map(({ key }) => key),
      );
    };
    const lines = vectors.checkpoint.split(/(?<=\n)/);
    expect(await judge(vectors.checkpoint)).toBe(true);
    expect(await judge(lines.slice(0, -1).join(""))).toBe(true);
    expect(await judge(lines.slice(0, -2).join(""))).toBe(false);
    expect(await judge(lines.slice(0, -3).join(""))).toBe(false);
    // The same witness twice is one witness.
    expect(await judge([...lines.slice(0, -2), lines.at(-3)].join(""))).toBe(false);
  });
});

test("the example of tlog-policy: two of the one organisation, and any of the other", () => {
  const policy = policyOf(
    `log ${log()}\n\n${witnesses("X1", "X2", "X3")}group X-witnesses 2 X1 X2 X3\n\n${witnesses("Y1", "Y2", "Y3")}` +
      "group Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
  );
  fc.assert(
    fc.property(fc.subarray(["X1", "X2", "X3", "Y1", "Y2", "Y3"]), (names) => {
      const count = (letter: string) => names.filter((name) => name.startsWith(letter)).length;
      expect(isEnough(policy, names)).toBe(count("X") >= 2 && count("Y") >= 1);
    }),
  );
});

describe("quorums", () => {
  test("none asks for nothing, a witness for itself", () => {
    expect(isEnough(policyOf("quorum none\n"), [])).toBe(true);
    const single = policyOf(`${witnesses("a", "b")}quorum a\n`);
    expect([[], ["a"], ["b"], ["a", "b"]].map((names) => isEnough(single, names))).toEqual([false, true, false, true]);
  });

  test("a threshold counts members, each once", () => {
    const names = ["a", "b", "c", "d", "e"];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.subarray(names), (required, cosigners) => {
        const policy = policyOf(`${witnesses(...names)}group g ${required} ${names.join(" ")}\nquorum g\n`);
        expect(isEnough(policy, cosigners)).toBe(cosigners.length >= required);
      }),
    );
  });

  test("a cosigner counts by its key, not by its name", () => {
    const policy = policyOf(`${witnesses("a")}quorum a\n`);
    const [a] = policy.witnesses;
    if (a === undefined) throw new Error("a witness");
    expect(enoughWitnesses(policy, [{ ...a.key, publicKey: publicKey("another") }])).toBe(false);
    expect(enoughWitnesses(policy, [a.key, a.key])).toBe(true);
  });

  test("more cosigners never undo a quorum", () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const policy = policyOf(`${witnesses(...names)}group g 2 a b c\ngroup h all d e\ngroup i any g h f\nquorum i\n`);
    fc.assert(
      fc.property(fc.subarray(names), fc.subarray(names), (some, more) => {
        if (isEnough(policy, some)) expect(isEnough(policy, [...some, ...more])).toBe(true);
      }),
    );
  });
});

describe("reading", () => {
  test("white space, comments and order of logs mean nothing; names are what they are", () => {
    const policy = policyOf(
      `  # comment\n\t\n\t witness \t \u00e9 ${vkey("a")}\t http://localhost:1/ \n#x\nwitness K ${vkey("b")}\nwitness \u212a ${vkey("c")}\n` +
        `group toString 2 \u00e9 K \u212a\n quorum\ttoString \nlog ${log()} anything\nlog ${log("other.example")}`,
    );
    expect(policy.witnesses.map(({ name, url }) => [name, url])).toEqual([
      ["\u00e9", "http://localhost:1/"],
      ["K", null],
      ["\u212a", null],
    ]);
    expect(policy.logs.map(({ url }) => url)).toEqual(["anything", null]);
    expect(policy.quorum).toMatchObject({
      name: "toString",
      required: 2,
      members: [{ name: "\u00e9" }, { name: "K" }, { name: "\u212a" }],
    });
  });

  test("two keys of one log may stand there, as when a key is rotated", () => {
    const [one, two] = [makeVkey("log.example", publicKey("1")), makeVkey("log.example", publicKey("2"))];
    expect(policyOf(`log ${one}\nlog ${two}\nquorum none\n`).logs.map(({ vkey: key }) => key)).toEqual([one, two]);
  });

  const many = (count: number, line: (n: number) => string) => Array.from({ length: count }, (_, n) => line(n)).join("");
  const logs = (count: number) => many(count, (n) => `log ${log(`${n}.example`)}\n`);
  const crowd = (count: number) => many(count, (n) => witnesses(`w${n}`));
  const groups = (count: number) => `${witnesses("a")}group g0 1 a\n${many(count - 1, (n) => `group g${n + 1} 1 g${n}\n`)}`;

  test("32 logs, 32 witnesses and 32 groups, not more", () => {
    expect(parsePolicy(`${logs(32)}${crowd(32)}quorum w31\n`)).toMatchObject({ ok: true });
    expect(parsePolicy(`${groups(32)}quorum g31\n`)).toMatchObject({ ok: true });
    expect(parsePolicy(`${logs(33)}quorum none\n`)).toMatchObject({ ok: false, refusal: { line: 33 } });
    expect(parsePolicy(`${crowd(33)}quorum none\n`)).toMatchObject({ ok: false, refusal: { line: 33 } });
    expect(parsePolicy(`${groups(33)}quorum none\n`)).toMatchObject({ ok: false, refusal: { line: 34 } });
  });

  const [a, b] = [witnesses("a"), witnesses("b")];
  const both = a + b;
  const refused: Record<string, [line: number, text: string]> = {
    nothing: [1, ""],
    "no quorum": [1, a],
    "two quorums": [3, `${a}quorum a\nquorum a\n`],
    "a quorum of two": [3, `${both}quorum a b\n`],
    "an empty quorum": [2, `${a}quorum\n`],
    "a quorum that is defined later": [1, `quorum a\n${a}`],
    "a quorum that nobody defines": [2, `${a}quorum b\n`],
    "another word": [1, `policy a\n`],
    "a word in capitals": [1, `Quorum none\n`],
    "a witness without key": [1, `witness a\nquorum a\n`],
    "a witness with more than a URL": [1, `witness a ${vkey("a")} http://a b\nquorum a\n`],
    "a witness with a log's key": [1, `witness a ${log()}\nquorum a\n`],
    "a witness with a broken key": [1, `witness a ${vkey("a").replace("a.example", "b.example")}\nquorum a\n`],
    "a log with a witness's key": [1, `log ${vkey("a")}\nquorum none\n`],
    "a log without key": [1, `log\nquorum none\n`],
    "a log with more than a URL": [1, `log ${log()} http://a b\nquorum none\n`],
    "the same log twice": [2, `log ${log()}\nlog ${log()} http://a\nquorum none\n`],
    "one key as two logs": [2, `log ${log()}\nlog ${makeVkey("other.example", publicKey("log.example"))}\nquorum none\n`],
    "one key as two witnesses": [2, `${a}witness b ${makeWitnessVkey("b.example", publicKey("a"))}\nquorum a\n`],
    "one name for two witnesses": [2, `${a}witness a ${vkey("b")}\nquorum a\n`],
    "one name for a witness and a group": [3, `${both}group a 1 b\nquorum a\n`],
    "one name for a group and a witness": [3, `${a}group b 1 a\n${b}quorum b\n`],
    "one name for two groups": [4, `${both}group g 1 a\ngroup g 1 b\nquorum g\n`],
    "a witness called none": [1, `witness none ${vkey("a")}\nquorum none\n`],
    "a group called none": [2, `${a}group none 1 a\nquorum none\n`],
    "none as a member": [2, `${a}group g 1 a none\nquorum g\n`],
    "a group without members": [2, `${a}group g any\nquorum g\n`],
    "a group without threshold": [2, `${a}group g\nquorum g\n`],
    "a threshold of 0": [2, `${a}group g 0 a\nquorum g\n`],
    "a threshold of more than all": [3, `${both}group g 3 a b\nquorum g\n`],
    "a negative threshold": [2, `${a}group g -1 a\nquorum g\n`],
    "a threshold with a leading zero": [2, `${a}group g 01 a\nquorum g\n`],
    "a threshold with a sign": [2, `${a}group g +1 a\nquorum g\n`],
    "a threshold in hexadecimal": [2, `${a}group g 0x1 a\nquorum g\n`],
    "half a threshold": [2, `${a}group g 0.5 a\nquorum g\n`],
    "a threshold beyond all numbers": [2, `${a}group g ${"9".repeat(400)} a\nquorum g\n`],
    "a member twice": [2, `${a}group g any a a\nquorum g\n`],
    "a member of two groups": [3, `${a}group g 1 a\ngroup h 1 a\nquorum h\n`],
    "a group in itself": [2, `${a}group g 1 g\nquorum g\n`],
    "a member that is defined later": [2, `${a}group g 1 b\n${b}quorum g\n`],
    "carriage returns": [1, `${a}quorum a\n`.replaceAll("\n", "\r\n")],
    "a form feed": [1, `quorum\fnone\n`],
    "a NUL in a comment": [1, `# \u0000\nquorum none\n`],
    "a delete character": [1, `# \u007f\nquorum none\n`],
    "half a character": [1, `# \ud800\nquorum none\n`],
    "a no-break space for a space": [1, `quorum\u00a0none\n`],
    "a byte order mark": [1, `\ufeffquorum none\n`],
  };
  test.each(Object.entries(refused))("refuses %s", (_, [line, text]) => {
    expect(parsePolicy(text)).toMatchObject({ ok: false, refusal: { line } });
  });
});
