/** ADMINS_REQUIRED=2: what widens authority takes the signatures of two admins; the first waits a day for the second. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { readConfig } from "#config/config.ts";
import { changeRoles as changeRolesVerb } from "#gate/people/change-roles.ts";
import { confirmPasskey } from "#gate/people/confirm-passkey.ts";
import { createAgent } from "#gate/agents/create-agent.ts";
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
import {
  authorise,
  call,
  draftAgent,
  enrolFirst,
  outcome,
  rowsOf,
  signIn,
  type Someone,
  someText,
  textLike,
} from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const TWO = { ADMINS_REQUIRED: "2" };
const REFUSED = [403, "decision_not_accepted"];
const LAST = [409, "last_admin"];
const DAY_MS = 24 * 60 * 60_000;

let alex: Someone;
let blair: Someone;
let casey: Waiting;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  blair = await admitted(alex, "blair", ["admin", "approver"]);
  casey = await enrolInvited(await invite(alex, { roles: ["admin"] }), "casey");
});
afterEach(() => {
  vi.useRealTimers();
});

const answerOf = async (answer: Response): Promise<unknown> => [answer.status, await answer.json()];
const awaiting = [202, { signatures: 1, required: 2 }];

describe("confirming a passkey", () => {
  test("takes two: the first waits and does nothing, the second makes it; both are in the record", async () => {
    expect(await answerOf(await confirm(alex, casey, TWO))).toEqual(awaiting);
    expect(await outcome(await signIn(casey.passkey))).toEqual([401, "unauthorized"]);
    expect(await personOf(blair, casey.id, TWO)).toMatchObject({
      confirmed: false,
      waiting: [{ signatures: 1, required: 2, signed_by: [alex.id] }],
    });
    expect(await recordsOf("passkey.enrolled")).toHaveLength(2);

    expect(await answerOf(await confirm(blair, casey, TWO))).toEqual([200, { confirmed: true }]);
    expect((await recordsOf("passkey.enrolled")).at(-1)).toMatchObject({
      person: { id: casey.id },
      authorised_by: [{ statement: { admin: alex.id } }, { statement: { admin: blair.id } }],
    });
    expect((await enter(casey)).cookie).toMatch(/^__Host-/);
    expect(await rowsOf("proposal")).toBe(0);
  });

  test("takes two people: one admin's second signature counts for the first, with another passkey too", async () => {
    const second = await addPasskey(alex);
    await given(await confirm(alex, second));
    expect(await answerOf(await confirm(alex, casey, TWO))).toEqual(awaiting);
    expect(await answerOf(await confirm(alex, casey, TWO))).toEqual(awaiting);
    expect(await answerOf(await confirm(await enter(second), casey, TWO))).toEqual(awaiting);
    const [one] = await signFor(alex, casey.passkey);
    const [other] = await signFor(await enter(second), casey.passkey);
    expect(await outcome(await sendConfirmation(alex, casey, [one, other], TWO))).toEqual(REFUSED);
    expect(await rowsOf("proposal")).toBe(1);
  });

  test("may bring both at once, one's own among them", async () => {
    const signatures = [...(await signFor(alex, casey.passkey)), ...(await signFor(blair, casey.passkey))];
    const dana = await admitted(alex, "dana", ["admin"]);
    expect(await outcome(await sendConfirmation(dana, casey, signatures, TWO))).toEqual(REFUSED);
    expect((await sendConfirmation(blair, casey, signatures, TWO)).status).toBe(200);
    expect((await recordsOf("passkey.enrolled")).at(-1)).toMatchObject({ authorised_by: [{}, {}] });
  });

  test("with both at once, keeps nothing of one that is good if the other is not", async () => {
    const signatures = [...(await signFor(alex, casey.passkey)), ...(await authorise(alex.passkey, await statementFor(blair)))];
    expect(await outcome(await sendConfirmation(alex, casey, signatures, TWO))).toEqual(REFUSED);
    expect(await rowsOf("proposal")).toBe(0);
    expect(await outcome(await sendConfirmation(alex, casey, [...signatures, ...signatures], TWO))).toEqual(REFUSED);
  });

  test("a kept signature is spent: sent again it is refused, and so it is for another", async () => {
    const signed = await signFor(alex, casey.passkey);
    expect((await sendConfirmation(alex, casey, signed, TWO)).status).toBe(202);
    expect(await outcome(await sendConfirmation(alex, casey, signed, TWO))).toEqual(REFUSED);
    expect(await outcome(await sendConfirmation(blair, casey, signed, TWO))).toEqual(REFUSED);
  });

  test("a kept signature serves for a day, whatever became of its 15 minutes", async () => {
    await confirm(alex, casey, TWO);
    const nowMs = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: nowMs + DAY_MS });
    blair = await enter(blair);
    expect(await answerOf(await confirm(blair, casey, TWO))).toEqual(awaiting);
    expect(await personOf(blair, casey.id, TWO)).toMatchObject({ waiting: [{ signed_by: [blair.id] }] });
    vi.setSystemTime(nowMs + 2 * DAY_MS - 60_000);
    alex = await enter(alex);
    expect((await confirm(alex, casey, TWO)).status).toBe(200);
  });

  test("does not count who is no admin any more, or whose passkey was revoked", async () => {
    const dana = await admitted(alex, "dana", ["admin"]);
    await confirm(dana, casey, TWO);
    await given(await changeRoles(alex, dana.id, ["approver"]));
    expect(await answerOf(await confirm(blair, casey, TWO))).toEqual(awaiting);
    expect(await personOf(alex, casey.id, TWO)).toMatchObject({ waiting: [{ signed_by: [blair.id] }] });
    const second = await addPasskey(blair);
    await given(await confirm(alex, second));
    expect((await revoke(alex, blair)).status).toBe(204);
    expect(await answerOf(await confirm(alex, casey, TWO))).toEqual(awaiting);
    expect((await confirm(await enter(second), casey, TWO)).status).toBe(200);
  });

  test.each([0, 1, 2])("both at the same moment: done once, and both are told so (%i)", async () => {
    const [one, other] = [await signFor(alex, casey.passkey), await signFor(blair, casey.passkey)];
    const answers = await Promise.all([sendConfirmation(alex, casey, one, TWO), sendConfirmation(blair, casey, other, TWO)]);
    // One of them may have been answered before the other came.
    expect(answers.map(({ status }) => status)).toContain(200);
    expect((await recordsOf("passkey.enrolled")).filter(({ authorised_by }) => (authorised_by as unknown[]).length === 2)).toHaveLength(1);
    expect(await rowsOf("proposal")).toBe(0);
  });

  const statementFor = async (admin: Someone): Promise<AdminStatement> => {
    const [signed] = await signFor(admin, casey.passkey);
    if (signed === undefined) throw new Error("nothing was signed");
    return signed.statement;
  };
});

describe("roles", () => {
  test("take two, show what waits, and a kept signature serves one change only", async () => {
    await given(await confirm(alex, casey));
    const standing = { roles: ["auditor" as const], groups: ["ops"] };
    const send = async (admin: Someone) =>
      sendRoles(admin, casey.id, standing, await signRoles(admin, casey.id, ["auditor"], ["ops"]), TWO);
    expect(await answerOf(await send(alex))).toEqual(awaiting);
    expect(await personOf(blair, casey.id, TWO)).toMatchObject({
      roles: ["admin"],
      proposed_roles: [{ ...standing, signatures: 1, required: 2, signed_by: [alex.id], expires_at: someText }],
    });
    expect(await answerOf(await send(blair))).toEqual([200, standing]);
    expect(await personOf(blair, casey.id, TWO)).toMatchObject({ ...standing, proposed_roles: [] });
    expect(await answerOf(await send(blair))).toEqual(awaiting);
    expect(await recordsOf("role.changed")).toHaveLength(1);
  });

  test.each([0, 1, 2])("of three who sign at the same moment, two make one change (%i)", async () => {
    await given(await confirm(alex, casey));
    const dana = await admitted(alex, "dana", []);
    const admins = [alex, blair, await enter(casey)];
    const signed = await Promise.all(admins.map((admin) => signRoles(admin, dana.id, ["approver"])));
    const answers = await Promise.all(
      admins.map((admin, i) => sendRoles(admin, dana.id, { roles: ["approver"], groups: [] }, signed[i], TWO)),
    );
    expect(answers.map(({ status }) => status)).toContain(200);
    const changes = await recordsOf("role.changed");
    expect(changes).toHaveLength(1);
    const nonces = changes.flatMap(({ authorised_by }) =>
      (authorised_by as { statement: AdminStatement }[]).map((one) => one.statement.nonce),
    );
    expect(new Set(nonces).size).toBe(2);
    expect((await personOf(alex, dana.id)).roles).toEqual(["approver"]);
  });
});

describe("an agent", () => {
  const make = (admin: Someone, name: string, authorisation: unknown) =>
    call("POST", "/api/v1/agents", { cookie: admin.cookie, body: { name, authorisation }, settings: TWO });
  const waiting = async () =>
    (await given<{ waiting: ProposedAgent[] }>(await call("GET", "/api/v1/agents", { cookie: blair.cookie, settings: TWO }))).waiting;
  const draftSecond = (admin: Someone, body: object) =>
    call("POST", "/admin/agents/statement", { cookie: admin.cookie, body, settings: TWO });

  test("takes two; the key is for whoever completes it, and the owner is who asked first", async () => {
    expect(await answerOf(await make(alex, "bot", await authorise(alex.passkey, await draftAgent(alex, "bot"))))).toEqual(awaiting);
    expect(await rowsOf("agent")).toBe(0);
    const [proposed] = await waiting();
    expect(proposed).toEqual({
      id: textLike(/^agt_/),
      name: "bot",
      owner: alex.id,
      signatures: 1,
      required: 2,
      signed_by: [alex.id],
      operation: textLike(/^[0-9a-f]{64}$/),
      expires_at: someText,
    });

    const { statement } = await given<{ statement: AdminStatement }>(await draftSecond(blair, { name: "bot", id: proposed?.id }));
    expect(statement).toMatchObject({ admin: blair.id, parameters: { agent: { id: proposed?.id, name: "bot", owner: alex.id } } });
    const made = await make(blair, "bot", await authorise(blair.passkey, statement));
    expect(await answerOf(made)).toEqual([201, { id: proposed?.id, name: "bot", key: textLike(/^csk_/) }]);
    expect(await recordsOf("agent.created")).toMatchObject([
      { agent: { owner: alex.id }, authorised_by: [{ statement: { admin: alex.id } }, { statement: { admin: blair.id } }] },
    ]);
    expect(await waiting()).toEqual([]);
  });

  test("two that are asked for by one name are two, and neither is made", async () => {
    for (const admin of [alex, blair]) {
      expect(await answerOf(await make(admin, "bot", await authorise(admin.passkey, await draftAgent(admin, "bot"))))).toEqual(awaiting);
    }
    expect(await waiting()).toHaveLength(2);
    expect(await rowsOf("agent")).toBe(0);
  });

  test("is one that waits, by its name, or there is nothing to sign", async () => {
    await make(alex, "bot", await authorise(alex.passkey, await draftAgent(alex, "bot")));
    const [proposed] = await waiting();
    expect(await outcome(await draftSecond(blair, { name: "other", id: proposed?.id }))).toEqual([404, "not_found"]);
    expect(await outcome(await draftSecond(blair, { name: "bot", id: `agt_${"A".repeat(22)}` }))).toEqual([404, "not_found"]);
  });
});

describe("another admin completes it in between", () => {
  const ports = () => peoplePorts(env, readConfig({ ...env, ...TWO }));

  /** With something that happens once these signatures are kept. */
  async function onceKept(happens: () => Promise<unknown>) {
    const real = await ports();
    const keepSignatures: typeof real.keepSignatures = async (...signatures) => {
      const kept = await real.keepSignatures(...signatures);
      await happens();
      return kept;
    };
    return { ...real, keepSignatures };
  }

  test("a passkey is confirmed, and so is told whose signature was kept", async () => {
    const which = { personId: casey.id, credentialId: casey.passkey.credentialId };
    const confirmed = await confirmPasskey(
      which,
      alex.id,
      await signFor(alex, casey.passkey),
      await onceKept(() => confirm(blair, casey, TWO)),
    );
    expect(confirmed).toEqual({ ok: true, value: { done: true, signatures: 2, required: 2 } });
  });

  test("roles are changed, and so is told whose signature was kept", async () => {
    await given(await confirm(alex, casey));
    const standing = { personId: casey.id, roles: ["auditor" as const], groups: [] };
    const changed = await changeRolesVerb(
      standing,
      alex.id,
      await signRoles(alex, casey.id, ["auditor"]),
      await onceKept(() => changeRoles(blair, casey.id, ["auditor"], [], TWO)),
    );
    expect(changed).toEqual({ ok: true, value: { done: true, signatures: 2, required: 2 } });
    expect(await recordsOf("role.changed")).toHaveLength(1);
  });

  test("a kept signature makes one change of roles, not one with each admin who signs after", async () => {
    await given(await confirm(alex, casey));
    const third = await enter(casey);
    const dana = await admitted(alex, "dana", []);
    expect((await changeRoles(alex, dana.id, ["approver"], [], TWO)).status).toBe(202);
    const byThird = async () => given(await changeRoles(third, dana.id, ["approver"], [], TWO));
    const standing = { personId: dana.id, roles: ["approver" as const], groups: [] };
    const signed = await signRoles(blair, dana.id, ["approver"]);
    const changed = await changeRolesVerb(standing, blair.id, signed, await meanwhile(byThird, TWO));
    expect(changed).toEqual({ ok: false, refusal: { reason: "authorisation-spent" } });
    expect(await recordsOf("role.changed")).toMatchObject([
      { authorised_by: [{ statement: { admin: alex.id } }, { statement: { admin: casey.id } }] },
    ]);
  });

  test("an agent is made: its key is in the other answer", async () => {
    const drafted = await draftAgent(alex, "bot");
    const complete = async () => {
      const id = (drafted.parameters["agent"] as { id: string }).id;
      const draft = await call("POST", "/admin/agents/statement", { cookie: blair.cookie, body: { name: "bot", id }, settings: TWO });
      const { statement } = await given<{ statement: AdminStatement }>(draft);
      const authorisation = await authorise(blair.passkey, statement);
      await given(await call("POST", "/api/v1/agents", { cookie: blair.cookie, body: { name: "bot", authorisation }, settings: TWO }), 201);
    };
    const made = await createAgent("bot", alex.id, await authorise(alex.passkey, drafted), await onceKept(complete));
    expect(made).toEqual({ ok: true, value: { created: false, signatures: 2, required: 2 } });
    expect(await rowsOf("agent")).toBe(1);
  });
});

