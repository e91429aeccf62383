import { verifyAuthenticationResponse } from "@simplewebauthn/server";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type AssertionRefusal, checkAssertion, rpIdOf } from "#countersign/webauthn/assertion.ts";
import { b64u, type Bytes, concat, fromB64u, fromHex } from "#countersign/encoding/bytes.ts";
import { type Algorithm, type Ceremony, SoftwarePasskey } from "#countersign/testing/software-passkey.ts";

const ORIGIN = "https://gate.example.com";
const CHALLENGE = new Uint8Array(64).fill(7);
const ALGORITHMS: readonly Algorithm[] = ["ES256", "EdDSA", "RS256"];
const bytes = (hexadecimal: string): Bytes => fromHex(hexadecimal) ?? new Uint8Array();

let passkeys: Record<Algorithm, SoftwarePasskey>;
beforeAll(async () => {
  const [es256, eddsa, rs256] = await Promise.all(ALGORITHMS.map((algorithm) => SoftwarePasskey.create({ algorithm })));
  passkeys = { ES256: es256 as SoftwarePasskey, EdDSA: eddsa as SoftwarePasskey, RS256: rs256 as SoftwarePasskey };
});

/** Our verdict: null if accepted. */
async function ours(algorithm: Algorithm, ceremony: Partial<Ceremony>): Promise<AssertionRefusal | null> {
  const passkey = passkeys[algorithm];
  const assertion = await passkey.sign({ challenge: CHALLENGE, origin: ORIGIN, ...ceremony });
  const checked = await checkAssertion({ assertion, challenge: CHALLENGE, origin: ORIGIN, publicKey: passkey.publicKey });
  return checked.ok ? null : checked.refusal;
}

/** SimpleWebAuthn's verdict on the same: null if accepted. */
async function theirs(algorithm: Algorithm, ceremony: Partial<Ceremony>): Promise<string | null> {
  const passkey = passkeys[algorithm];
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: await passkey.authenticate({ challenge: CHALLENGE, origin: ORIGIN, ...ceremony }),
      expectedChallenge: b64u(CHALLENGE),
      expectedOrigin: ORIGIN,
      expectedRPID: "gate.example.com",
      credential: { id: passkey.credentialId, publicKey: fromB64u(passkey.publicKey) ?? new Uint8Array(), counter: 0 },
      requireUserVerification: true,
    });
    return verified ? null : "bad signature";
  } catch (error) {
    return String(error);
  }
}

const flagsOf = (flags: number) => (data: Bytes) => concat(data.subarray(0, 32), Uint8Array.of(flags), data.subarray(33));
const P256_ORDER = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/** The contents of the two INTEGERs of a DER signature. */
function integersOf(der: Bytes): [Bytes, Bytes] {
  const lengthOfR = der[3] as number;
  return [der.slice(4, 4 + lengthOfR), der.slice(6 + lengthOfR)];
}
const der = (r: Uint8Array, s: Uint8Array): Bytes => {
  const body = concat(Uint8Array.of(2, r.length), r, Uint8Array.of(2, s.length), s);
  return concat(Uint8Array.of(0x30, body.length), body);
};

/** Accepted by both. */
const ACCEPTED: readonly [string, Partial<Ceremony>][] = [
  ["an ordinary assertion", {}],
  ["crossOrigin false", { crossOrigin: false }],
  ["members that nobody knows yet", { clientData: { other_keys_can_be_added_here: { a: [1, 2] } } }],
  ["a counter", { signCount: 4_294_967_295 }],
  ["a passkey that is backed up", { backupEligible: true, backedUp: true }],
  ["reserved flags", { authenticatorData: flagsOf(0x27) }],
  ["no extension outputs", { extensions: bytes("a0") }],
  ["extension outputs", { extensions: bytes("a2637576 6d8183190102 0402 6b6372656450726f7465637402".replaceAll(" ", "")) }],
];

