/** Several passkeys a person: adding, naming, revoking, and recovering after the only one was lost. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ask, decided, openPage, send, signedDecision, viewOf } from "#test/workerd/support/approvals.ts";
import {
  addPasskey,
  admitted,
  confirm,
  enrolInvited,
  enter,
  given,
  introduce,
  invite,
  me,
  people,
  personOf,
  recordsOf,
  revoke,
  signFor,
  sendConfirmation,
} from "#test/workerd/support/invited.ts";
import {
  call,
  enrolFirst,
  makeAgent,
  outcome,
  register,
  type RegistrationOffer,
  rowsOf,
  signIn,
  type Someone,
  someText,
} from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let blair: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  blair = await admitted(alex, "blair");
});
afterEach(() => {
  vi.useRealTimers();
});

const status = async (cookie: string) => (await call("GET", "/api/v1/me", { cookie })).status;

describe("a second passkey", () => {
  test("waits for an admin like the first, and then signs in and decides like it", async () => {
    const agent = await makeAgent(alex);
    const second = await addPasskey(blair, "Blue key");
    expect(await outcome(await signIn(second.passkey))).toEqual([401, "unauthorized"]);
    expect((await me(blair)).waiting).toEqual([
      {
        credential_id: second.passkey.credentialId,
        name: "Blue key",
        created_at: someText,
        backup_eligible: false,
        fingerprint: second.fingerprint,
        words: second.words,
      },
    ]);
    expect(await personOf(alex, blair.id)).toMatchObject({
      confirmed: true,
      waiting: [{ name: "Blue key", roles: ["approver"], invited_by: null, signatures: 0, required: 1 }],
    });

    const asked = await ask(agent, { approver_username: "blair" });
    const early = await signedDecision(blair, await openPage(blair, asked.request_id), "approved", { passkey: second.passkey });
    expect(await outcome(await send(blair, asked.request_id, early))).toEqual([403, "decision_not_accepted"]);

    await given(await confirm(alex, second));
    const again = await enter(second);
    expect(await me(again)).toMatchObject({ passkeys: [{ current: false }, { name: "Blue key", current: true }], waiting: [] });
    expect(await decided(again, asked.request_id, "approved")).toMatchObject({ status: "approved" });
    expect(await recordsOf("passkey.enrolled")).toMatchObject([
      {},
      {},
      { person: { id: blair.id, username: "blair" }, roles: ["approver"], credential: { id: second.passkey.credentialId } },
    ]);
    expect(await rowsOf("person")).toBe(2);
  });

  test("is offered with what the device may hold already, and a nonce that is the person's own and serves once", async () => {
    const offer = await given<RegistrationOffer>(await call("POST", "/account/passkeys/options", { cookie: blair.cookie, body: {} }));
    expect(offer.options).toMatchObject({
      user: { name: "blair" },
      excludeCredentials: [{ id: blair.passkey.credentialId, type: "public-key" }],
    });
    const { response } = await register({ ...offer, person: blair.id });
    const finish = (person: Someone, nonce = offer.nonce) =>
      call("POST", "/account/passkeys/finish", { cookie: person.cookie, body: { nonce, response } });
    expect(await outcome(await finish(alex))).toEqual([403, "decision_not_accepted"]);
    expect(await outcome(await finish(blair, "A".repeat(43)))).toEqual([403, "decision_not_accepted"]);
    expect((await finish(blair)).status).toBe(200);
    expect(await outcome(await finish(blair))).toEqual([403, "decision_not_accepted"]);
    expect((await revoke(blair, { id: blair.id, passkey: (await register({ ...offer, person: blair.id })).passkey })).status).toBe(404);
    expect(await rowsOf("waiting_passkey")).toBe(1);
  });

  test("is not made anew on a device that holds one which still waits, however it was begun", async () => {
    const waiting = await addPasskey(blair);
    const again = await invite(alex, { person: blair.id });
    const ids = [blair.passkey.credentialId, waiting.passkey.credentialId];
    const offers = [
      await call("POST", "/account/passkeys/options", { cookie: blair.cookie, body: {} }),
      await call("POST", "/enrol/options", { body: introduce(again, "blair") }),
    ];
    for (const answer of offers) {
      const { options } = await given<{ options: { excludeCredentials: { id: string }[] } }>(answer);
      expect(options.excludeCredentials.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    }
  });

  test("once discarded, is not brought back by sending it again", async () => {
    const offer = await given<RegistrationOffer>(await call("POST", "/account/passkeys/options", { cookie: blair.cookie, body: {} }));
    const { passkey, response } = await register({ ...offer, person: blair.id });
    const finish = () => call("POST", "/account/passkeys/finish", { cookie: blair.cookie, body: { nonce: offer.nonce, response } });
    expect((await finish()).status).toBe(200);
    expect((await revoke(blair, { id: blair.id, passkey })).status).toBe(204);
    expect(await outcome(await finish())).toEqual([403, "decision_not_accepted"]);
    expect(await rowsOf("waiting_passkey")).toBe(0);
    expect(await recordsOf("passkey.revoked")).toEqual([]);
  });

  test("of ten that wait, the next is refused", async () => {
    for (let i = 0; i < 10; i++) await addPasskey(blair);
    const offer = await given<RegistrationOffer>(await call("POST", "/account/passkeys/options", { cookie: blair.cookie, body: {} }));
    const { response } = await register({ ...offer, person: blair.id });
    const answer = await call("POST", "/account/passkeys/finish", { cookie: blair.cookie, body: { nonce: offer.nonce, response } });
    expect(await outcome(answer)).toEqual([403, "forbidden"]);
    expect(await rowsOf("waiting_passkey")).toBe(10);
  });
});

describe("a name", () => {
  const rename = (person: Someone, credentialId: string, name: unknown) =>
    call("PUT", `/account/passkeys/${credentialId}`, { cookie: person.cookie, body: { name } });

  test("is given to one's own passkeys, waiting ones too, and to nobody else's", async () => {
    const second = await addPasskey(blair);
    expect((await rename(blair, blair.passkey.credentialId, " Phone ")).status).toBe(204);
    expect((await rename(blair, second.passkey.credentialId, "Laptop")).status).toBe(204);
    expect(await me(blair)).toMatchObject({ passkeys: [{ name: "Phone" }], waiting: [{ name: "Laptop" }] });
    expect((await rename(blair, blair.passkey.credentialId, "")).status).toBe(204);
    expect(await outcome(await rename(alex, blair.passkey.credentialId, "Mine"))).toEqual([404, "not_found"]);
    expect(await outcome(await rename(blair, "AAAA", "Mine"))).toEqual([404, "not_found"]);
    expect(await outcome(await rename(blair, blair.passkey.credentialId, "a".repeat(81)))).toEqual([400, "invalid_request"]);
    expect(await me(blair)).toMatchObject({ passkeys: [{ name: "" }] });
  });
});

describe("revoking", () => {
  test("ends the passkey and its sessions at once, not those of another, and is in the log once", async () => {
    const second = await addPasskey(blair);
    await given(await confirm(alex, second));
    const again = await enter(second);
    expect((await revoke(alex, blair)).status).toBe(204);
    expect([await status(blair.cookie), await status(again.cookie)]).toEqual([401, 200]);
    expect(await outcome(await signIn(blair.passkey))).toEqual([401, "unauthorized"]);
    expect((await revoke(alex, blair)).status).toBe(204);
    expect(await recordsOf("passkey.revoked")).toEqual([
      {
        type: "countersign/record@v1",
        kind: "passkey.revoked",
        log: "gate.example.com/log",
        at: someText,
        person: { id: blair.id, username: "blair" },
        credential: { id: blair.passkey.credentialId },
        authorised_by: [],
      },
    ]);
    expect(await personOf(alex, blair.id)).toMatchObject({ passkeys: [{ revoked_at: someText }, { revoked_at: null }] });
    const sessions = env.DB.prepare("SELECT count(*) AS rows FROM session WHERE credential_id = ?").bind(blair.passkey.credentialId);
    expect(await sessions.first("rows")).toBe(0);
  });

  test("is the person's own right, and an admin's; nobody else's", async () => {
    const casey = await admitted(alex, "casey");
    expect(await outcome(await revoke(casey, blair))).toEqual([403, "forbidden"]);
    expect(await outcome(await revoke(blair, { id: alex.id, passkey: alex.passkey }))).toEqual([403, "forbidden"]);
    expect(await outcome(await revoke(alex, { id: casey.id, passkey: blair.passkey }))).toEqual([404, "not_found"]);
    expect((await revoke(blair, blair)).status).toBe(204);
    expect(await status(blair.cookie)).toBe(401);
    expect(await status(casey.cookie)).toBe(200);
  });

  test("twice at once is one", async () => {
    const answers = await Promise.all([revoke(alex, blair), revoke(alex, blair)]);
    expect(answers.map((answer) => answer.status)).toEqual([204, 204]);
    expect(await recordsOf("passkey.revoked")).toHaveLength(1);
  });

  test("drops what the passkey had decided where that is still open", async () => {
    const agent = await makeAgent(alex);
    const asked = await ask(agent, { approvers: { required: 2 } });
    await decided(blair, asked.request_id, "approved");
    await revoke(alex, blair);
    await decided(alex, asked.request_id, "approved");
    expect(await viewOf(agent, asked.request_id)).toMatchObject({ status: "pending", approvals: 1 });
  });

  test("of one that waits leaves no trace in the log, and it cannot be confirmed then", async () => {
    const casey = await enrolInvited(await invite(alex), "casey");
    const authorisation = await signFor(alex, casey.passkey);
    expect((await revoke(alex, casey)).status).toBe(204);
    expect(await outcome(await sendConfirmation(alex, casey, authorisation))).toEqual([404, "not_found"]);
    expect((await people(alex)).map(({ username }) => username)).toEqual(["alex", "blair"]);
    expect(await recordsOf("passkey.revoked")).toEqual([]);
    // The name was nobody's yet.
    expect((await admitted(alex, "casey")).id).not.toBe(casey.id);
  });
});

describe("recovery", () => {
  test("after the only passkey is lost: invited as the same person, a new passkey, an admin's signature, all of it in the log", async () => {
    await revoke(alex, blair);
    const invited = await invite(alex, { person: blair.id });
    const wrongName = await call("POST", "/enrol/options", {
      body: { code: new URL(invited.url).hash.slice(1), username: "casey", display_name: "Casey" },
    });
    expect(await outcome(wrongName)).toEqual([400, "invalid_request"]);

    const recovered = await enrolInvited(invited, "blair");
    expect(recovered.id).toBe(blair.id);
    expect(await outcome(await signIn(recovered.passkey))).toEqual([401, "unauthorized"]);
    expect(await personOf(alex, blair.id)).toMatchObject({
      display_name: "Blair Example",
      waiting: [{ roles: ["approver"], groups: [], invited_by: { username: "alex" } }],
    });
    await given(await confirm(alex, recovered));
    expect(await status((await enter(recovered)).cookie)).toBe(200);
    expect(await outcome(await signIn(blair.passkey))).toEqual([401, "unauthorized"]);
    expect((await recordsOf("passkey.enrolled")).map(({ person }) => person)).toMatchObject([
      { username: "alex" },
      { id: blair.id },
      { id: blair.id, username: "blair" },
    ]);
    expect(await recordsOf("passkey.revoked")).toHaveLength(1);
    expect(await rowsOf("person")).toBe(2);
  });

  test("does not change what the person is", async () => {
    const withRoles = (body: object) => call("POST", "/api/v1/invites", { cookie: alex.cookie, body: { person: blair.id, ...body } });
    expect((await withRoles({ roles: ["approver"], groups: [] })).status).toBe(201);
    for (const [field, body] of [
      ["roles", { roles: ["admin", "approver"] }],
      ["roles", { roles: [] }],
      ["groups", { groups: ["ops"] }],
      ["username", { username: "blair" }],
      ["display_name", { display_name: "Blair" }],
    ] as const) {
      expect(await (await withRoles(body)).json()).toMatchObject({ code: "invalid_request", errors: [{ field }] });
    }
  });

  test("is for people there are", async () => {
    const casey = await enrolInvited(await invite(alex), "casey");
    const answer = await call("POST", "/api/v1/invites", { cookie: alex.cookie, body: { person: casey.id } });
    expect(await answer.json()).toMatchObject({ errors: [{ field: "person" }] });
  });
});
