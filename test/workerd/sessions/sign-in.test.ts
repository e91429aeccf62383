/** Every way of not getting in: no session comes of them, and whoever holds the passkey is told why. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { b64u, utf8 } from "#countersign/encoding/bytes.ts";
import { ceremonyChallenge, type SignInStatement } from "#countersign/documents/ceremony.ts";
import { type Ceremony, SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import {
  call,
  draftAgent,
  enrolFirst,
  offerFirstPasskey,
  ORIGIN,
  outcome,
  rowsOf,
  signIn,
  signInBody,
  type Someone,
  textLike,
} from "#test/workerd/support/people.ts";
import { addPasskey, admitted, revoke } from "#test/workerd/support/invited.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  await call("POST", "/sign-out", { cookie: alex.cookie });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The first person, with a session. */
async function enrolledAgain(): Promise<Someone> {
  await emptyStorage();
  return enrolFirst();
}

const finish = (body: unknown) => call("POST", "/sign-in/finish", { body });
async function expectNotIn(answer: Response): Promise<void> {
  expect(answer.headers.get("set-cookie")).toBeNull();
  expect(await outcome(answer)).toEqual([401, "unauthorized"]);
  expect(await rowsOf("session")).toBe(0);
}

test("the offer names no credential, wants the user verified, and stores nothing", async () => {
  const before = await rowsOf("spent_nonce");
  const offer = await (await call("POST", "/sign-in/options")).json();
  expect(offer).toMatchObject({ options: { rpId: "gate.example.com", userVerification: "required", allowCredentials: [] } });
  expect(await rowsOf("spent_nonce")).toBe(before);
});

describe("the finish refuses", () => {
  const wrong: [string, Partial<Ceremony>][] = [
    ["another origin", { origin: "https://evil.example" }],
    ["another origin for our host name", { origin: "https://evil.example", rpId: "gate.example.com" }],
    ["another relying party", { rpId: "evil.example" }],
    ["another challenge", { challenge: new Uint8Array(32) }],
    ["a registration's type", { type: "webauthn.create" }],
    ["a frame of another site", { crossOrigin: true }],
    ["a frame that names its top", { crossOrigin: true, topOrigin: "https://evil.example" }],
    ["the user not verified", { userVerified: false }],
    ["the user not present", { userPresent: false }],
    ["backup eligibility changed", { backupEligible: true }],
    ["no user handle", { userHandle: null }],
    ["another person's user handle", { userHandle: b64u(utf8("usr_somebody")) }],
    ["a credential nobody has", { credentialId: b64u(new Uint8Array(32)) }],
    ["a changed signature", { signature: (bytes) => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)) }],
    ["a signature with a tail", { signature: (bytes) => Uint8Array.of(...bytes, 0) }],
    ["client data said twice", { clientDataText: (text) => text.replace("{", '{"type":"webauthn.get",') }],
  ];
  test.each(wrong)("%s", async (_, ceremony) => {
    await expectNotIn(await signIn(alex.passkey, ceremony));
  });

  test("a passkey that was never enrolled", async () => {
    await expectNotIn(await signIn(await SoftwarePasskey.create({ person: alex.id })));
  });

  test("a revoked passkey", async () => {
    await env.DB.prepare("UPDATE passkey SET revoked_at = '2026-11-20T09:30:00.000Z'").run();
    await expectNotIn(await signIn(alex.passkey));
  });

  test("a challenge older than 15 minutes, and a fresh one passes", async () => {
    const body = await signInBody(alex.passkey);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 15 * 60_000 });
    await expectNotIn(await finish(body));
    expect((await signIn(alex.passkey)).status).toBe(200);
  });

  test("a nonce of another purpose, signed as if it were for this one", async () => {
    const signedIn = await signIn(alex.passkey);
    alex = { ...alex, cookie: signedIn.headers.get("set-cookie")?.split(";")[0] ?? "" };
    const { nonce } = await draftAgent(alex, "bot");
    await call("POST", "/sign-out", { cookie: alex.cookie });
    const statement: SignInStatement = { type: "countersign/sign-in@v1", origin: ORIGIN, nonce };
    const response = await alex.passkey.authenticate({ challenge: ceremonyChallenge(statement), origin: ORIGIN });
    await expectNotIn(await finish({ nonce, response }));
  });

  test("an assertion over an enrolment's challenge", async () => {
    const { nonce } = await signInBody(alex.passkey);
    const challenge = ceremonyChallenge({ type: "countersign/enrol@v1", origin: ORIGIN, person: alex.id, nonce });
    await expectNotIn(await finish({ nonce, response: await alex.passkey.authenticate({ challenge, origin: ORIGIN }) }));
  });
});