/** Refused by us, with the reason; `lenient` where SimpleWebAuthn accepts it. */
const REFUSED: readonly [string, AssertionRefusal, Partial<Ceremony>, "lenient"?][] = [
  ["another challenge", "wrong-challenge", { challenge: new Uint8Array(64) }],
  ["half of the challenge", "wrong-challenge", { challenge: CHALLENGE.subarray(0, 32) }],
  ["a registration", "wrong-type", { type: "webauthn.create" }],
  ["a payment", "wrong-type", { type: "payment.get" }],
  ["another origin", "wrong-origin", { origin: "https://evil.example", rpId: "gate.example.com" }],
  ["another port", "wrong-origin", { origin: "https://gate.example.com:8443" }],
  ["no type", "wrong-type", { clientData: { type: undefined } }],
  ["a frame", "cross-origin", { crossOrigin: true }, "lenient"],
  ["a frame that is named", "cross-origin", { crossOrigin: true, topOrigin: "https://evil.example" }],
  ["a top origin without a frame", "cross-origin", { crossOrigin: false, topOrigin: "https://evil.example" }],
  ["an empty top origin", "cross-origin", { topOrigin: "" }, "lenient"],
  ["crossOrigin null", "cross-origin", { clientData: { crossOrigin: null } }, "lenient"],
  ["crossOrigin zero", "cross-origin", { clientData: { crossOrigin: 0 } }, "lenient"],
  [
    "a member twice",
    "malformed-client-data",
    { clientDataText: (text) => text.replace("{", `{"origin":"https://evil.example",`) },
    "lenient",
  ],
  ["client data after a byte order mark", "malformed-client-data", { clientDataText: (text) => `\ufeff${text}` }, "lenient"],
  ["client data that is a list", "malformed-client-data", { clientDataText: (text) => `[${text}]` }],
  ["client data cut off", "malformed-client-data", { clientDataText: (text) => text.slice(0, -1) }],
  ["a number that loses digits", "malformed-client-data", { clientDataText: (text) => text.replace("}", ',"a":1e999}') }, "lenient"],
  ["another relying party", "wrong-rp-id", { rpId: "evil.example" }],
  ["the domain above", "wrong-rp-id", { rpId: "example.com" }],
  ["nobody present", "user-not-present", { userPresent: false }],
  ["nobody verified", "user-not-verified", { userVerified: false }],
  ["backed up, but not eligible", "malformed-authenticator-data", { backedUp: true }],
  ["authenticator data cut off", "malformed-authenticator-data", { authenticatorData: (data) => data.slice(0, 36) }],
  ["bytes after the authenticator data", "malformed-authenticator-data", { authenticatorData: (data) => concat(data, Uint8Array.of(0)) }],
  ["extension outputs without their flag", "malformed-authenticator-data", { authenticatorData: (data) => concat(data, bytes("a0")) }],
  ["a flag without extension outputs", "malformed-authenticator-data", { authenticatorData: flagsOf(0x85) }],
  ["extension outputs that are a list", "malformed-authenticator-data", { extensions: bytes("80") }, "lenient"],
  ["extension outputs twice", "malformed-authenticator-data", { extensions: bytes("a0a0") }],
  ["extension outputs of indefinite length", "malformed-authenticator-data", { extensions: bytes("bfff") }],
  ["extension outputs with a name twice", "malformed-authenticator-data", { extensions: bytes("a2616101616102") }],
  ["extension outputs out of order", "malformed-authenticator-data", { extensions: bytes("a2616201616102") }, "lenient"],
  ["extension outputs cut off", "malformed-authenticator-data", { extensions: bytes("a1616141") }, "lenient"],
  ["attested credential data", "malformed-authenticator-data", { authenticatorData: flagsOf(0x45) }],
  ["no signature", "malformed-signature", { signature: () => new Uint8Array([0]) }],
];

