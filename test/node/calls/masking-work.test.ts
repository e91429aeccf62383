/** That hostile texts take work that grows with their length alone: counted, for a text and for one twice and four times as long. */
import { describe, expect, it } from "vitest";
import { DETECTORS } from "#countersign/policy/judging/handling.ts";
import { credentialsOf } from "#rules/calls/masking/credentials.ts";
import { maskAnswer } from "#rules/calls/masking/mask-answer.ts";
import { detect } from "#rules/calls/secrets/detect.ts";
import { scanArguments } from "#rules/calls/secrets/scan-arguments.ts";
import { masksOf } from "#test/support/calls/masking.ts";

const LENGTH = 16_000;
const filled = (piece: string, length: number): string => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

/** Texts that begin something again and again, and never end it, or nearly are it. */
const HOSTILE = [
  "a",
  "1",
  "-----BEGIN RSA PRIVATE KEY-----",
  `-----BEGIN PRIVATE KEY-----\n${"A".repeat(40)}\n`,
  "eyJ",
  "eyJhbGciOiJIUzI1NiJ9.",
  "ghp_",
  "sk-",
  "AKIA",
  "xoxb-1-",
  "glpat-",
  "SG.a.",
  "@",
  "a@",
  "a@b.",
  "a@b.c@",
  "+1 2 ",
  "+",
  "(2",
  "1.2.",
  "1.1.1.1.",
  "::",
  "1:",
  "a:b",
  "4242 ",
  "4242-",
  "4 ",
  "DE89 ",
  "DE",
  "password=",
  "password:",
  'token = "',
  "secret==",
  "://",
  "://a:",
  "://a:b@",
  "Bearer ",
  "Bearer a1",
  "%41",
  "%25",
  "%",
  "\\u0041",
  "\\\\",
  "\\",
  '"',
  "{",
  "[",
  "AAAA/",
  "Ab1/",
  "Ab1-",
  "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5hJ7kL9 ",
  `${"QUJD".repeat(20)}.`,
  "dG9rZW4g",
  "AccountKey=",
  "\u{e0041}",
  "é",
  "PuTTY-User-Key-File-2: ",
  "[masked]",
  "[masked",
  "\n",
  " ",
];

const stepsOf = (run: (work: { steps: number }) => void): number => {
  const work = { steps: 0 };
  run(work);
  return work.steps;
};

/** More than twice as much, for twice the text: no. */
function expectLinear(steps: readonly number[]): void {
  const [once = 0, twice = 0, fourTimes = 0] = steps;
  expect(once).toBeGreaterThan(0);
  expect(twice / once).toBeLessThan(2.2);
  expect(fourTimes / twice).toBeLessThan(2.2);
}
const lengths = [LENGTH, 2 * LENGTH, 4 * LENGTH];

describe("work", () => {
  it.each(HOSTILE)("of every detector is linear over many of %j", (piece) => {
    const steps = lengths.map((length) => stepsOf((work) => void detect(filled(piece, length), new Set(DETECTORS), work)));
    expectLinear(steps);
    // Of ten megabytes no more either.
    expect((steps[2] ?? 0) / (4 * LENGTH)).toBeLessThan(1_500);
  });

  it("of the scan is linear in how much the arguments hold", () => {
    const args = (count: number) => ({ list: Array.from({ length: count }, (_, i) => ({ password: `x${i}`, text: `value ${i} ghp_` })) });
    expectLinear([2_000, 4_000, 8_000].map((count) => stepsOf((work) => void scanArguments(args(count), work))));
  });

  it.each(["a.*b|a", "x*x*x*y|x", "(a|aa)+$", "[a-z]+@[a-z]+\\.com", "(?:a.*END)?x", "a{1,50}b|a"])(
    "of the pattern %s is linear, also where finding every match would not be",
    async (pattern) => {
      const masks = await masksOf({ pattern });
      const message = (length: number) => `{"jsonrpc":"2.0","id":1,"result":{"t":"${filled("a", length)}${filled("x", length)}"}}`;
      const steps = [1_000, 2_000, 4_000].map((length) =>
        stepsOf((work) => void maskAnswer(message(length), masks, credentialsOf([]), work)),
      );
      expectLinear(steps);
      expect((steps[2] ?? 0) / 8_000).toBeLessThan(200);
    },
  );

  it("of a message is linear in its parts, and in how deep they are", async () => {
    const masks = await masksOf({ path: "$..a..b" }, { key: "secret" }, { detector: "token" });
    const wide = (count: number) => `{"result":{"list":[${Array.from({ length: count }, (_, i) => `{"a":{"b":${i}}}`).join(",")}]}}`;
    const deep = (count: number) => `{"result":${'{"a":['.repeat(count)}1${"]}".repeat(count)}}`;
    for (const message of [wide, deep]) {
      expectLinear(
        [2_000, 4_000, 8_000].map((count) => stepsOf((work) => void maskAnswer(message(count), masks, credentialsOf([]), work))),
      );
    }
  });
});
