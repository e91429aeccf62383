/** People who are in, and turn: an approver, an admin, an auditor; and what is under way when they are thrown out. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { ApprovalPageState } from "#api/approval-page-data.ts";
import type { Role } from "#countersign/documents/record.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { type Agent, ask, askFor, decide, decided, openPage, send, signedDecision, viewOf } from "#test/workerd/support/approvals.ts";
import { authority, gained } from "#test/workerd/support/attacks.ts";
import {
  addPasskey,
  admitted,
  changeRoles,
  confirm,
  draft,
  enrolInvited,
  given,
  invite,
  offerInvited,
  introduce,
  revoke,
  sendConfirmation,
  sendRoles,
  signFor,
  signRoles,
} from "#test/workerd/support/invited.ts";
import {
  authorise,
  call,
  draftAgent,
  enrolFirst,
  makeAgent,
  outcome,
  register,
  rowsOf,
  type Someone,
} from "#test/workerd/support/people.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

const REFUSED = [403, "decision_not_accepted"];
const TWO = { ADMINS_REQUIRED: "2" };

let alex: Someone;
let blair: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
  blair = await admitted(alex, "blair", ["approver"]);
});
afterEach(() => {
  vi.useRealTimers();
});

const waiters = (id: string): Promise<number> =>
  runInDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(id)), (_, state) => state.getWebSockets().length);

/** What an open page does all the time. */
async function waitOf(someone: Someone, id: string): Promise<Response> {
  const { tag } = await (await call("GET", `/a/${id}/state`, { cookie: someone.cookie })).json<ApprovalPageState>();
  return call("GET", `/a/${id}/state?wait=50&seen=${encodeURIComponent(tag)}`, { cookie: someone.cookie });
}

describe("an approver", () => {
  test("may decide what an agent of their own asks, alone where one signature is enough, and not alone where it takes two", async () => {
    const { request_id: alone } = await ask(agent);
    expect((await openPage(alex, alone)).request.requested_by.owner).toBe(alex.id);
    expect((await decided(alex, alone, "approved")).status).toBe("approved");
    const { request_id: both } = await ask(agent, { approvers: { users: ["alex", "blair"], required: 2 } });
    expect((await decided(alex, both, "approved")).status).toBe("pending");
    expect(await outcome(await decide(alex, both, "approved"))).toEqual([409, "already_decided"]);
    expect((await viewOf(agent, both)).status).toBe("pending");
  });

  test("is one person with two passkeys", async () => {
    const second = await addPasskey(alex);
    await given(await confirm(alex, second));
    const { request_id: id } = await ask(agent, { approvers: { required: 2 } });
    const [one, other] = [await openPage(alex, id), await openPage(alex, id)];
    expect((await send(alex, id, await signedDecision(alex, one, "approved"))).status).toBe(200);
    const again = await signedDecision(alex, other, "approved", { passkey: second.passkey });
    expect(await outcome(await send(alex, id, again))).toEqual([409, "already_decided"]);
    expect((await viewOf(agent, id)).status).toBe("pending");
  });

  test("cannot decide for somebody else, with the other's nonce, name or session", async () => {
    const { request_id: id } = await ask(agent);
    const [page, ofBlair] = [await openPage(alex, id), await openPage(blair, id)];
    const attempts = [
      await send(alex, id, await signedDecision(blair, ofBlair, "approved")),
      await send(alex, id, await signedDecision(blair, page, "approved")),
      await send(blair, id, await signedDecision(blair, page, "approved")),
      await send(blair, id, await signedDecision(blair, { ...ofBlair, person: page.person }, "approved")),
      await send(blair, id, { ...(await signedDecision(blair, ofBlair, "approved")), credential_id: alex.passkey.credentialId }),
    ];
    for (const answer of attempts) expect(await outcome(answer)).toEqual(REFUSED);
    expect((await viewOf(agent, id)).status).toBe("pending");
  });

  test("cannot decide what only others are asked, nor see it", async () => {
    const { request_id: id } = await ask(agent, { approver_username: "alex" });
    const page = await openPage(alex, id);
    for (const rest of ["", "/state"]) expect((await call("GET", `/a/${id}${rest}`, { cookie: blair.cookie })).status).toBe(404);
    expect(await outcome(await send(blair, id, await signedDecision(blair, page, "approved")))).toEqual([404, "unknown_request"]);
  });

  test("cannot be one of those asked by becoming an approver later", async () => {
    const { request_id: id } = await ask(agent);
    const casey = await admitted(alex, "casey", ["approver"]);
    const page = await openPage(alex, id);
    expect(await outcome(await send(casey, id, await signedDecision(casey, page, "approved")))).toEqual([404, "unknown_request"]);
  });

  test.each([
    ["the other verdict", (signed: object) => ({ ...signed, verdict: "denied" })],
    ["a comment", (signed: object) => ({ ...signed, comment: "as agreed" })],
    ["another nonce", (signed: object) => ({ ...signed, nonce: "A".repeat(43) })],
  ])("what was signed does not serve with %s", async (_, change) => {
    const { request_id: id } = await ask(agent);
    const signed = await signedDecision(alex, await openPage(alex, id), "approved");
    expect(await outcome(await send(alex, id, change(signed)))).toEqual(REFUSED);
    expect((await viewOf(agent, id)).status).toBe("pending");
  });

  test("cannot keep others from deciding by opening the page again and again: nonces are each person's own", async () => {
    const { request_id: id } = await ask(agent);
    const page = await openPage(alex, id);
    for (let times = 0; times < 20; times++) await call("POST", `/a/${id}/nonce`, { cookie: blair.cookie, body: {} });
    expect((await send(alex, id, await signedDecision(alex, page, "approved"))).status).toBe(200);
  });

  test("cannot keep others from deciding, nor the agent from waiting, by taking every place to wait", async () => {
    const { request_id: id } = await ask(agent);
    const waits = Array.from({ length: 40 }, () => waitOf(blair, id));
    await expect.poll(() => waiters(id)).toBe(32);
    expect((await waitOf(alex, id)).status).toBe(429);
    const agents = viewOf(agent, id, 20);
    await expect.poll(() => waiters(id)).toBe(33);
    expect((await decide(alex, id, "approved")).status).toBe(200);
    expect((await agents).status).toBe("approved");
    await Promise.all(waits.map(async (wait) => (await wait).text()));
  });
});