describe.each(ALGORITHMS)("an assertion by %s", (algorithm) => {
  it.each(ACCEPTED)("is accepted by both verifiers: %s", async (_, ceremony) => {
    expect(await ours(algorithm, ceremony)).toBeNull();
    expect(await theirs(algorithm, ceremony)).toBeNull();
  });

  it.each(REFUSED)("is refused: %s (%s)", async (_, reason, ceremony, lenient) => {
    expect(await ours(algorithm, ceremony)).toBe(reason);
    expect((await theirs(algorithm, ceremony)) === null).toBe(lenient !== undefined);
  });

  it("is refused with any bit of the signature changed", async () => {
    const length = fromB64u((await passkeys[algorithm].sign({ challenge: CHALLENGE, origin: ORIGIN })).signature)?.length ?? 0;
    for (let at = 0; at < length; at += 3) {
      const flip = (signature: Bytes) => signature.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte));
      expect(await ours(algorithm, { signature: flip })).toMatch(/^(malformed|bad)-signature$/);
    }
  });

  it("is refused by another key", async () => {
    const other = await SoftwarePasskey.create({ algorithm });
    const assertion = await other.sign({ challenge: CHALLENGE, origin: ORIGIN });
    const { publicKey } = passkeys[algorithm];
    expect(await checkAssertion({ assertion, challenge: CHALLENGE, origin: ORIGIN, publicKey })).toEqual({
      ok: false,
      refusal: "bad-signature",
    });
  });

  it("tells what the authenticator says of itself", async () => {
    const passkey = passkeys[algorithm];
    const assertion = await passkey.sign({ challenge: CHALLENGE, origin: ORIGIN, signCount: 258, backupEligible: true, backedUp: true });
    expect(await checkAssertion({ assertion, challenge: CHALLENGE, origin: ORIGIN, publicKey: passkey.publicKey })).toEqual({
      ok: true,
      value: { signCount: 258, backupEligible: true, backedUp: true },
    });
  });
});

describe("a signature on P-256", () => {
  const changed = (change: (r: Bytes, s: Bytes) => Bytes) => ours("ES256", { signature: (signature) => change(...integersOf(signature)) });

  it("is accepted as the one DER encoding", async () => {
    expect(await changed(der)).toBeNull();
  });

  it("is accepted with s in the upper half, as authenticators make it", async () => {
    for (const wantsUpper of [true, false]) {
      const negated = (s: Bytes): Bytes => {
        const value = BigInt(`0x${P256_ORDER}`) - s.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
        const digits = bytes(value.toString(16).padStart(64, "0"));
        const start = digits.findIndex((byte) => byte !== 0);
        const minimal = digits.slice(start);
        return (minimal[0] as number) >= 0x80 ? concat(Uint8Array.of(0), minimal) : minimal;
      };
      expect(await changed((r, s) => der(r, wantsUpper ? negated(s) : s))).toBeNull();
    }
  });

  it.each<[string, (r: Bytes, s: Bytes) => Bytes]>([
    ["a padded r", (r, s) => der(concat(Uint8Array.of(0), r), s)],
    ["a padded s", (r, s) => der(r, concat(Uint8Array.of(0), s))],
    ["bytes after it", (r, s) => concat(der(r, s), Uint8Array.of(0))],
    ["bytes inside after s", (r, s) => concat(Uint8Array.of(0x30, r.length + s.length + 6), der(r, s).subarray(2), Uint8Array.of(5, 0))],
    ["a long form of the length", (r, s) => concat(Uint8Array.of(0x30, 0x81), der(r, s).subarray(1))],
    ["an indefinite length", (r, s) => concat(Uint8Array.of(0x30, 0x80), der(r, s).subarray(2), Uint8Array.of(0, 0))],
    [
      "a long form of an integer's length",
      (r, s) => {
        const body = concat(Uint8Array.of(2, 0x81, r.length), r, Uint8Array.of(2, s.length), s);
        return concat(Uint8Array.of(0x30, body.length), body);
      },
    ],
    ["another tag", (r, s) => concat(Uint8Array.of(0x31), der(r, s).subarray(1))],
    ["an integer of another tag", (r, s) => der(r, s).with(2, 3)],
    ["r of zero", (_, s) => der(Uint8Array.of(0), s)],
    ["s of zero", (r) => der(r, Uint8Array.of(0))],
    ["an empty r", (_, s) => der(new Uint8Array(), s)],
    ["a negative r", (_, s) => der(Uint8Array.of(0x80), s)],
    ["s of the group's order", (r) => der(r, bytes(`00${P256_ORDER}`))],
    ["r of the group's order", (_, s) => der(bytes(`00${P256_ORDER}`), s)],
    ["r of 33 bytes", (_, s) => der(new Uint8Array(33).fill(1), s)],
    ["only r", (r) => concat(Uint8Array.of(0x30, r.length + 2, 2, r.length), r)],
    ["plain r and s", (r, s) => concat(r, s)],
    ["nothing in it", () => Uint8Array.of(0x30, 0)],
    ["a length beyond its end", (r, s) => der(r, s).slice(0, -1)],
  ])("is refused with %s", async (_, change) => {
    expect(await changed(change)).toBe("malformed-signature");
  });
});

