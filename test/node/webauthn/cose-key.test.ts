import { describe, expect, it } from "vitest";
import { type Bytes, concat, fromB64u, fromHex } from "#countersign/encoding/bytes.ts";
import { parseCoseKey } from "#countersign/webauthn/cose-key.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";

const bytes = (hexadecimal: string): Bytes => {
  const decoded = fromHex(hexadecimal.replaceAll(" ", ""));
  if (decoded === null) throw new Error("not hexadecimal");
  return decoded;
};

/** The generator of P-256 (SP 800-186, section 3.2.1.3), and the public key of the first test of RFC 8032, section 7.1. */
const X = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
const Y = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
const ED = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
/** A point of P-256 with x = 5; the same x with the prime added. */
const Y_OF_FIVE = "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc";
const NOT_REDUCED = "ffffffff00000001000000000000000000000001000000000000000000000004";
const ES256 = `a5010203262001215820${X}225820${Y}`;
const EDDSA = `a4010103272006215820${ED}`;
const rsa = (modulus: string): string =>
  `a4010303390100205${modulus.length / 2 > 255 ? 9 : 8}${(modulus.length / 2).toString(16).padStart(modulus.length / 2 > 255 ? 4 : 2, "0")}${modulus}2143010001`;
const modulus = (byteLength: number, first = "80", last = "01"): string => `${first}${"00".repeat(byteLength - 2)}${last}`;

describe("a COSE_Key", () => {
  it("is read for each algorithm", () => {
    expect(parseCoseKey(bytes(ES256))).toEqual({ ok: true, value: { alg: -7, x: bytes(X), y: bytes(Y) } });
    expect(parseCoseKey(bytes(EDDSA))).toEqual({ ok: true, value: { alg: -8, x: bytes(ED) } });
    expect(parseCoseKey(bytes(rsa(modulus(256))))).toEqual({ ok: true, value: { alg: -257, n: bytes(modulus(256)) } });
    expect(parseCoseKey(bytes(rsa(modulus(512, "ff")))).ok).toBe(true);
  });

  it("is read with any point of the curve", () => {
    const five = `${"00".repeat(31)}05`;
    expect(parseCoseKey(bytes(ES256.replace(X, five).replace(Y, Y_OF_FIVE))).ok).toBe(true);
  });

  it("of WebCrypto's making is read", async () => {
    for (const algorithm of ["ES256", "EdDSA", "RS256"] as const) {
      const passkey = await SoftwarePasskey.create({ algorithm });
      const read = parseCoseKey(fromB64u(passkey.publicKey) ?? new Uint8Array());
      expect(read.ok && read.value.alg).toBe(passkey.alg);
    }
  });

  it.each([
    ["nothing", ""],
    ["bytes after it", `${ES256}00`],
    ["a byte missing", ES256.slice(0, -2)],
    ["an indefinite map", `bf${ES256.slice(2)}ff`],
    ["an indefinite coordinate", `a50102032620012158 20${X}225f5820${Y}ff`],
    ["a longer form of a label", `a5180102${ES256.slice(6)}`],
    ["labels in another order", `a5030a0102`],
    ["alg before kty", `a5 0326 0102 2001 215820${X} 225820${Y}`],
    ["a further label", `a6010203262001215820${X}225820${Y}0440`],
    ["a label fewer", `a4010203262001215820${X}`],
    ["a compressed point", `a5010203262001215820${X}22f5`],
    ["P-384", ES256.replace("2001", "2002")],
    ["ES384", ES256.replace("0326", "033822")],
    ["ESP256", ES256.replace("0326", "0328")],
    ["Ed448", EDDSA.replace("2006", "2007")],
    ["X25519", EDDSA.replace("2006", "2004")],
    ["a short x", `a501020326200121581f${X.slice(2)}225820${Y}`],
    ["RS1", rsa(modulus(256)).replace("390100", "39fffe")],
    ["PS256", rsa(modulus(256)).replace("390100", "3824")],
    ["an exponent of 3", rsa(modulus(256)).replace("2143010001", "214103")],
    ["a padded exponent", rsa(modulus(256)).replace("2143010001", "214400010001")],
    ["a modulus of 1,024 bits", rsa(modulus(128))],
    ["a modulus longer than its encoding", rsa(modulus(256)).slice(0, -20)],
  ])("is refused with %s", (_, encoded) => {
    expect(parseCoseKey(bytes(encoded))).toEqual({ ok: false, refusal: "malformed-key" });
  });

  it.each([
    ["a point off the curve", ES256.replace(/f5$/, "f4")],
    ["x not reduced", ES256.replace(X, NOT_REDUCED).replace(Y, Y_OF_FIVE)],
    ["the point at zero", ES256.replace(X, "00".repeat(32)).replace(Y, "00".repeat(32))],
    ["the identity of Ed25519", EDDSA.replace(ED, `01${"00".repeat(31)}`)],
    ["the identity with its sign", EDDSA.replace(ED, `01${"00".repeat(30)}80`)],
    ["the point of order 2", EDDSA.replace(ED, `ec${"ff".repeat(30)}7f`)],
    ["a point of order 4", EDDSA.replace(ED, "00".repeat(32))],
    ["a point of order 8", EDDSA.replace(ED, "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")],
    ["another point of order 8", EDDSA.replace(ED, "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")],
    ["y not reduced", EDDSA.replace(ED, `ed${"ff".repeat(30)}7f`)],
  ])("is refused with %s", (_, encoded) => {
    expect(parseCoseKey(bytes(encoded))).toEqual({ ok: false, refusal: "point-not-sound" });
  });

  it.each([
    ["2,047 bits", rsa(modulus(256, "7f"))],
    ["a padded modulus", rsa(`00${modulus(256)}`)],
    ["4,097 bits", rsa(modulus(513, "01"))],
    ["an even modulus", rsa(modulus(256, "80", "02"))],
  ])("is refused with %s", (_, encoded) => {
    expect(parseCoseKey(bytes(encoded))).toEqual({ ok: false, refusal: "modulus-not-sound" });
  });

  it("is refused with any byte outside the key material changed", () => {
    for (const [encoded, fixed] of [
      [ES256, [...Array(10).keys(), 42, 43, 44]],
      [EDDSA, [...Array(10).keys()]],
    ] as const) {
      for (const at of fixed) {
        const changed = concat(bytes(encoded));
        changed[at] = (changed[at] as number) ^ 1;
        expect(parseCoseKey(changed)).toEqual({ ok: false, refusal: "malformed-key" });
      }
    }
  });
});
