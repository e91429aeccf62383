/** Hashes that are derived for a purpose, against Node's own HMAC; and the bytes and text that they are made of. */
import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { fromUtf8, hex } from "#countersign/encoding/bytes.ts";
import { keyedHash } from "#countersign/encoding/keyed-hash.ts";

const hmac = (key: Uint8Array, message: Uint8Array | string): Uint8Array => createHmac("sha256", key).update(message).digest();
const secrets = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(1), new Uint8Array(64).fill(2)];
const purposes = ["countersign/one/v1", "countersign/two/v1", ""];
const messages = [new Uint8Array(), Uint8Array.of(7), new Uint8Array(200).fill(9)];

it("is HMAC under HMAC(secret, purpose), the second time as the first, whatever was hashed between", () => {
  for (let time = 0; time < 2; time++) {
    for (const secret of secrets)
      for (const purpose of purposes)
        for (const message of messages) {
          expect(hex(keyedHash(secret, purpose, message))).toBe(Buffer.from(hmac(hmac(secret, purpose), message)).toString("hex"));
        }
  }
});

it("hexadecimal has two lowercase digits for each byte", () => {
  const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect(hex(every)).toBe(Buffer.from(every).toString("hex"));
  expect(hex(new Uint8Array())).toBe("");
});

it("text is read alike after bytes that were none", () => {
  const [cutOff, mark] = [Uint8Array.of(0x61, 0xe2, 0x82), Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)];
  for (let time = 0; time < 2; time++) {
    expect(fromUtf8(cutOff)).toBeNull();
    expect(fromUtf8(mark)).toBe("\ufeffa");
    expect(fromUtf8(new TextEncoder().encode("€"))).toBe("€");
  }
});
