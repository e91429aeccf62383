/** The key that a browser finds in what its authenticator made. */
import { describe, expect, test } from "vitest";
import { attestedKey } from "#countersign/webauthn/attested-key.ts";
import { concat, fromB64u, fromHex, utf8 } from "#countersign/encoding/bytes.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";

describe("the key in authenticator data", () => {
  const HEAD = concat(new Uint8Array(32), Uint8Array.of(0x45), new Uint8Array(4 + 16), Uint8Array.of(0, 16), new Uint8Array(16));
  /** {"credProtect": 2}, as security keys add it unasked. */
  const EXTENSIONS = concat(fromHex("a16b") ?? new Uint8Array(), utf8("credProtect"), Uint8Array.of(2));

  test.each(["ES256", "EdDSA", "RS256"] as const)("%s, with and without extensions behind it", async (algorithm) => {
    const passkey = await SoftwarePasskey.create({ algorithm, person: "usr_alex" });
    const key = fromB64u(passkey.publicKey) ?? new Uint8Array();
    expect(attestedKey(concat(HEAD, key))).toEqual(key);
    expect(attestedKey(concat(HEAD, key, EXTENSIONS))).toEqual(key);
  });

  test("none in data without one, or cut off", async () => {
    const passkey = await SoftwarePasskey.create({ person: "usr_alex" });
    const data = concat(HEAD, fromB64u(passkey.publicKey) ?? new Uint8Array());
    expect(attestedKey(data.slice(0, -1))).toBeNull();
    expect(attestedKey(new Uint8Array())).toBeNull();
    expect(attestedKey(data.map((byte, i) => (i === 32 ? 0x05 : byte)))).toBeNull();
  });
});