describe("an agent", () => {
  test("can find out which usernames approve, by asking for them, and nothing else of people", async () => {
    const guess = (username: string) => askFor(agent, { approver_username: username });
    expect(await outcome(await guess("nobody"))).toEqual([422, "unknown_approver"]);
    const found = await (await guess("blair")).text();
    expect(found).toContain('"status":"pending"');
    for (const secret of [blair.id, alex.id, "alex", blair.passkey.credentialId]) expect(found).not.toContain(secret);
  });

  test("cannot narrow who decides to nobody, or to whoever it likes: eligible are approvers only", async () => {
    await admitted(alex, "casey", ["auditor"]);
    expect((await askFor(agent, { approver_username: "casey" })).status).toBe(422);
    expect(await outcome(await askFor(agent, { approvers: { users: ["blair"], required: 2 } }))).toEqual([422, "no_eligible_approver"]);
    expect((await askFor(agent, { approvers: { users: ["blair"], required: 0 } })).status).toBe(400);
  });
});

describe("thrown out while something is under way", () => {
  test.each([
    ["the passkey revoked", () => revoke(alex, blair), [401, "unauthorized"]],
    ["signed out", () => call("POST", "/sign-out", { cookie: blair.cookie }), [401, "unauthorized"]],
  ] as const)("%s: an open page is told nothing more", async (_, throwOut, answer) => {
    const { request_id: id } = await ask(agent);
    const wait = waitOf(blair, id);
    await expect.poll(() => waiters(id)).toBe(1);
    expect((await throwOut()).ok).toBe(true);
    await decided(alex, id, "denied", { comment: "between us" });
    expect(await outcome(await wait)).toEqual(answer);
  });

  test("no auditor any more: an open page is told nothing more", async () => {
    const casey = await admitted(alex, "casey", ["auditor"]);
    const { request_id: id } = await ask(agent, { approver_username: "alex" });
    const wait = waitOf(casey, id);
    await expect.poll(() => waiters(id)).toBe(1);
    await given(await changeRoles(alex, casey.id, []));
    await decided(alex, id, "denied");
    expect(await outcome(await wait)).toEqual([404, "unknown_request"]);
  });

  test("a page that stays open in good standing is told", async () => {
    const { request_id: id } = await ask(agent);
    const wait = waitOf(blair, id);
    await expect.poll(() => waiters(id)).toBe(1);
    await decided(alex, id, "denied");
    expect(await (await wait).json<ApprovalPageState>()).toMatchObject({ status: "denied" });
  });

  test.each([
    ["the passkey revoked", () => revoke(alex, blair), [401, "unauthorized"]],
    ["no approver any more", () => changeRoles(alex, blair.id, ["auditor"]), [403, "forbidden"]],
  ] as const)("%s after signing and before sending: not accepted", async (_, throwOut, answer) => {
    const { request_id: id } = await ask(agent);
    const signed = await signedDecision(blair, await openPage(blair, id), "approved");
    expect((await throwOut()).ok).toBe(true);
    expect(await outcome(await send(blair, id, signed))).toEqual(answer);
    expect((await viewOf(agent, id)).status).toBe("pending");
  });

  test("no approver any more while another signature is awaited: theirs does not count", async () => {
    const { request_id: id } = await ask(agent, { approvers: { users: ["alex", "blair"], required: 2 } });
    await decided(blair, id, "approved");
    await given(await changeRoles(alex, blair.id, []));
    expect((await decided(alex, id, "approved")).status).toBe("pending");
  });

  test("an admin who is none any more finishes nothing that was begun", async () => {
    await given(await changeRoles(alex, blair.id, ["admin"]));
    const waiting = await enrolInvited(await invite(blair, { username: "eve", roles: ["admin"] }), "eve");
    const [passkey, roles, bot] = [
      await signFor(blair, waiting.passkey),
      await signRoles(blair, alex.id, []),
      await authorise(blair.passkey, await draftAgent(blair, "bot")),
    ];
    await given(await changeRoles(alex, blair.id, ["approver"]));
    const before = await authority();
    // In their own session, and in an admin's that was stolen.
    for (const [session, code] of [
      [blair, "forbidden"],
      [alex, "decision_not_accepted"],
    ] as const) {
      expect(await outcome(await sendConfirmation(session, waiting, passkey))).toEqual([403, code]);
      expect(await outcome(await sendRoles(session, alex.id, { roles: [], groups: [] }, roles))).toEqual([403, code]);
      const made = call("POST", "/api/v1/agents", { cookie: session.cookie, body: { name: "bot", authorisation: bot } });
      expect(await outcome(await made)).toEqual([403, code]);
    }
    expect(await authority()).toEqual(before);
  });
});

