import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromB64u } from "#countersign/encoding/bytes.ts";
import { keyWords } from "#countersign/encoding/fingerprint-digits.ts";
import { keyFingerprint } from "#countersign/receipt-rules.ts";
import assertions from "#test/vectors/assertions.json" with { type: "json" };
import words from "#test/vectors/key-words.json" with { type: "json" };

describe("a key's digits", () => {
  it.each(words)("of $public_key are frozen", ({ public_key, fingerprint, digits }) => {
    expect(keyFingerprint(public_key)).toBe(fingerprint);
    expect(keyWords(fingerprint)).toBe(digits);
  });

  it("are those of the example in docs/formats.md", () => {
    const fingerprint = "4b782da2276df595413fd1bdd3fc0db5f83032f572baa68cb952d16f5ba1a9ee";
    expect(keyWords(fingerprint)).toBe("3751 4751 1309 8917 8921 4369");
  });

  it("are six groups of four, computed the long way round", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (hash) => {
        const groups = [0, 1, 2, 3, 4, 5].map((group) => {
          const number = BigInt(`0x${Buffer.from(hash.subarray(5 * group, 5 * group + 5)).toString("hex")}`);
          return String(number % 10_000n).padStart(4, "0");
        });
        expect(keyWords(Buffer.from(hash).toString("hex"))).toBe(groups.join(" "));
      }),
    );
  });

  it.each(["", "00", "AB".repeat(32), "0".repeat(63), "g".repeat(64)])("need a fingerprint: %j", (wrong) => {
    expect(() => keyWords(wrong)).toThrow("a fingerprint is a SHA-256");
  });

  it("belong to the bytes of the COSE_Key", () => {
    const [one] = assertions;
    const key = fromB64u(one?.public_key ?? "") ?? new Uint8Array();
    expect(keyFingerprint(one?.public_key ?? "")).toBe(createHash("sha256").update(key).digest("hex"));
  });
});
