/** A passkey that waits is confirmed by an admin's signature over exactly that passkey, or not at all. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Ceremony } from "#countersign/testing/software-passkey.ts";
import {
  addPasskey,
  admitted,
  changeRoles,
  confirm,
  draft,
  enrolInvited,
  given,
  invite,
  personOf,
  recordsOf,
  revoke,
  sendConfirmation,
  signFor,
  signRoles,
  type Waiting,
} from "#test/workerd/support/invited.ts";
import { authorise, call, draftAgent, enrolFirst, outcome, rowsOf, signIn, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let blair: Waiting;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  blair = await enrolInvited(await invite(alex));
});
afterEach(() => {
  vi.useRealTimers();
});

const REFUSED = [403, "decision_not_accepted"];
const draftFor = () => draft(alex, { operation: "passkey.enrolled", credential_id: blair.passkey.credentialId });

async function expectNothing(answer: Response, expected: unknown = REFUSED): Promise<void> {
  expect(await outcome(answer)).toEqual(expected);
  expect(await rowsOf("passkey")).toBe(1);
  expect(await rowsOf("person")).toBe(1);
  expect(await rowsOf("waiting_passkey")).toBe(1);
  expect(await recordsOf("passkey.enrolled")).toHaveLength(1);
}

describe("nothing is confirmed", () => {
  test.each([
    ["without a signature", undefined],
    ["by a text", "yes"],
    ["by something else in the list", [{ statement: {} }]],
  ])("%s", async (_, authorisation) => {
    await expectNothing(await sendConfirmation(alex, blair, authorisation), [400, "invalid_request"]);
  });

  test("by an empty list, or twice the same signature", async () => {
    await expectNothing(await sendConfirmation(alex, blair, []));
    const signed = await signFor(alex, blair.passkey);
    await expectNothing(await sendConfirmation(alex, blair, [...signed, ...signed]));
  });

  type Change = (statement: AdminStatement) => AdminStatement;
  const parameters =
    (change: object): Change =>
    (statement) => ({ ...statement, parameters: { ...statement.parameters, ...change } });
  const changes: [string, Change][] = [
    ["another operation", (statement) => ({ ...statement, operation: "role.changed" })],
    ["another origin", (statement) => ({ ...statement, origin: "https://evil.example" })],
    ["another admin", (statement) => ({ ...statement, admin: "usr_somebody" })],
    ["more roles", parameters({ roles: ["admin", "approver"] })],
    ["a group", parameters({ groups: ["ops"] })],
    ["another person", parameters({ person: { id: "usr_somebody", username: "blair" } })],
    ["another key", parameters({ credential: { id: "AA", public_key: "AA", alg: -7, backup_eligible: false } })],
    ["a nonce of one's own", (statement) => ({ ...statement, nonce: "A".repeat(43) })],
  ];
  test.each(changes)("by a signature under %s", async (_, change) => {
    await expectNothing(await sendConfirmation(alex, blair, await authorise(alex.passkey, change(await draftFor()))));
  });

  const wrong: [string, Partial<Ceremony>][] = [
    ["another origin", { origin: "https://evil.example", rpId: "gate.example.com" }],
    ["a frame of another site", { crossOrigin: true }],
    ["the user not verified", { userVerified: false }],
    ["another challenge", { challenge: new Uint8Array(32) }],
  ];
  test.each(wrong)("by a wrong assertion: %s", async (_, ceremony) => {
    await expectNothing(await sendConfirmation(alex, blair, await authorise(alex.passkey, await draftFor(), ceremony)));
  });

  test("by the passkey that waits itself", async () => {
    const statement = await draftFor();
    await expectNothing(await sendConfirmation(alex, blair, await authorise(blair.passkey, statement)));
    await expectNothing(await sendConfirmation(alex, blair, await authorise(blair.passkey, { ...statement, admin: blair.id })));
  });

  test("by a signature for another passkey, for roles, or for an agent", async () => {
    const own = await addPasskey(alex);
    const other = await signFor(alex, own.passkey);
    await revoke(alex, own);
    await expectNothing(await sendConfirmation(alex, blair, other));
    await expectNothing(await sendConfirmation(alex, blair, await signRoles(alex, alex.id, ["admin"])));
    await expectNothing(await sendConfirmation(alex, blair, await authorise(alex.passkey, await draftAgent(alex, "bot"))));
  });

  test("15 minutes after the statement was made", async () => {
    const signed = await signFor(alex, blair.passkey);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 15 * 60_000 });
    await expectNothing(await sendConfirmation(alex, blair, signed));
  });

  test("under another person's id, or of a passkey that is not there", async () => {
    const signed = await signFor(alex, blair.passkey);
    await expectNothing(await sendConfirmation(alex, { ...blair, id: alex.id }, signed), [404, "not_found"]);
    const nobody = await call("POST", "/admin/people/statement", {
      cookie: alex.cookie,
      body: { operation: "passkey.enrolled", credential_id: "AAAA" },
    });
    expect(await outcome(nobody)).toEqual([404, "not_found"]);
  });
});

test("a signature serves once: what it confirmed is not confirmed again, nor anything else", async () => {
  const signed = await signFor(alex, blair.passkey);
  expect((await sendConfirmation(alex, blair, signed)).status).toBe(200);
  expect(await outcome(await sendConfirmation(alex, blair, signed))).toEqual([404, "not_found"]);
  expect(await recordsOf("passkey.enrolled")).toHaveLength(2);
});

test("confirmed twice at once, it is logged once, and both are told so", async () => {
  const [one, other] = [await signFor(alex, blair.passkey), await signFor(alex, blair.passkey)];
  const answers = await Promise.all([sendConfirmation(alex, blair, one), sendConfirmation(alex, blair, other)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(await recordsOf("passkey.enrolled")).toHaveLength(2);
  expect(await rowsOf("passkey")).toBe(2);
});

test("confirmed and discarded at once, it is one of both", async () => {
  const signed = await signFor(alex, blair.passkey);
  const [confirmed, discarded] = await Promise.all([sendConfirmation(alex, blair, signed), revoke(alex, blair)]);
  expect(discarded.status).toBe(204);
  const standing = (await recordsOf("passkey.enrolled")).length - 1;
  expect(confirmed.status).toBe(standing === 1 ? 200 : 404);
  expect((await recordsOf("passkey.revoked")).length).toBe(standing);
  expect(await rowsOf("waiting_passkey")).toBe(0);
  expect(await outcome(await signIn(blair.passkey))).toEqual([401, "unauthorized"]);
});

test("only admins confirm", async () => {
  await given(await confirm(alex, blair));
  const casey = await admitted(alex, "casey", ["approver", "auditor"]);
  const dana = await enrolInvited(await invite(alex), "dana");
  const signed = await signFor(alex, dana.passkey);
  expect(await outcome(await sendConfirmation(casey, dana, signed))).toEqual([403, "forbidden"]);
  const drafted = await call("POST", "/admin/people/statement", {
    cookie: casey.cookie,
    body: { operation: "passkey.enrolled", credential_id: dana.passkey.credentialId },
  });
  expect(await outcome(drafted)).toEqual([403, "forbidden"]);
});

test("another admin's signature does not serve in one's own session", async () => {
  const casey = await admitted(alex, "casey", ["admin"]);
  const signed = await signFor(casey, blair.passkey);
  expect(await outcome(await sendConfirmation(alex, blair, signed))).toEqual(REFUSED);
  expect((await sendConfirmation(casey, blair, signed)).status).toBe(200);
});

test("what was signed of somebody known does not serve once they are something else", async () => {
  const casey = await admitted(alex, "casey", ["approver"]);
  const second = await addPasskey(casey);
  const signed = await signFor(alex, second.passkey);
  await given(await changeRoles(alex, casey.id, ["auditor"]));
  expect(await outcome(await sendConfirmation(alex, second, signed))).toEqual(REFUSED);
  await given(await confirm(alex, second));
  expect(await personOf(alex, casey.id)).toMatchObject({ roles: ["auditor"], passkeys: [{}, {}] });
  expect((await recordsOf("passkey.enrolled")).at(-1)).toMatchObject({ roles: ["auditor"] });
});
