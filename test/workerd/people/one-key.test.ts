/** A public key is one person's. Two who share one, which an earlier version let happen, count once, as approvers and as admins. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { ask, askFor, decide, PAYLOAD, read, viewOf } from "#test/workerd/support/approvals.ts";
import {
  addPasskey,
  admitted,
  challengeBytes,
  confirm,
  enrolInvited,
  enter,
  given,
  introduce,
  invite,
  offerInvited,
  people,
  personOf,
  revoke,
  type Waiting,
} from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, ORIGIN, outcome, rowsOf, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const REFUSED = [403, "decision_not_accepted"];
const TWO = { ADMINS_REQUIRED: "2" };

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
});

/** The same key pair under another credential id, or the given one, for somebody else. */
const twinOf = async (passkey: SoftwarePasskey, person: string, credentialId = b64u(crypto.getRandomValues(new Uint8Array(32)))) =>
  SoftwarePasskey.from({ ...(await passkey.keep()), person, credential_id: credentialId });

/** Makes a passkey of somebody's key pair with an invitation of one's own. */
async function enrolWithKeyOf({ passkey }: Pick<Someone, "passkey">, username: string): Promise<Response> {
  const invited = await invite(alex, { username, roles: ["approver"] });
  const offer = await offerInvited(invited, username);
  const twin = await twinOf(passkey, offer.person);
  const response = await twin.register({ challenge: challengeBytes(offer), origin: ORIGIN });
  return call("POST", "/enrol/finish", { body: { ...introduce(invited, username), nonce: offer.nonce, person: offer.person, response } });
}

/** As an earlier version left it: `someone` signs with the key of `holder`. */
async function shareKey(holder: Pick<Someone, "passkey">, someone: Someone): Promise<Someone> {
  const { credentialId } = someone.passkey;
  await env.DB.prepare("UPDATE passkey SET public_key = ? WHERE credential_id = ?").bind(holder.passkey.publicKey, credentialId).run();
  return { ...someone, passkey: await twinOf(holder.passkey, someone.id, credentialId) };
}

describe("a key that somebody has", () => {
  test("is refused for anybody else when it is made, revoked or not, and the invitation stays good", async () => {
    expect(await outcome(await enrolWithKeyOf(alex, "mallory"))).toEqual(REFUSED);
    const blair = await admitted(alex, "blair");
    await given(await confirm(alex, await addPasskey(blair)));
    expect((await revoke(alex, blair)).status).toBe(204);
    expect(await outcome(await enrolWithKeyOf(blair, "mallory"))).toEqual(REFUSED);
    expect(await rowsOf("waiting_passkey")).toBe(0);
    const invited = (await given<{ items: { used_at: string | null }[] }>(await call("GET", "/api/v1/invites", { cookie: alex.cookie })))
      .items;
    expect(invited.filter(({ used_at }) => used_at === null)).toHaveLength(2);
  });

  test("is refused while somebody else waits with it", async () => {
    const waiting = await enrolInvited(await invite(alex, { roles: ["approver"] }), "blair");
    expect(await outcome(await enrolWithKeyOf(waiting, "mallory"))).toEqual(REFUSED);
    expect(await rowsOf("waiting_passkey")).toBe(1);
  });

  test("is refused when added to one's own account, but for one's own", async () => {
    const blair = await admitted(alex, "blair");
    const add = async (passkey: SoftwarePasskey) => {
      const offer = await given<{ options: { challenge: string }; nonce: string }>(
        await call("POST", "/account/passkeys/options", { cookie: blair.cookie, body: {} }),
      );
      const twin = await twinOf(passkey, blair.id);
      const response = await twin.register({ challenge: challengeBytes({ ...offer, person: blair.id } as never), origin: ORIGIN });
      return call("POST", "/account/passkeys/finish", { cookie: blair.cookie, body: { nonce: offer.nonce, response } });
    };
    expect(await outcome(await add(alex.passkey))).toEqual(REFUSED);
    expect((await add(blair.passkey)).status).toBe(200);
  });

  test("is not confirmed, though an earlier version let it wait; admins are shown whose it is", async () => {
    const mallory = await enrolInvited(await invite(alex, { roles: ["approver"] }), "mallory");
    const { credentialId } = mallory.passkey;
    await env.DB.prepare("UPDATE waiting_passkey SET public_key = ?").bind(alex.passkey.publicKey).run();
    const twin: Waiting = { ...mallory, passkey: await twinOf(alex.passkey, mallory.id, credentialId) };
    expect(await personOf(alex, mallory.id)).toMatchObject({ waiting: [{ shared_with: ["alex"] }] });
    expect(await outcome(await confirm(alex, twin))).toEqual(REFUSED);
    expect(await rowsOf("passkey")).toBe(1);
  });

  test("is not confirmed for two at the same moment", async () => {
    const [one, other] = [
      await enrolInvited(await invite(alex, { roles: ["approver"] }), "mallory"),
      await enrolInvited(await invite(alex, { roles: ["approver"] }), "oscar"),
    ];
    await env.DB.prepare("UPDATE waiting_passkey SET public_key = ?").bind(one.passkey.publicKey).run();
    const twin = { ...other, passkey: await twinOf(one.passkey, other.id, other.passkey.credentialId) };
    const answers = await Promise.all([confirm(alex, one), confirm(alex, twin)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403]);
  });
});

