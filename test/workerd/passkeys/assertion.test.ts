/** The offline check in workerd: the same verdicts as in Node, on another implementation of the algorithms. */
import { describe, expect, it } from "vitest";
import { checkAssertion } from "#countersign/webauthn/assertion.ts";
import { b64u, type Bytes, concat, fromB64u, fromHex } from "#countersign/encoding/bytes.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";

const ORIGIN = "https://gate.example.com";
const CHALLENGE = new Uint8Array(64).fill(7);

describe.each(["ES256", "EdDSA", "RS256"] as const)("an assertion by %s", (algorithm) => {
  it("is accepted, and refused with its signature changed", async () => {
    const passkey = await SoftwarePasskey.create({ algorithm });
    const { publicKey } = passkey;
    const verdict = async (signature: (bytes: Bytes) => Bytes) => {
      const assertion = await passkey.sign({ challenge: CHALLENGE, origin: ORIGIN, signature });
      return await checkAssertion({ assertion, challenge: CHALLENGE, origin: ORIGIN, publicKey });
    };
    expect(await verdict((signature) => signature)).toMatchObject({ ok: true });
    expect(await verdict((signature) => signature.with(-1, (signature.at(-1) ?? 0) ^ 1))).toEqual({ ok: false, refusal: "bad-signature" });
  });
});

describe("a key that nobody has", () => {
  it("refuses every signature and throws nothing", async () => {
    const es = await SoftwarePasskey.create({ algorithm: "EdDSA" });
    const rs = await SoftwarePasskey.create({ algorithm: "RS256" });
    const offCurve = concat((fromB64u(es.publicKey) as Bytes).subarray(0, 10), fromHex(`02${"00".repeat(31)}`) as Bytes);
    const modulus = concat(Uint8Array.of(0x80), new Uint8Array(254), Uint8Array.of(1));
    const smooth = concat(fromHex("a401030339010020590100") as Bytes, modulus, fromHex("2143010001") as Bytes);
    for (const [passkey, publicKey] of [
      [es, offCurve],
      [rs, smooth],
    ] as const) {
      const assertion = await passkey.sign({ challenge: CHALLENGE, origin: ORIGIN });
      const checked = await checkAssertion({ assertion, challenge: CHALLENGE, origin: ORIGIN, publicKey: b64u(publicKey) });
      expect(checked).toEqual({ ok: false, refusal: "bad-signature" });
    }
  });
});