describe("one admin of two, where both have to sign", () => {
  beforeEach(async () => {
    await given(await changeRoles(alex, blair.id, ["admin", "approver"]));
  });
  const make = (admin: Someone, name: string, authorisation: unknown) =>
    call("POST", "/api/v1/agents", { cookie: admin.cookie, body: { name, authorisation }, settings: TWO });

  test("gains nothing alone, however often, with however many passkeys, whatever else they may do first", async () => {
    const second = await addPasskey(blair);
    await given(await confirm(alex, second));
    const device = await enrolInvited(await invite(blair, { username: "eve", roles: ["admin", "approver"] }), "eve");
    const before = await authority();
    for (const passkey of [blair.passkey, second.passkey, blair.passkey]) {
      const me = { ...blair, passkey };
      expect((await sendConfirmation(me, device, await signFor(me, device.passkey), TWO)).status).toBe(202);
      const roles = await signRoles(me, blair.id, ["admin", "approver", "auditor"]);
      expect((await sendRoles(me, blair.id, { roles: ["admin", "approver", "auditor"], groups: [] }, roles, TWO)).status).toBe(202);
      expect((await make(me, "bot", await authorise(passkey, await draftAgent(me, "bot")))).status).toBe(202);
    }
    // Nor by being the only one left: the other can be taken away by nobody.
    expect(await outcome(await revoke(blair, alex, TWO))).toEqual([409, "last_admin"]);
    expect(gained(before, await authority())).toEqual([]);
  });

  test.each([
    ["roles", ["admin", "approver"] as Role[], [] as string[]],
    ["groups", ["approver"] as Role[], ["directors"]],
    ["person", ["approver"] as Role[], []],
  ])("changed %s between two signatures: both wait, neither is done", async (what, roles, groups) => {
    const [casey, dana] = [await admitted(alex, "casey", []), await admitted(alex, "dana", [])];
    const before = await authority();
    const asked = { roles: ["approver" as const], groups: [] };
    expect((await sendRoles(alex, casey.id, asked, await signRoles(alex, casey.id, ["approver"]), TWO)).status).toBe(202);
    const who = what === "person" ? dana.id : casey.id;
    expect((await sendRoles(blair, who, { roles, groups }, await signRoles(blair, who, roles, groups), TWO)).status).toBe(202);
    // What alex signed, beside what blair signed, in one call: not the same, so not taken.
    const both = [...(await signRoles(alex, casey.id, ["approver"])), ...(await signRoles(blair, who, roles, groups))];
    expect(await outcome(await sendRoles(blair, who, { roles, groups }, both, TWO))).toEqual(REFUSED);
    expect(await authority()).toEqual(before);
  });

  test("puts no other agent under the first signature: not its name, its owner or its id", async () => {
    const signed = await authorise(alex.passkey, await draftAgent(alex, "bot"));
    const before = await authority();
    const statement = await draftAgent(blair, "bot");
    const parametersOf = (one: AdminStatement | undefined) => one?.parameters["agent"] as { id: string; name: string; owner: string };
    const theirs = parametersOf(signed[0]?.statement);
    for (const change of [{ name: "root" }, { owner: blair.id }, { id: `agt_${"A".repeat(22)}` }]) {
      const altered = { ...statement, parameters: { agent: { ...theirs, ...change } } };
      const both = [...signed, ...(await authorise(blair.passkey, altered))];
      const answer = await make(blair, parametersOf(altered).name, both);
      expect(await outcome(answer)).toEqual(REFUSED);
    }
    expect(await authority()).toEqual(before);
  });

  test("puts no other key under the first signature: discarded and made again under the same id, it has none", async () => {
    const invited = await invite(blair, { username: "eve", roles: ["admin"] });
    const first = await enrolInvited(invited, "eve");
    expect((await sendConfirmation(alex, first, await signFor(alex, first.passkey), TWO)).status).toBe(202);
    expect((await revoke(blair, first, TWO)).status).toBe(204);
    const before = await authority();

    const again = await invite(blair, { username: "eve", roles: ["admin"] });
    const offer = await offerInvited(again, "eve");
    const { response } = await register(offer, {}, { credentialId: first.passkey.credentialId });
    const body = { ...introduce(again, "eve"), nonce: offer.nonce, person: offer.person, response };
    const finished = await call("POST", "/enrol/finish", { body });
    expect(finished.status).toBe(200);
    const statement = await draft(blair, { operation: "passkey.enrolled", credential_id: first.passkey.credentialId });
    const answer = await sendConfirmation(blair, { ...first, id: offer.person }, await authorise(blair.passkey, statement), TWO);
    expect([answer.status, await answer.json()]).toEqual([202, { signatures: 1, required: 2 }]);
    expect(await authority()).toEqual(before);
  });

  test("uses no signature again that has served, nor one that was kept", async () => {
    const casey = await admitted(alex, "casey", []);
    const standing = { roles: ["approver" as const], groups: [] };
    const [one, other] = [await signRoles(alex, casey.id, ["approver"]), await signRoles(blair, casey.id, ["approver"])];
    expect((await sendRoles(alex, casey.id, standing, one, TWO)).status).toBe(202);
    expect((await sendRoles(blair, casey.id, standing, other, TWO)).status).toBe(200);
    await given(await changeRoles(alex, casey.id, []));
    const before = await authority();
    for (const again of [one, other, [...one, ...other]]) {
      expect(await outcome(await sendRoles(blair, casey.id, standing, again, TWO))).toEqual(REFUSED);
    }
    expect((await sendRoles(blair, casey.id, standing, await signRoles(blair, casey.id, ["approver"]), TWO)).status).toBe(202);
    expect(await authority()).toEqual(before);
  });

  test("makes nobody of their own device by a recovery: it waits for the other, who has to hear its digits", async () => {
    const casey = await admitted(alex, "casey", ["approver"]);
    const device = await enrolInvited(await invite(blair, { person: casey.id }), "casey");
    expect(device.id).toBe(casey.id);
    const before = await authority();
    expect((await confirm(blair, device, TWO)).status).toBe(202);
    expect((await revoke(blair, casey, TWO)).status).toBe(204);
    expect(gained(before, await authority())).toEqual([]);
  });
});

