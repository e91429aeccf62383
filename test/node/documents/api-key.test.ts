import fc from "fast-check";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { API_KEY_RANDOM_BYTES, apiKeyFrom, apiKeyHash, isApiKey } from "#countersign/documents/api-key.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const randomBytes = fc
  .uint8Array({ minLength: API_KEY_RANDOM_BYTES, maxLength: API_KEY_RANDOM_BYTES })
  .filter((bytes) => bytes.filter((byte) => byte < 248).length >= 30);

describe("the form of a key", () => {
  test("is frozen: prefix, 30 base62 characters, CRC-32 of all before it in 6 more", () => {
    const counting = Uint8Array.from({ length: API_KEY_RANDOM_BYTES }, (_, i) => i);
    expect(apiKeyFrom(counting)).toBe("csk_0123456789ABCDEFGHIJKLMNOPQRST47lSi8");
    expect(apiKeyHash("csk_0123456789ABCDEFGHIJKLMNOPQRST47lSi8")).toBe("c673dbf5ab47e5f92ee7a93ce4725ee7e0ebc6b0c5360d51e917e2b4dfbe18cb");
  });

  test("carries the CRC-32 that everybody else computes", () => {
    fc.assert(
      fc.property(randomBytes, (random) => {
        const key = apiKeyFrom(random);
        const digits = key.slice(-6).split("");
        expect(digits.reduce((number, digit) => number * 62 + BASE62.indexOf(digit), 0)).toBe(crc32(key.slice(0, -6)));
        expect(isApiKey(key)).toBe(true);
      }),
    );
  });

  test("any one changed character is noticed", () => {
    fc.assert(
      fc.property(randomBytes, fc.nat(39), fc.nat(61), (random, place, digit) => {
        const key = apiKeyFrom(random);
        const changed = key.slice(0, place) + BASE62.charAt(digit) + key.slice(place + 1);
        fc.pre(changed !== key);
        expect(isApiKey(changed)).toBe(false);
      }),
    );
  });

  test.each([
    "",
    "csk_",
    "CSK_0123456789ABCDEFGHIJKLMNOPQRST0F9Tnr",
    " csk_0123456789ABCDEFGHIJKLMNOPQRST47lSi8",
    "csk_0123456789ABCDEFGHIJKLMNOPQRST47lSi8\n",
  ])("%j is not one", (text) => expect(isApiKey(text)).toBe(false));
});

describe("characters of a key", () => {
  test("are equally likely: of all bytes, those that would favour some are passed over", () => {
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 256; byte++) {
      if (byte >= 248) continue;
      const character = apiKeyFrom(new Uint8Array(API_KEY_RANDOM_BYTES).fill(byte)).charAt(4);
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect(counts.size).toBe(62);
    expect(new Set(counts.values())).toEqual(new Set([4]));
    expect(apiKeyFrom(Uint8Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? 250 : 7))).slice(4, 34)).toBe("7".repeat(30));
  });

  test("are not made of bytes that cannot be random", () => {
    expect(() => apiKeyFrom(new Uint8Array(API_KEY_RANDOM_BYTES).fill(255))).toThrow("not enough randomness");
  });
});
