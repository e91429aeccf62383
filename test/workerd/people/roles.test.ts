/** What somebody is changes by an admin's signature; and an admin is always left, from whatever side one is taken away. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { changeRoles as changeRolesVerb } from "#gate/people/change-roles.ts";
import { confirmPasskey } from "#gate/people/confirm-passkey.ts";
import { createAgent } from "#gate/agents/create-agent.ts";
import { ask, askFor, decide } from "#test/workerd/support/approvals.ts";
import {
  addPasskey,
  admitted,
  changeRoles,
  confirm,
  draft,
  enter,
  given,
  invite,
  meanwhile,
  enrolInvited,
  personOf,
  recordsOf,
  revoke,
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
  rowsOf,
  type Someone,
  someText,
} from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
});

const LAST = [409, "last_admin"];
const standing = () => env.DB.prepare("SELECT count(DISTINCT person_id) AS admins FROM admin_passkey").first<number>("admins");

describe("roles and groups", () => {
  test("change at once, with a record that holds the signature", async () => {
    const agent = await makeAgent(alex);
    const blair = await admitted(alex, "blair", ["approver"], ["ops"]);
    const asked = await ask(agent, { approver_username: "blair" });
    const changed = await changeRoles(alex, blair.id, ["auditor", "admin"], ["b", "a"]);
    expect([changed.status, await changed.json()]).toEqual([200, { roles: ["admin", "auditor"], groups: ["a", "b"] }]);
    expect(await recordsOf("role.changed")).toEqual([
      {
        type: "countersign/record@v1",
        kind: "role.changed",
        log: "gate.example.com/log",
        at: someText,
        person: { id: blair.id, username: "blair" },
        roles: ["admin", "auditor"],
        groups: ["a", "b"],
        authorised_by: [
          {
            statement: {
              type: "countersign/admin@v1",
              origin: "https://gate.example.com",
              operation: "role.changed",
              parameters: { person: { id: blair.id, username: "blair" }, roles: ["admin", "auditor"], groups: ["a", "b"] },
              admin: alex.id,
              nonce: someText,
            },
            credential_id: alex.passkey.credentialId,
            assertion: { client_data_json: someText, authenticator_data: someText, signature: someText },
          },
        ],
      },
    ]);
    expect((await call("GET", "/api/v1/invites", { cookie: blair.cookie })).status).toBe(200);
    expect(await outcome(await call("POST", `/a/${asked.request_id}/nonce`, { cookie: blair.cookie, body: {} }))).toEqual([
      403,
      "forbidden",
    ]);
    expect(await outcome(await askFor(agent, { approvers: { groups: ["ops"] } }))).toEqual([422, "no_eligible_approver"]);
  });

  test("change back and forth: the same change may be signed again, and no signature serves twice", async () => {
    const blair = await admitted(alex, "blair", []);
    const signed = await signRoles(alex, blair.id, ["approver"]);
    const send = () => sendRoles(alex, blair.id, { roles: ["approver"], groups: [] }, signed);
    expect((await send()).status).toBe(200);
    await given(await changeRoles(alex, blair.id, []));
    expect((await personOf(alex, blair.id)).roles).toEqual([]);
    expect(await outcome(await send())).toEqual([403, "decision_not_accepted"]);
    expect((await personOf(alex, blair.id)).roles).toEqual([]);
    await given(await changeRoles(alex, blair.id, ["approver"]));
    expect(await recordsOf("role.changed")).toHaveLength(3);
  });

  test("are exactly what was signed", async () => {
    const blair = await admitted(alex, "blair");
    const signed = await signRoles(alex, blair.id, ["approver"], ["ops"]);
    const refused = [403, "decision_not_accepted"];
    expect(await outcome(await sendRoles(alex, blair.id, { roles: ["admin"], groups: ["ops"] }, signed))).toEqual(refused);
    expect(await outcome(await sendRoles(alex, blair.id, { roles: ["approver"], groups: [] }, signed))).toEqual(refused);
    expect(await outcome(await sendRoles(alex, alex.id, { roles: ["approver"], groups: ["ops"] }, signed))).toEqual(refused);
    expect(await outcome(await sendRoles(alex, blair.id, { roles: ["approver"], groups: ["ops"] }, []))).toEqual(refused);
    expect(await recordsOf("role.changed")).toEqual([]);
  });

  test.each([
    ["roles", { groups: [] }],
    ["groups", { roles: [] }],
    ["roles[0]", { roles: ["root"], groups: [] }],
    ["groups[0]", { roles: [], groups: ["a\u0007"] }],
    ["authorisation", { roles: [], groups: [], authorisation: null }],
  ])("must fit: %s", async (field, body) => {
    const answer = await call("PUT", `/api/v1/people/${alex.id}/roles`, { cookie: alex.cookie, body: { authorisation: [], ...body } });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "invalid_request", errors: [{ field }] });
  });

  test("are of people there are, confirmed ones", async () => {
    const casey = await enrolInvited(await invite(alex), "casey");
    for (const person of [casey.id, "usr_nobody"]) {
      const body = { operation: "role.changed", person, roles: [], groups: [] };
      expect(await outcome(await call("POST", "/admin/people/statement", { cookie: alex.cookie, body }))).toEqual([404, "not_found"]);
      expect(await outcome(await sendRoles(alex, person, { roles: [], groups: [] }, []))).toEqual([404, "not_found"]);
    }
  });

  test("are an admin's to change", async () => {
    const blair = await admitted(alex, "blair");
    const signed = await signRoles(alex, blair.id, ["admin"]);
    expect(await outcome(await sendRoles(blair, blair.id, { roles: ["admin"], groups: [] }, signed))).toEqual([403, "forbidden"]);
  });

  test("taken away, a request that only that person could decide is not decided by them", async () => {
    const agent = await makeAgent(alex);
    const blair = await admitted(alex, "blair");
    const asked = await ask(agent, { approvers: { required: 2 } });
    await given(await decide(blair, asked.request_id, "approved"));
    await given(await changeRoles(alex, blair.id, []));
    expect(await (await decide(alex, asked.request_id, "approved")).json()).toMatchObject({ status: "pending" });
  });
});

describe("the last admin", () => {
  test("is not taken away by revoking their last passkey, nor by their own hand, nor by a change of roles", async () => {
    const blair = await admitted(alex, "blair", ["auditor"]);
    expect(await outcome(await revoke(alex, alex))).toEqual(LAST);
    expect(await outcome(await changeRoles(alex, alex.id, ["approver"]))).toEqual(LAST);
    expect(await recordsOf("passkey.revoked")).toEqual([]);
    expect(await recordsOf("role.changed")).toEqual([]);
    expect((await call("GET", "/api/v1/me", { cookie: alex.cookie })).status).toBe(200);

    const second = await addPasskey(alex);
    await given(await confirm(alex, second));
    expect((await revoke(alex, alex)).status).toBe(204);
    const again = await enter(second);
    expect(await outcome(await revoke(again, second))).toEqual(LAST);
    await given(await changeRoles(again, blair.id, ["admin"]));
    expect((await revoke(again, second)).status).toBe(204);
    expect(await standing()).toBe(1);
    expect(await outcome(await revoke(blair, blair))).toEqual(LAST);
  });

  test("may be somebody whose other passkey waits: that does not count", async () => {
    await addPasskey(alex);
    expect(await outcome(await revoke(alex, alex))).toEqual(LAST);
  });

  test("a refused change spends nothing: the same signature serves once somebody else is admin", async () => {
    const blair = await admitted(alex, "blair");
    const signed = await signRoles(alex, alex.id, ["approver"]);
    const send = () => sendRoles(alex, alex.id, { roles: ["approver"], groups: [] }, signed);
    expect(await outcome(await send())).toEqual(LAST);
    await given(await changeRoles(alex, blair.id, ["admin"]));
    expect((await send()).status).toBe(200);
  });

  /** One of both is done. The other is refused, at the door already if that is as late as the first was quick. */
  async function expectOne(sent: Promise<Response>[]): Promise<void> {
    const answers = await Promise.all((await Promise.all(sent)).map(outcome));
    expect(answers.filter(([status]) => status < 300)).toHaveLength(1);
    expect(["last_admin", "unauthorized", "forbidden", "decision_not_accepted"]).toContain(answers.find(([status]) => status >= 300)?.[1]);
    expect(await standing()).toBe(1);
  }
  const rounds = Array.from({ length: 3 }, (_, round) => round);

  test.each(rounds)("two admins revoke each other at the same moment: one stays (%i)", async () => {
    const blair = await admitted(alex, "blair", ["admin"]);
    await expectOne([revoke(alex, blair), revoke(blair, alex)]);
  });

  test.each(rounds)("both passkeys of the only admin revoked at the same moment: one stays (%i)", async () => {
    const second = await addPasskey(alex);
    await given(await confirm(alex, second));
    await expectOne([revoke(alex, alex), revoke(alex, second)]);
  });

  test.each(rounds)("one revoked and one made no admin at the same moment: one stays (%i)", async () => {
    const blair = await admitted(alex, "blair", ["admin"]);
    const signed = await signRoles(blair, alex.id, []);
    await expectOne([revoke(alex, blair), sendRoles(blair, alex.id, { roles: [], groups: [] }, signed)]);
  });

  test("both made no admins at the same moment: one stays", async () => {
    const blair = await admitted(alex, "blair", ["admin"]);
    const [ofAlex, ofBlair] = [await signRoles(blair, alex.id, []), await signRoles(alex, blair.id, [])];
    const none = { roles: [], groups: [] };
    await expectOne([sendRoles(blair, alex.id, none, ofAlex), sendRoles(alex, blair.id, none, ofBlair)]);
  });
});