describe("one admin where one has to sign", () => {
  test("can do everything, in the log and over their own signature: that is what ADMINS_REQUIRED=2 is for", async () => {
    await given(await changeRoles(alex, blair.id, ["admin"]));
    const before = await authority();
    const device = await enrolInvited(await invite(blair, { username: "eve", roles: ["admin", "approver"] }), "eve");
    expect((await confirm(blair, device)).status).toBe(200);
    const leaves = gained(before, await authority()).filter((row) => row.includes("passkey.enrolled"));
    expect(leaves).toEqual([expect.stringContaining(blair.id)]);
  });

  test("cannot sign as another admin, nor have another's signature serve in a session of their own", async () => {
    await given(await changeRoles(alex, blair.id, ["admin"]));
    const waiting = await enrolInvited(await invite(blair, { username: "eve", roles: ["admin"] }), "eve");
    const before = await authority();
    const ofAlex = await draft(alex, { operation: "passkey.enrolled", credential_id: waiting.passkey.credentialId });
    for (const authorisation of [
      await authorise(blair.passkey, ofAlex),
      await authorise(alex.passkey, ofAlex),
      await authorise(await SoftwarePasskey.create({ person: alex.id }), ofAlex),
    ]) {
      expect(await outcome(await sendConfirmation(blair, waiting, authorisation))).toEqual(REFUSED);
    }
    expect(await authority()).toEqual(before);
    expect(await rowsOf("proposal")).toBe(0);
  });
});