describe("so many admins stay", () => {
  test("with two of them neither can be taken away, with three one can", async () => {
    expect(await outcome(await revoke(alex, blair, TWO))).toEqual(LAST);
    expect(await outcome(await revoke(blair, blair, TWO))).toEqual(LAST);
    const both = [...(await signRoles(alex, blair.id, [])), ...(await signRoles(blair, blair.id, []))];
    expect(await outcome(await sendRoles(alex, blair.id, { roles: [], groups: [] }, both, TWO))).toEqual(LAST);
    await given(await confirm(alex, casey));
    expect((await revoke(alex, blair, TWO)).status).toBe(204);
    expect(await outcome(await revoke(alex, casey, TWO))).toEqual(LAST);
  });

  test("an admin's second passkey may go, and whoever is no admin", async () => {
    const second = await addPasskey(blair);
    await given(await confirm(alex, second));
    expect((await revoke(alex, second, TWO)).status).toBe(204);
    const dana = await admitted(alex, "dana");
    expect((await revoke(alex, dana, TWO)).status).toBe(204);
  });

  test("of three who revoke at the same moment, one goes", async () => {
    await given(await confirm(alex, casey));
    const third = await enter(casey);
    await Promise.all([revoke(alex, blair, TWO), revoke(blair, third, TWO), revoke(third, alex, TWO)]);
    const standing = await env.DB.prepare("SELECT count(DISTINCT person_id) AS admins FROM admin_passkey").first("admins");
    expect(standing).toBe(2);
  });
});

