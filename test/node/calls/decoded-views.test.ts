/** Bytes written as `%XX` read as UTF-8 reads them (RFC 3629), and each for itself where they are none. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodedViews } from "#rules/calls/masking/decoded.ts";

const fatal = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const percent = (bytes: Iterable<number>): string => Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
const read = (text: string): string => [...decodedViews(text)][1]?.text ?? text;

test("every character that there is", () => {
  for (let code = 0x26; code <= 0x10ffff; code += code < 0x3000 ? 1 : 97) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    expect(read(percent(new TextEncoder().encode(character))), code.toString(16)).toBe(character);
  }
});

test("whatever bytes: as the platform reads them, or byte for byte", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 });
  const near = fc.array(fc.constantFrom(0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.oneof(bytes, near.map(Uint8Array.from.bind(Uint8Array))), (some) => {
      const isOne = (): string | null => {
        try {
          return fatal.decode(some);
        } catch {
          return null;
        }
      };
      const whole = isOne();
      if (whole !== null) expect(read(percent(some))).toBe(whole);
      else expect(read(percent(some)).length).toBeGreaterThan(0);
      // What is no UTF-8 by its first byte alone stays that byte.
      if (some.length === 1 && (some[0] ?? 0) >= 0x80) expect(read(percent(some))).toBe(String.fromCharCode(some[0] ?? 0));
    }),
    { numRuns: 3_000 },
  );
});
