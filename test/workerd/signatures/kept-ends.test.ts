/** ADMINS_REQUIRED=2: a first signature ends with its signer's role or passkey, for good, and whenever the signer takes it back. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { readConfig } from "#config/config.ts";
import { confirmPasskey } from "#gate/people/confirm-passkey.ts";
import { peoplePorts } from "#composition/people-ports.ts";
import type { ProposedAgent } from "#api/people-data.ts";
import {
  addPasskey,
  admitted,
  changeRoles,
  confirm,
  enrolInvited,
  enter,
  given,
  invite,
  meanwhile,
  personOf,
  recordsOf,
  revoke,
  sendConfirmation,
  sendRoles,
  signFor,
  signRoles,
  type Waiting,
} from "#test/workerd/support/invited.ts";
import { authorise, call, draftAgent, enrolFirst, outcome, rowsOf, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const TWO = { ADMINS_REQUIRED: "2" };
const SPENT = [403, "decision_not_accepted"];
const GONE = [404, "not_found"];

let alex: Someone;
let blair: Someone;
let casey: Waiting;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  blair = await admitted(alex, "blair", ["admin", "approver"]);
  casey = await enrolInvited(await invite(alex, { roles: ["admin"] }), "casey");
});

const operationFor = async (viewer: Someone, person: Waiting): Promise<string> =>
  (await personOf(viewer, person.id, TWO)).waiting[0]?.operation ?? "";
const takeBack = (admin: Someone, operation: string): Promise<Response> =>
  call("DELETE", `/api/v1/signatures/${operation}`, { cookie: admin.cookie });
const stillOne = async (admin: Someone): Promise<void> => {
  expect(await (await confirm(admin, casey, TWO)).json()).toEqual({ signatures: 1, required: 2 });
};

test("ends with the role: an admin again, its signer has signed nothing", async () => {
  expect((await confirm(blair, casey, TWO)).status).toBe(202);
  await given(await changeRoles(alex, blair.id, ["approver"]));
  expect(await rowsOf("proposal")).toBe(0);
  await given(await changeRoles(alex, blair.id, ["admin", "approver"]));
  await stillOne(alex);
  expect((await confirm(blair, casey, TWO)).status).toBe(200);
});

test("ends with the passkey that gave it, and with no other", async () => {
  const second = await addPasskey(blair);
  await given(await confirm(alex, second));
  const other = await enter(second);
  expect((await confirm(other, casey, TWO)).status).toBe(202);
  expect((await revoke(alex, blair)).status).toBe(204);
  expect(await rowsOf("proposal")).toBe(1);
  const third = await addPasskey(other);
  await given(await confirm(alex, third));
  expect((await revoke(alex, second)).status).toBe(204);
  expect(await rowsOf("proposal")).toBe(0);
  blair = await enter(third);
  await stillOne(alex);
});

test("is not kept any more once the signer's role ended, were it a moment ago", async () => {
  const ports = await peoplePorts(env, readConfig({ ...env, ...TWO }));
  const signed = await signFor(blair, casey.passkey);
  const roleEndsFirst: typeof ports.keepSignatures = async (...signatures) => {
    await given(await changeRoles(alex, blair.id, ["approver"]));
    return ports.keepSignatures(...signatures);
  };
  const which = { personId: casey.id, credentialId: casey.passkey.credentialId };
  const kept = await confirmPasskey(which, blair.id, signed, { ...ports, keepSignatures: roleEndsFirst });
  expect(kept).toEqual({ ok: false, refusal: { reason: "not-an-admin" } });
  expect(await rowsOf("proposal")).toBe(0);
});

test("is taken back by whoever gave it, and by nobody else; then it can be given anew", async () => {
  expect((await confirm(alex, casey, TWO)).status).toBe(202);
  const operation = await operationFor(blair, casey);
  expect(await outcome(await takeBack(blair, operation))).toEqual(GONE);
  expect(await outcome(await takeBack(alex, operation))).toEqual([204, undefined]);
  expect(await outcome(await takeBack(alex, operation))).toEqual(GONE);
  expect(await personOf(blair, casey.id, TWO)).toMatchObject({ waiting: [{ signatures: 0, signed_by: [], operation }] });
  await stillOne(blair);
  expect((await confirm(alex, casey, TWO)).status).toBe(200);
});

test("of roles and of agents is taken back likewise", async () => {
  const roles = { roles: ["auditor" as const], groups: [] };
  await sendRoles(alex, blair.id, roles, await signRoles(alex, blair.id, roles.roles), TWO);
  const proposed = (await personOf(blair, blair.id, TWO)).proposed_roles;
  expect(proposed).toHaveLength(1);
  expect((await takeBack(alex, proposed[0]?.operation ?? "")).status).toBe(204);
  expect((await personOf(blair, blair.id, TWO)).proposed_roles).toEqual([]);

  const authorisation = await authorise(alex.passkey, await draftAgent(alex, "bot"));
  await call("POST", "/api/v1/agents", { cookie: alex.cookie, body: { name: "bot", authorisation }, settings: TWO });
  const waiting = async () =>
    (await given<{ waiting: ProposedAgent[] }>(await call("GET", "/api/v1/agents", { cookie: blair.cookie, settings: TWO }))).waiting;
  expect((await takeBack(alex, (await waiting())[0]?.operation ?? "")).status).toBe(204);
  expect(await waiting()).toEqual([]);
});

test("taken back while another admin completes it, it completes nothing", async () => {
  expect((await confirm(alex, casey, TWO)).status).toBe(202);
  const operation = await operationFor(blair, casey);
  const which = { personId: casey.id, credentialId: casey.passkey.credentialId };
  const takenBack = await meanwhile(() => takeBack(alex, operation), TWO);
  const completed = await confirmPasskey(which, blair.id, await signFor(blair, casey.passkey), takenBack);
  expect(completed).toEqual({ ok: false, refusal: { reason: "authorisation-spent" } });
  expect(await recordsOf("passkey.enrolled")).toHaveLength(2);
});

test("what was completed with it stands, and leaves nothing to take back", async () => {
  expect((await confirm(alex, casey, TWO)).status).toBe(202);
  const operation = await operationFor(blair, casey);
  const signed = await signFor(blair, casey.passkey);
  expect((await sendConfirmation(blair, casey, signed, TWO)).status).toBe(200);
  expect(await outcome(await takeBack(alex, operation))).toEqual(GONE);
  expect(await outcome(await sendConfirmation(blair, casey, signed, TWO))).not.toEqual(SPENT);
  expect((await enter(casey)).id).toBe(casey.id);
});

test("no operation of somebody else's is anybody's to take back, whatever it is called", async () => {
  for (const operation of ["x", "0".repeat(64), "%25", "..%2fagents"]) expect((await takeBack(alex, operation)).status).toBe(404);
});