describe("what changes between the check and the write", () => {
  test("a signer who is no admin any more authorises nothing", async () => {
    const blair = await admitted(alex, "blair", ["admin"]);
    const casey = await enrolInvited(await invite(alex), "casey");
    const losesRole = () => changeRoles(alex, blair.id, []);
    const which = { personId: casey.id, credentialId: casey.passkey.credentialId };
    const notAnAdmin = { ok: false, refusal: { reason: "not-an-admin" } };
    expect(await confirmPasskey(which, blair.id, await signFor(blair, casey.passkey), await meanwhile(losesRole))).toEqual(notAnAdmin);
    await given(await changeRoles(alex, blair.id, ["admin"]));

    const signed = await authorise(blair.passkey, await draftAgent(blair, "bot"));
    expect(await createAgent("bot", blair.id, signed, await meanwhile(() => revoke(alex, blair)))).toEqual(notAnAdmin);
    expect([await rowsOf("agent"), await rowsOf("waiting_passkey")]).toEqual([0, 1]);
  });

  test("a passkey of somebody who is something else by now is not confirmed", async () => {
    const blair = await admitted(alex, "blair", ["admin"]);
    const second = await addPasskey(blair);
    const which = { personId: blair.id, credentialId: second.passkey.credentialId };
    const signed = await signFor(alex, second.passkey);
    const confirmed = await confirmPasskey(which, alex.id, signed, await meanwhile(() => changeRoles(alex, blair.id, ["auditor"])));
    expect(confirmed).toEqual({ ok: false, refusal: { reason: "signed-for-something-else" } });
    expect(await recordsOf("passkey.enrolled")).toHaveLength(2);
  });

  test("a passkey that was discarded by now is not confirmed", async () => {
    const blair = await enrolInvited(await invite(alex));
    const which = { personId: blair.id, credentialId: blair.passkey.credentialId };
    const confirmed = await confirmPasskey(which, alex.id, await signFor(alex, blair.passkey), await meanwhile(() => revoke(alex, blair)));
    expect(confirmed).toEqual({ ok: false, refusal: { reason: "not-waiting" } });
    expect(await rowsOf("person")).toBe(1);
  });

  test("an admin who is the last one by now stays", async () => {
    const blair = await admitted(alex, "blair", ["admin"]);
    const signed = await signRoles(alex, alex.id, []);
    const changed = await changeRolesVerb(
      { personId: alex.id, roles: [], groups: [] },
      alex.id,
      signed,
      await meanwhile(() => revoke(alex, blair)),
    );
    expect(changed).toEqual({ ok: false, refusal: { reason: "last-admin" } });
    expect(await standing()).toBe(1);
    expect(await draft(alex, { operation: "role.changed", person: blair.id, roles: [], groups: [] })).toMatchObject({ admin: alex.id });
  });
});