describe("an Ed25519 signature", () => {
  it.each<[string, (signature: Bytes) => Bytes]>([
    [
      "S not reduced",
      (signature) => {
        const order = 2n ** 252n + 27742317777372353535851937790883648493n;
        const s = signature.slice(32).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + order;
        return concat(
          signature.subarray(0, 32),
          Uint8Array.from({ length: 32 }, (_, at) => Number((s >> BigInt(8 * at)) & 255n)),
        );
      },
    ],
    ["R the identity", (signature) => concat(Uint8Array.of(1), new Uint8Array(31), signature.subarray(32))],
    ["R not reduced", (signature) => concat(bytes(`ee${"ff".repeat(30)}7f`), signature.subarray(32))],
    [
      "R of small order",
      (signature) => concat(bytes("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"), signature.subarray(32)),
    ],
    ["63 bytes", (signature) => signature.slice(0, 63)],
    ["65 bytes", (signature) => concat(signature, Uint8Array.of(0))],
  ])("is refused with %s", async (_, change) => {
    expect(await ours("EdDSA", { signature: change })).toBe("malformed-signature");
  });
});

describe("an RS256 signature", () => {
  it("is refused at any other length than the modulus has", async () => {
    expect(await ours("RS256", { signature: (signature) => signature.slice(1) })).toBe("malformed-signature");
    expect(await ours("RS256", { signature: (signature) => concat(Uint8Array.of(0), signature) })).toBe("malformed-signature");
  });
});

describe("both verifiers", () => {
  it("accept whatever ours accepts", async () => {
    const hostile = fc.constantFrom<Partial<Ceremony>>(...ACCEPTED.map(([, one]) => one), ...REFUSED.map(([, , one]) => one));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ALGORITHMS),
        hostile,
        hostile,
        fc.uint8Array({ maxLength: 6 }),
        async (algorithm, one, other, extensions) => {
          for (const ceremony of [
            { ...one, ...other },
            { extensions: concat(extensions) },
            { extensions: concat(bytes("a16161"), extensions) },
          ]) {
            if ((await ours(algorithm, ceremony)) === null) expect(await theirs(algorithm, ceremony)).toBeNull();
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("the relying party of an origin", () => {
  it.each([
    ["https://gate.example.com", "gate.example.com"],
    ["https://gate.example.com:8443", "gate.example.com"],
    ["http://localhost:8787", "localhost"],
  ])("of %s is %s", (origin, rpId) => {
    expect(rpIdOf(origin)).toBe(rpId);
  });

  it.each([
    "",
    "gate.example.com",
    "https://",
    "https://gate.example.com/",
    "https://Gate.example.com",
    "https://a@b.example",
    "ftp://a.example",
    "https://[::1]",
    "https://a.example:0",
    "https://a..example",
    "https://a.example\n",
  ])("there is none of %j", (origin) => {
    expect(rpIdOf(origin)).toBeNull();
  });
});
