/** Out of office, over the real routes: who is told in somebody's place is signed by that person, and by nobody else. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { OwnStatement } from "#countersign/documents/ceremony.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { readRoutingFacts } from "#storage/channels/routing-facts.ts";
import { addPasskey, admitted, changeRoles, confirm, given, revoke } from "#test/workerd/support/invited.ts";
import {
  type AwayWish,
  draftAway,
  endAway,
  notificationsOf,
  ownSignature,
  sendAway,
  statementOfAway,
} from "#test/workerd/support/channels/notifications.ts";
import { call, enrolFirst, outcome, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let alex: Someone;
let blair: Someone;

beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  blair = await admitted(alex, "blair");
});

const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
const wish = (more: Partial<AwayWish> = {}): AwayWish => ({ to: blair.id, from: at(-HOUR), until: at(7 * DAY), ...more });
const leaves = async () =>
  (
    await env.DB.prepare("SELECT idem, record FROM log_leaf WHERE idem LIKE 'delegation:%' ORDER BY idx").all<{
      idem: string;
      record: string;
    }>()
  ).results;
const awayNow = async (id: string) => (await readRoutingFacts(env.DB, "apr_x", [id], Date.now())).people.get(id)?.away ?? null;

it("is signed, logged, told, and ended by whose place it is", async () => {
  const asked = wish();
  const statement = await statementOfAway(alex, asked);
  expect(statement).toMatchObject({
    type: "countersign/own@v1",
    origin: "https://gate.example.com",
    operation: "delegation.given",
    person: alex.id,
  });
  const signature = await ownSignature(alex.passkey, statement);
  const { id } = await given<{ id: string }>(await sendAway(alex, signature), 201);
  expect((await notificationsOf(alex)).delegations).toEqual([
    { id, from: asked.from, until: asked.until, to: { id: blair.id, username: "blair" } },
  ]);
  expect(await awayNow(alex.id)).toEqual({ to: blair.id, until: asked.until });
  const [given1] = await leaves();
  expect(given1?.idem).toBe(`delegation:${id}`);
  expect(JSON.parse(given1?.record ?? "{}")).toMatchObject({
    kind: "delegation.given",
    delegation: { id, from: asked.from, until: asked.until },
    person: { id: alex.id, username: "alex" },
    to: { id: blair.id, username: "blair" },
    signature: { statement, credential_id: alex.passkey.credentialId },
  });
  // A signature serves once.
  expect(await outcome(await sendAway(alex, signature))).toEqual([403, "decision_not_accepted"]);

  expect(await outcome(await endAway(blair, id))).toEqual([404, "not_found"]);
  expect(await outcome(await endAway(alex, id))).toEqual([204, undefined]);
  expect([await awayNow(alex.id), (await notificationsOf(alex)).delegations]).toEqual([null, []]);
  expect((await leaves()).map(({ idem }) => idem)).toEqual([`delegation:${id}`, `delegation:${id}:ended`]);
  expect(await outcome(await endAway(alex, id))).toEqual([404, "not_found"]);
});

it("gives nobody a say: what a request asks for stays as it was", async () => {
  await given(await changeRoles(alex, alex.id, ["admin", "approver"]));
  const rights = async () => env.DB.prepare("SELECT id, roles, groups FROM person ORDER BY id").all();
  const before = await rights();
  await given(await sendAway(alex, await ownSignature(alex.passkey, await statementOfAway(alex, wish()))), 201);
  expect((await rights()).results).toEqual(before.results);
});

describe("terms that make no sense are refused before anything is signed", () => {
  it.each<[string, () => Partial<AwayWish>]>([
    ["oneself", () => ({ to: alex.id })],
    ["nobody", () => ({ to: "usr_nobody" })],
    ["over already", () => ({ from: at(-2 * DAY), until: at(-DAY) })],
    ["backwards", () => ({ from: at(2 * DAY), until: at(DAY) })],
    ["longer than 90 days", () => ({ from: at(0), until: at(90 * DAY + HOUR) })],
    ["more than a year ahead", () => ({ from: at(400 * DAY), until: at(401 * DAY) })],
    ["a time that is none", () => ({ from: "tomorrow" })],
  ])("%s", async (_what, wrong) => {
    expect(await outcome(await draftAway(alex, wish(wrong())))).toEqual([400, "invalid_request"]);
  });

  it("one beside another, but not one after another", async () => {
    const first = wish();
    await given(await sendAway(alex, await ownSignature(alex.passkey, await statementOfAway(alex, first))), 201);
    expect(await outcome(await draftAway(alex, wish({ from: at(DAY), until: at(9 * DAY) })))).toEqual([400, "invalid_request"]);
    expect((await draftAway(alex, wish({ from: first.until, until: at(9 * DAY) }))).status).toBe(200);
  });

  it("somebody who is no approver", async () => {
    const cleo = await admitted(alex, "cleo");
    await given(await changeRoles(alex, cleo.id, ["auditor"]));
    expect(await outcome(await draftAway(alex, wish({ to: cleo.id })))).toEqual([400, "invalid_request"]);
    expect((await notificationsOf(alex)).delegates.map(({ id }) => id)).toEqual([blair.id]);
  });
});

describe("without the person’s own signature nothing is given", () => {
  let statement: OwnStatement;
  beforeEach(async () => {
    statement = await statementOfAway(alex, wish());
  });
  /** What is answered, and what the log says. */
  const sending = async (person: Someone, signature: object) => [...(await outcome(await sendAway(person, signature))), await leaves()];
  const REFUSED = [403, "decision_not_accepted", []];

  it("neither by somebody else’s passkey, nor over something else, nor by an old or invented nonce", async () => {
    const thief = await SoftwarePasskey.create({ person: alex.id });
    expect(await sending(alex, await ownSignature(thief, statement))).toEqual(REFUSED);
    expect(await sending(alex, await ownSignature(blair.passkey, statement))).toEqual(REFUSED);
    expect(await sending(blair, await ownSignature(alex.passkey, statement))).toEqual(REFUSED);
    expect(await sending(alex, await ownSignature(alex.passkey, statement, { origin: "https://evil.example.com" }))).toEqual(REFUSED);
    const { to: _, ...others } = statement.parameters;
    const turned = { ...statement, parameters: { ...others, to: { id: "usr_cleo", username: "cleo" } } };
    expect(await sending(alex, await ownSignature(alex.passkey, turned))).toEqual(REFUSED);
    const longer = { ...statement, parameters: { ...statement.parameters, delegation: { id: "dlg_1", from: at(0), until: at(80 * DAY) } } };
    expect(await sending(alex, await ownSignature(alex.passkey, longer))).toEqual(REFUSED);
    expect(await sending(alex, await ownSignature(alex.passkey, { ...statement, nonce: "A".repeat(43) }))).toEqual(REFUSED);
  });

  it("nor by one that was for another ceremony, or about another record", async () => {
    expect(await sending(alex, await ownSignature(alex.passkey, { ...statement, operation: "delegation.ended" }))).toEqual(REFUSED);
    const admin = { ...statement, type: "countersign/admin@v1" } as unknown as OwnStatement;
    expect(await outcome(await sendAway(alex, await ownSignature(alex.passkey, admin)))).toEqual([400, "invalid_request"]);
  });

  it("nor by a passkey that was revoked, nor for who is no approver any more", async () => {
    const spare = await addPasskey(alex);
    await given(await confirm(alex, spare));
    const signature = await ownSignature(spare.passkey, statement);
    expect((await revoke(alex, spare)).status).toBe(204);
    expect(await sending(alex, signature)).toEqual(REFUSED);

    const own = await ownSignature(alex.passkey, statement);
    await given(await changeRoles(alex, blair.id, ["auditor"]));
    expect(await outcome(await sendAway(alex, own))).toEqual([400, "invalid_request"]);
    expect([await leaves(), await awayNow(alex.id)]).toEqual([[], null]);
  });

  it("nor by a session alone", async () => {
    expect(await outcome(await call("POST", "/api/v1/me/delegations", { cookie: alex.cookie, body: { signature: {} } }))).toEqual([
      400,
      "invalid_request",
    ]);
    expect(await outcome(await call("POST", "/api/v1/me/delegations", { body: { signature: {} } }))).toEqual([401, "unauthorized"]);
  });
});
