/** Texts that are made to cost time: each is refused, or published, in a bounded one. Times of this machine, which others use. */
import { beforeEach, expect, test } from "vitest";
import { call, enrolFirst, type Someone } from "#test/workerd/support/people.ts";
import { given } from "#test/workerd/support/invited.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

/** What the platform gives a call is thirty seconds of work; this machine, busy, is slower than that. */
const LONGEST_MS = 20_000;
const HEAD = "type: countersign/policy@v1\n";
const rules = (count: number, when: (index: number) => string) =>
  `${HEAD}rules:\n${Array.from({ length: count }, (_, index) => `  - { name: r${index}, effect: deny, match: { when: '${when(index)}' } }\n`).join("")}`;

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
});

test.each([
  ["more than 256 KiB", HEAD + "#".repeat(262_144), ["too_large"]],
  ["256 KiB of brackets", (HEAD + "lists: " + "[".repeat(262_000)).slice(0, 262_144), ["too_deep"]],
  ["deep maps", `${HEAD}lists: ${"{a: ".repeat(5_000)}1${"}".repeat(5_000)}\n`, ["too_deep"]],
  ["aliases of aliases", `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n`, ["not_plain"]],
  ["10,000 rules", `${HEAD}rules:\n${"  - { name: a, effect: deny }\n".repeat(8_000)}`, ["bad_value"]],
  ["a pattern that takes exponential time elsewhere", rules(1, () => 'args.x.matches("^(a+)+$")'), []],
  ["rules with large patterns", rules(900, (index) => `args.x.matches("(?:a|b|c${index}){1,90}")`), ["too_costly"]],
  ["1,000 conditions", rules(1_000, (index) => `args.x == "${"a".repeat(150)}${index}"`), []],
  ["loops in loops in loops", rules(1, () => "args.a.all(x, args.b.all(y, args.c.all(z, x == y)))"), ["too_costly"]],
  ["half a million line ends", `${HEAD}${"\n".repeat(250_000)}`, []],
])("%s", async (_, source, expected) => {
  const beganMs = Date.now();
  const answer = await call("POST", "/api/v1/policies/check", { cookie: alex.cookie, body: { source } });
  if (source.length > 262_144) {
    expect(answer.status).toBe(400);
    return;
  }
  const { findings } = await given<{ findings: { code: string; level: string }[] }>(answer);
  expect(Date.now() - beganMs).toBeLessThan(LONGEST_MS);
  const codes = new Set(findings.filter(({ level }) => level === "error").map(({ code }) => code));
  expect([...codes]).toEqual(expected);
});
