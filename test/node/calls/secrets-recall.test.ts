/** How much of what is secret the scan finds, and that it finds it whatever it stands in. */
import { describe, expect, it } from "vitest";
import { b64, b64u, utf8 } from "#countersign/encoding/bytes.ts";
import { scanArguments } from "#rules/calls/secrets/scan-arguments.ts";
import { CONTEXTS, Made, SECRET_KINDS } from "#test/support/calls/made.ts";

const EACH = 40;
/** Their form alone says what they are, so that base64 of them can be told from other base64. */
const KNOWN_FORM = SECRET_KINDS.filter(({ what }) => !["card_number", "iban", "high_entropy", "jwt", "azure_storage_key"].includes(what));

const isFound = (text: string, what: string): boolean => scanArguments({ text }).some((found) => found.what === what);

describe("a secret of every kind", () => {
  it.each(CONTEXTS)("is found $name", ({ put }) => {
    const missed: string[] = [];
    for (const [index, { what, make }] of SECRET_KINDS.entries()) {
      const made = new Made(1_000 + index);
      for (let i = 0; i < EACH; i++) {
        const secret = make(made);
        if (!isFound(put(secret), what)) missed.push(`${what}: ${secret.slice(0, 60)}`);
      }
    }
    expect(missed.length, missed.join("\n")).toBeLessThanOrEqual((SECRET_KINDS.length * EACH) / 200);
  });

  it("is found percent-encoded in every character, and in base64 if its form is its own", () => {
    const missed: string[] = [];
    for (const [index, { what, make }] of SECRET_KINDS.entries()) {
      const made = new Made(2_000 + index);
      for (let i = 0; i < EACH; i++) {
        const secret = make(made);
        const percent = Array.from(utf8(secret), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
        if (!isFound(`q=${percent}`, what)) missed.push(`${what} as %`);
      }
    }
    for (const [index, { what, make }] of KNOWN_FORM.entries()) {
      const made = new Made(3_000 + index);
      for (let i = 0; i < EACH; i++) {
        const text = `value: ${make(made)}\n`;
        if (!isFound(`data: ${b64(utf8(text))}`, what)) missed.push(`${what} in base64`);
        if (!isFound(b64u(utf8(text)), what)) missed.push(`${what} in base64url`);
      }
    }
    expect(missed.slice(0, 10)).toEqual([]);
  });
});