describe("two who share a key", () => {
  let blair: Someone;
  let casey: Someone;
  beforeEach(async () => {
    blair = await shareKey(alex, await admitted(alex, "blair", ["admin", "approver"]));
    casey = await admitted(alex, "casey", ["admin", "approver"]);
  });

  test("are both shown to admins", async () => {
    const shared = (await people(alex)).map(({ username, passkeys }) => [username, passkeys.flatMap((one) => one.shared_with)]);
    expect(Object.fromEntries(shared)).toEqual({ alex: ["blair"], blair: ["alex"], casey: [] });
    const page = await (await call("GET", "/admin/people", { cookie: alex.cookie })).text();
    expect(page).toContain("The same key is also a passkey of blair.");
    expect(page).toContain("The same key is also a passkey of alex.");
  });

  test("go on, and meet a quorum of two together with somebody else only", async () => {
    const agent = await makeAgent(alex);
    const { request_id: id } = await ask(agent, { approvers: { required: 2 } });
    expect((await decide(alex, id, "approved")).status).toBe(200);
    expect(await outcome(await decide(blair, id, "approved"))).toEqual([409, "already_decided"]);
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending" });
    expect((await decide(casey, id, "approved")).status).toBe(200);
    expect(await viewOf(agent, id)).toMatchObject({ status: "approved", decided_by: [{ username: "alex" }, { username: "casey" }] });
  });

  test("may each deny, whatever the other did", async () => {
    const agent = await makeAgent(alex);
    const { request_id: id } = await ask(agent, { approvers: { required: 2 } });
    expect((await decide(alex, id, "approved")).status).toBe(200);
    expect((await decide(blair, id, "denied")).status).toBe(200);
    expect(await viewOf(agent, id)).toMatchObject({ status: "denied" });
  });

  test("redeem nothing that an earlier version took for two", async () => {
    const dana = await admitted(alex, "dana", ["approver"]);
    const agent = await makeAgent(alex);
    const { request_id: id } = await ask(agent, { approvers: { required: 2 } });
    await decide(alex, id, "approved");
    await decide(dana, id, "approved");
    expect(await viewOf(agent, id)).toMatchObject({ status: "approved" });
    await shareKey(alex, dana);
    const redeemed = await call("POST", `/api/v1/approvals/${id}/redeem`, { key: agent.key, origin: null, body: { payload: PAYLOAD } });
    expect(await outcome(redeemed)).toEqual([409, "not_approved"]);
  });

  test("are one where an ask counts who could approve", async () => {
    const agent = await makeAgent(alex);
    const named = { approvers: { users: ["alex", "blair"], required: 2 } };
    expect(await outcome(await askFor(agent, named))).toEqual([422, "no_eligible_approver"]);
    expect((await read(agent, (await ask(agent, { approvers: { users: ["alex", "casey"], required: 2 } })).request_id)).status).toBe(200);
  });

  test("are one admin where two have to sign, and neither completes what the other signed", async () => {
    const dana = await enrolInvited(await invite(alex, { roles: ["approver"] }), "dana");
    expect(await (await confirm(alex, dana, TWO)).json()).toEqual({ signatures: 1, required: 2 });
    expect(await (await confirm(blair, dana, TWO)).json()).toEqual({ signatures: 1, required: 2 });
    expect(await personOf(casey, dana.id, TWO)).toMatchObject({ waiting: [{ signatures: 1, signed_by: [alex.id, blair.id] }] });
    expect((await confirm(casey, dana, TWO)).status).toBe(200);
  });

  test("are one admin among those that must remain, and one of them can always be ended", async () => {
    expect(await outcome(await revoke(alex, casey, TWO))).toEqual([409, "last_admin"]);
    expect((await revoke(alex, blair, TWO)).status).toBe(204);
    expect((await people(alex)).flatMap(({ passkeys }) => passkeys.flatMap((one) => one.shared_with))).toEqual([]);
    expect((await enter(alex)).id).toBe(alex.id);
  });

  test("are one admin where there is no other: that one signs alone, as a first admin does", async () => {
    expect((await revoke(alex, casey)).status).toBe(204);
    const dana = await enrolInvited(await invite(alex, { roles: ["approver"] }), "dana");
    expect((await confirm(blair, dana, TWO)).status).toBe(200);
  });
});