describe("until there are two admins", () => {
  beforeEach(async () => {
    await emptyStorage();
    alex = await enrolFirst();
  });

  test("the one there is signs alone, and so makes the second; from then on it takes both", async () => {
    const second = await enrolInvited(await invite(alex, { roles: ["admin"] }), "blair");
    expect(await personOf(alex, second.id, TWO)).toMatchObject({ waiting: [{ signatures: 0, required: 1 }] });
    expect((await confirm(alex, second, TWO)).status).toBe(200);
    const third = await enrolInvited(await invite(alex), "casey");
    expect(await answerOf(await confirm(alex, third, TWO))).toEqual(awaiting);
  });

  test("the only one stays", async () => {
    expect(await outcome(await revoke(alex, alex, TWO))).toEqual(LAST);
  });
});

test.each(["0", "3", "two", "1.0"])("a deployment of ADMINS_REQUIRED=%s does not serve, and tells its operator why", async (value) => {
  const said = vi.spyOn(console, "log").mockImplementation(() => {});
  const answer = await call("GET", "/api/v1/me", { settings: { ADMINS_REQUIRED: value } });
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: "unavailable", detail: "This service is not configured." });
  expect(said.mock.calls.join("\n")).toContain("ADMINS_REQUIRED must be 1 or 2");
  said.mockRestore();
});
