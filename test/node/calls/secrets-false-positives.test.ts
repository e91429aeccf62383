/** How rarely the scan takes something harmless for a secret: of every kind on its own, and of all together. */
import { describe, expect, it } from "vitest";
import { scanArguments } from "#rules/calls/secrets/scan-arguments.ts";
import { HARMLESS_KINDS, repositoryFiles } from "#test/support/calls/harmless.ts";
import { Made } from "#test/support/calls/made.ts";

const EACH = 200;

/** What is taken for a secret, of so many samples of a kind. */
function mistakesIn(kind: string, make: (made: Made) => string, seed: number): string[] {
  const made = new Made(seed);
  return Array.from({ length: EACH }, () => make(made)).flatMap((text) => {
    const found = scanArguments({ text });
    return found.length === 0 ? [] : [`${kind}: ${found.map(({ what }) => what).join(", ")} in ${text.slice(0, 160)}`];
  });
}

describe("harmless texts", () => {
  it("are taken for secrets in less than one of a hundred of every kind, and of all together in less than one of five hundred", () => {
    const kinds = Object.entries(HARMLESS_KINDS);
    const mistakes = kinds.map(([kind, make], index) => mistakesIn(kind, make, 5_000 + index));
    for (const of of mistakes) expect(of.length, of.slice(0, 5).join("\n")).toBeLessThan(EACH / 100 + 1);
    expect(mistakes.flat().length, mistakes.flat().join("\n")).toBeLessThan((kinds.length * EACH) / 500);
  });

  it("of this repository are, file by file, in less than one of a hundred", () => {
    const files = repositoryFiles();
    expect(files.length).toBeGreaterThan(400);
    const mistakes = files.flatMap(({ name, text }) => scanArguments({ text }).map(({ what }) => `${name}: ${what}`));
    const wrong = new Set(mistakes.map((one) => one.split(":")[0]));
    expect(wrong.size, mistakes.join("\n")).toBeLessThan(files.length / 100);
  });
});