test("a failure spends nothing, a success does: the same again is refused", async () => {
  const body = await signInBody(alex.passkey);
  await expectNotIn(await finish({ ...body, response: { ...body.response, response: { ...body.response.response, signature: "AAAA" } } }));
  expect((await finish(body)).status).toBe(200);
  expect(await outcome(await finish(body))).toEqual([401, "unauthorized"]);
  expect(await rowsOf("session")).toBe(1);
});

test("of the same assertion twice at once, one gets in", async () => {
  const body = await signInBody(alex.passkey);
  const answers = await Promise.all([finish(body), finish(body), finish(body)].map(async (answer) => (await answer).status));
  expect(answers.toSorted((a, b) => a - b)).toEqual([200, 401, 401]);
  expect(await rowsOf("session")).toBe(1);
});

test("an authenticator that counts must count on", async () => {
  expect((await signIn(alex.passkey, { signCount: 5 })).status).toBe(200);
  await env.DB.prepare("DELETE FROM session").run();
  await expectNotIn(await signIn(alex.passkey, { signCount: 5 }));
  await expectNotIn(await signIn(alex.passkey, { signCount: 4 }));
  expect((await signIn(alex.passkey, { signCount: 6 })).status).toBe(200);
});

test("a synced passkey signs in, backed up or not", async () => {
  await emptyStorage();
  const { passkey } = await enrolFirst({ backupEligible: true });
  expect((await signIn(passkey, { backedUp: true })).status).toBe(200);
  expect((await signIn(passkey, { backedUp: false })).status).toBe(200);
  expect(await outcome(await signIn(passkey, { backupEligible: false }))).toEqual([401, "unauthorized"]);
});

describe("whoever holds the passkey is told what happened and what to do:", () => {
  type Refusal = { code: string; detail: string; passkey?: string };
  const refusalOf = async (answer: Response | Promise<Response>): Promise<Refusal> => (await answer).json<Refusal>();
  const unauthorized = (detail: RegExp, more: Partial<Refusal> = {}): unknown =>
    expect.objectContaining({ code: "unauthorized", detail: textLike(detail), ...more });

  test("unknown, waiting, revoked, changed, counted back, too late, used", async () => {
    const boss = await enrolledAgain();
    const waiting = await addPasskey(boss);
    const revoked = await admitted(boss, "blair");
    await revoke(boss, revoked);
    const stranger = await SoftwarePasskey.create({ person: boss.id });
    const body = await signInBody(boss.passkey);
    expect((await finish(body)).status).toBe(200);
    expect(await refusalOf(finish(body))).toEqual(unauthorized(/answered already\. Try again/));
    expect((await signIn(boss.passkey, { signCount: 5 })).status).toBe(200);

    expect(await refusalOf(signIn(stranger))).toEqual(unauthorized(/does not know this passkey.*invite you again/, { passkey: "unknown" }));
    expect(await refusalOf(signIn(waiting.passkey))).toEqual(unauthorized(/waiting for an admin.*Read its digits to one/));
    expect(await refusalOf(signIn(revoked.passkey))).toEqual(unauthorized(/was revoked.*Use another one/, { passkey: "unknown" }));
    expect(await refusalOf(signIn(boss.passkey, { backupEligible: true }))).toEqual(
      unauthorized(/about being synchronised.*tell an admin/),
    );
    expect(await refusalOf(signIn(boss.passkey, { signCount: 4 }))).toEqual(unauthorized(/counter went back.*tell an admin/));
    const late = await signInBody(boss.passkey);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 15 * 60_000 });
    expect(await refusalOf(finish(late))).toEqual(unauthorized(/took too long.*Try again/));
  });

  test("but who does not hold it learns nothing of how it stands", async () => {
    const boss = await enrolledAgain();
    const waiting = await addPasskey(boss);
    const revoked = await admitted(boss, "blair");
    await revoke(boss, revoked);
    const wrongly = { challenge: new Uint8Array(32) };
    const [ofStanding, ofRevoked] = [await refusalOf(signIn(boss.passkey, wrongly)), await refusalOf(signIn(revoked.passkey, wrongly))];
    expect(ofRevoked).toEqual(ofStanding);
    expect(ofRevoked).not.toHaveProperty("passkey");
    const [ofWaiting, ofNone] = [
      await refusalOf(signIn(waiting.passkey, wrongly)),
      await refusalOf(signIn(await SoftwarePasskey.create({ person: boss.id }))),
    ];
    expect(ofWaiting).toEqual(ofNone);
  });
});

test("the setup offer is no way in for a known passkey", async () => {
  await expect(offerFirstPasskey()).resolves.toMatchObject({ code: "forbidden" });
});
