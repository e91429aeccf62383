/** Every way of not becoming the first person. Nothing is written then. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { b64u, fromHex } from "#countersign/encoding/bytes.ts";
import type { Ceremony } from "#countersign/testing/software-passkey.ts";
import {
  call,
  enrolFirst,
  finishBody,
  introduction,
  offerFirstPasskey,
  ORIGIN,
  outcome,
  register,
  rowsOf,
  signIn,
  signInBody,
  someText,
} from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

beforeEach(emptyStorage);
afterEach(() => {
  vi.useRealTimers();
});

const finish = (body: unknown) => call("POST", "/setup/finish", { body });

async function expectNobody(): Promise<void> {
  expect(await rowsOf("person")).toBe(0);
  expect(await rowsOf("passkey")).toBe(0);
  expect(await rowsOf("session")).toBe(0);
  expect(await rowsOf("spent_nonce")).toBe(0);
}

describe("the offer", () => {
  test("asks for a discoverable credential, the user verified, no attestation, and algorithms that verify offline", async () => {
    const offer = await offerFirstPasskey();
    expect(offer.options).toMatchObject({
      rp: { id: "gate.example.com", name: "Countersign" },
      user: { id: b64u(new TextEncoder().encode(offer.person)), name: "alex", displayName: "Alex Example" },
      attestation: "none",
      authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
    });
    await expectNobody();
  });

  test.each([
    ["wrong", { token: `${env.SETUP_TOKEN}x` }],
    ["cut off", { token: env.SETUP_TOKEN.slice(0, -1) }],
  ])("needs the setup token: %s", async (_, wrong) => {
    expect(await outcome(await call("POST", "/setup/options", { body: { ...introduction, ...wrong } }))).toEqual([401, "unauthorized"]);
  });

  test.each([
    ["username", "Alex"],
    ["username", ""],
    ["username", "-alex"],
    ["username", "a".repeat(33)],
    ["username", "alex\u202e"],
    ["display_name", ""],
    ["display_name", "   "],
    ["display_name", "a".repeat(81)],
    ["display_name", "Alex\u0007"],
    ["display_name", 7],
    ["surname", "Example"],
  ])("names the field that does not fit: %s %j", async (field, value) => {
    const answer = await call("POST", "/setup/options", { body: { ...introduction, [field]: value } });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "invalid_request", errors: [{ field, message: someText }] });
  });
});

describe("the finish", () => {
  test.each(["ES256", "EdDSA", "RS256"] as const)("takes a passkey of %s, with which one can sign in", async (algorithm) => {
    const { passkey } = await enrolFirst({ algorithm });
    expect((await signIn(passkey)).status).toBe(200);
  });

  /** {"alg": -7, "sig": h'00', "x5c": [h'3001'], "ver": "2.0"}: certificates and signatures that nobody can read. */
  const statement = fromHex("a463616c672663736967410063783563814230016376657263322e30") ?? new Uint8Array();
  const formats = ["packed", "tpm", "android-key", "android-safetynet", "fido-u2f", "apple", "compound", "of-tomorrow"];
  test.each(formats)("takes a passkey that comes with an attestation nobody asked for as if it came without: %s", async (format) => {
    const offer = await offerFirstPasskey();
    const { passkey, response } = await register(offer, {}, { attestation: { format, statement } });
    expect((await finish(finishBody(offer, response))).status).toBe(200);
    expect((await signIn(passkey)).status).toBe(200);
  });

  test.each([1_023, 1_024])("takes a credential id of 1,023 bytes and no longer one: %d", async (length) => {
    const offer = await offerFirstPasskey();
    const { response } = await register(offer, {}, { credentialId: b64u(new Uint8Array(length).fill(7)) });
    const finished = await outcome(await finish(finishBody(offer, response)));
    expect(finished).toEqual(length === 1_023 ? [200, undefined] : [403, "decision_not_accepted"]);
  });

  const wrong: [string, Partial<Ceremony>][] = [
    ["another origin", { origin: "https://evil.example" }],
    ["another origin for our host name", { origin: "https://evil.example", rpId: "gate.example.com" }],
    ["another relying party", { rpId: "evil.example" }],
    ["another challenge", { challenge: new Uint8Array(32) }],
    ["an assertion's type", { type: "webauthn.get" }],
    ["a frame of another site", { crossOrigin: true }],
    ["a frame that names its top", { crossOrigin: true, topOrigin: "https://evil.example" }],
    ["a top without a frame", { topOrigin: "https://evil.example" }],
    ["the user not verified", { userVerified: false }],
    ["the user not present", { userPresent: false }],
    ["client data said twice", { clientDataText: (text) => text.replace("{", '{"type":"webauthn.create",') }],
  ];
  test.each(wrong)("refuses %s", async (_, ceremony) => {
    const offer = await offerFirstPasskey();
    const { response } = await register(offer, {}, ceremony);
    expect(await outcome(await finish(finishBody(offer, response)))).toEqual([403, "decision_not_accepted"]);
    await expectNobody();
  });

  test("refuses an id that is not the attested one", async () => {
    const offer = await offerFirstPasskey();
    const { response } = await register(offer);
    const id = b64u(new Uint8Array(32));
    expect(await outcome(await finish(finishBody(offer, { ...response, id, rawId: id })))).toEqual([403, "decision_not_accepted"]);
    await expectNobody();
  });

  test("refuses a public key that offline verifiers refuse", async () => {
    const offer = await offerFirstPasskey();
    const { response } = await register(offer, { algorithm: "RS256", modulusLength: 1024 });
    expect(await outcome(await finish(finishBody(offer, response)))).toEqual([403, "decision_not_accepted"]);
    await expectNobody();
  });

  test("refuses a challenge made for another person id, or by nobody", async () => {
    const offer = await offerFirstPasskey();
    const other = await offerFirstPasskey();
    const { response } = await register(offer);
    for (const body of [
      { ...finishBody(offer, response), person: other.person },
      { ...finishBody(offer, response), nonce: other.nonce },
      { ...finishBody(offer, response), nonce: b64u(new Uint8Array(32)) },
    ]) {
      expect(await outcome(await finish(body))).toEqual([403, "decision_not_accepted"]);
    }
    await expectNobody();
    expect((await finish(finishBody(offer, response))).status, "a failure spends nothing").toBe(200);
  });

  test("refuses a challenge of another purpose", async () => {
    const { nonce } = await signInBody((await register(await offerFirstPasskey())).passkey);
    const offer = await offerFirstPasskey();
    const { response } = await register(offer);
    expect(await outcome(await finish({ ...finishBody(offer, response), nonce }))).toEqual([403, "decision_not_accepted"]);
    await expectNobody();
  });

  test("refuses a challenge older than 15 minutes", async () => {
    const offer = await offerFirstPasskey();
    const { response } = await register(offer);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 15 * 60_000 });
    expect(await outcome(await finish(finishBody(offer, response)))).toEqual([403, "decision_not_accepted"]);
    await expectNobody();
  });

  test("needs the setup token again", async () => {
    const offer = await offerFirstPasskey();
    const { response } = await register(offer);
    expect(await outcome(await finish({ ...finishBody(offer, response), token: "guess" }))).toEqual([401, "unauthorized"]);
    await expectNobody();
  });

  test("works once: the same again, and another with the same token, are refused", async () => {
    const [offer, other] = [await offerFirstPasskey(), await offerFirstPasskey()];
    const { response } = await register(offer);
    const { response: otherResponse } = await register(other);
    expect((await finish(finishBody(offer, response))).status).toBe(200);
    expect(await outcome(await finish(finishBody(offer, response)))).toEqual([403, "forbidden"]);
    expect(await outcome(await finish({ ...finishBody(other, otherResponse), username: "sam" }))).toEqual([403, "forbidden"]);
    expect(await rowsOf("person")).toBe(1);
  });

  test("of two at once, one wins and the other leaves nothing", async () => {
    const offers = [await offerFirstPasskey(), await offerFirstPasskey()];
    const bodies = await Promise.all(
      offers.map(async (offer, i) => ({ ...finishBody(offer, (await register(offer)).response), username: `person-${i}` })),
    );
    const answers = await Promise.all(bodies.map(async (body) => outcome(await finish(body))));
    expect(answers.toSorted(([a], [b]) => a - b)).toEqual([
      [200, undefined],
      [403, "forbidden"],
    ]);
    expect(await rowsOf("person")).toBe(1);
    expect(await rowsOf("passkey")).toBe(1);
    expect(await rowsOf("session")).toBe(1);
  });

  test("comes from our own page", async () => {
    const offer = await offerFirstPasskey();
    const { response } = await register(offer);
    for (const origin of [null, "https://evil.example", "null", `${ORIGIN}.evil.example`, ORIGIN.replace("https", "http")]) {
      const answer = await call("POST", "/setup/finish", { body: finishBody(offer, response), origin });
      expect(await outcome(answer)).toEqual([403, "forbidden"]);
    }
    await expectNobody();
  });
});
