import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { b64u, fromB64u } from "#countersign/encoding/bytes.ts";
import { checkCeremonyNonce, makeCeremonyNonce, NONCE_RANDOM_BYTES } from "#rules/ceremony-nonce.ts";

const SECRET = new Uint8Array(32).fill(2);
const RANDOM = Uint8Array.from({ length: NONCE_RANDOM_BYTES }, (_, i) => i);
const NOW = Date.UTC(2026, 10, 20, 9, 30);
const MINUTE = 60_000;

const make = (nowMs = NOW) => makeCeremonyNonce(SECRET, "admin", "usr_a", RANDOM, nowMs);

describe("a ceremony's nonce", () => {
  test("is frozen: time, randomness, and a tag over context and both", () => {
    expect(make()).toBe("AaH4SpXAAAECAwQFBgcICZJNm4yU2lLp3Nu-CJqKWcA");
    expect(fromB64u(make())).toHaveLength(32);
  });

  test("serves for 15 minutes from when it was issued", () => {
    const expiresMs = NOW + 15 * MINUTE;
    expect(checkCeremonyNonce(SECRET, "admin", "usr_a", make(), NOW)).toEqual({ ok: true, value: expiresMs });
    expect(checkCeremonyNonce(SECRET, "admin", "usr_a", make(), expiresMs - 1)).toEqual({ ok: true, value: expiresMs });
    expect(checkCeremonyNonce(SECRET, "admin", "usr_a", make(), expiresMs)).toEqual({ ok: false, refusal: { reason: "nonce-expired" } });
  });

  test("serves for no other purpose, context or service", () => {
    const notOurs = { ok: false, refusal: { reason: "nonce-not-ours" } };
    expect(checkCeremonyNonce(SECRET, "enrol", "usr_a", make(), NOW)).toEqual(notOurs);
    expect(checkCeremonyNonce(SECRET, "admin", "usr_b", make(), NOW)).toEqual(notOurs);
    expect(checkCeremonyNonce(SECRET, "admin", "", make(), NOW)).toEqual(notOurs);
    expect(checkCeremonyNonce(new Uint8Array(32).fill(3), "admin", "usr_a", make(), NOW)).toEqual(notOurs);
  });

  test("keeps the time it was issued at, whatever that is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (issuedMs) => {
        expect(checkCeremonyNonce(SECRET, "admin", "usr_a", make(issuedMs), issuedMs)).toEqual({ ok: true, value: issuedMs + 15 * MINUTE });
      }),
    );
  });

  test("is refused after any change, and so is anything else", () => {
    fc.assert(
      fc.property(fc.nat(31), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const bytes = fromB64u(make()) ?? new Uint8Array();
        bytes[place] = (bytes[place] ?? 0) ^ change;
        expect(checkCeremonyNonce(SECRET, "admin", "usr_a", b64u(bytes), NOW)).toEqual({
          ok: false,
          refusal: { reason: "nonce-not-ours" },
        });
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(checkCeremonyNonce(SECRET, "admin", "usr_a", text, NOW)).toEqual({ ok: false, refusal: { reason: "nonce-not-ours" } });
      }),
    );
  });
});
