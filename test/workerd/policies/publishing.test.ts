/** A policy is published by an admin's signature over exactly its version, its hash and the one before; and then it judges. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { type Agent, ask, askFor, decided, viewOf } from "#test/workerd/support/approvals.ts";
import { admitted, given, recordsOf } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone, someText, textLike } from "#test/workerd/support/people.ts";
import { draftPolicy, offerPolicy, publish, sendPolicy, signPolicy, versionInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const NOTHING = "type: countersign/policy@v1\n";
const DENY =
  "type: countersign/policy@v1\nrules:\n  - { name: no-deploys, match: { action: 'Deploy*' }, effect: deny, message: Not today. }\n";
const ALLOW =
  "type: countersign/policy@v1\nrules:\n  - { name: deploys, match: { action: 'Deploy*', when: args.replicas < 5 }, effect: allow }\n";

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
});

const versions = async (person = alex) =>
  given<{ items: { version: number; hash: string; previous: string | null }[]; waiting: unknown[] }>(
    await call("GET", "/api/v1/policies", { cookie: person.cookie }),
  );

describe("publishing", () => {
  test("puts the text in force, with its leaf, exactly as it was written", async () => {
    const source = `# Nobody deploys.\n${DENY}`;
    expect(await versionInForce(alex)).toBe(0);
    expect(await publish(alex, source)).toBe(1);
    const hash = textLike(/^[0-9a-f]{64}$/);
    const [record] = await recordsOf("policy.published");
    expect(record).toMatchObject({
      version: 1,
      hash,
      previous: null,
      authorised_by: [{ statement: { operation: "policy.published", parameters: { version: 1, hash, previous: null }, admin: alex.id } }],
    });
    const shown = await given<object>(await call("GET", "/api/v1/policies/1", { cookie: alex.cookie }));
    expect(shown).toEqual({
      version: 1,
      hash: record?.["hash"],
      previous: null,
      published_at: record?.["at"],
      signed_by: [{ id: alex.id, username: "alex" }],
      leaf_index: expect.any(Number) as unknown,
      source,
      document: {
        type: "countersign/policy@v1",
        rules: [{ name: "no-deploys", match: { action: "Deploy*" }, effect: "deny", message: "Not today." }],
      },
    });
    const refused = await askFor(agent);
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: "policy_denied", rule: "no-deploys" }]);
  });

  test("goes on: what passes, what it follows, and back to an old text", async () => {
    await publish(alex, DENY);
    await publish(alex, ALLOW);
    expect(await ask(agent)).toMatchObject({ status: "approved" });
    expect(await publish(alex, DENY)).toBe(3);
    expect((await askFor(agent)).status).toBe(403);
    const { items } = await versions();
    expect(items.map(({ version }) => version)).toEqual([3, 2, 1]);
    expect(items[0]?.hash).toBe(items[2]?.hash);
    const records = await recordsOf("policy.published");
    expect(records.map(({ previous }) => previous)).toEqual([null, items[2]?.hash, items[1]?.hash]);
    expect(items.map(({ previous }) => previous)).toEqual([items[1]?.hash, items[2]?.hash, null]);
  });

  test("changes nothing for what only observes", async () => {
    await publish(alex, `mode: observe\n${DENY}`);
    const asked = await ask(agent);
    expect(asked.status).toBe("pending");
    await decided(alex, asked.request_id, "approved");
    expect(await viewOf(agent, asked.request_id)).toMatchObject({ status: "approved" });
  });

  test("is refused with every error in its place, and nothing is kept", async () => {
    const wrong = "type: countersign/policy@v1\nrules:\n  - { name: a, effect: alow }\n  - { name: b, effect: deny, colour: red }\n";
    for (const path of ["/admin/policy/statement", "/api/v1/policies"]) {
      const body = { source: wrong, based_on: 0, ...(path.startsWith("/api") && { authorisation: [] }) };
      const answer = await call("POST", path, { cookie: alex.cookie, body });
      expect([answer.status, await answer.json()]).toMatchObject([
        422,
        {
          code: "policy_invalid",
          findings: [
            { level: "error", code: "bad_value", line: 3, column: 24, path: "rules[0].effect", message: someText, hint: someText },
            { level: "error", code: "unknown_key", line: 4, path: "rules[1].colour" },
          ],
        },
      ]);
    }
    expect(await versionInForce(alex)).toBe(0);
  });

  test("refuses groups and people that there are not, and more approvers than there are", async () => {
    const slot = (approvals: string) => `${NOTHING}defaults: { approvals: [${approvals}] }\n`;
    const codes = async (source: string) => {
      const answer = await call("POST", "/api/v1/policies/check", { cookie: alex.cookie, body: { source } });
      return (await given<{ findings: { code: string }[] }>(answer)).findings.map(({ code }) => code);
    };
    expect(await codes(slot("{ groups: [release] }"))).toEqual(["impossible_quorum", "unknown_group"]);
    expect(await codes(slot("{ users: [blair] }"))).toEqual(["impossible_quorum", "unknown_user"]);
    expect(await codes(slot("{ required: 2 }"))).toEqual(["impossible_quorum"]);
    await admitted(alex, "blair", ["approver"], ["release"]);
    expect(await codes(slot("{ groups: [release] }, { users: [blair] }"))).toEqual(["impossible_quorum"]);
    expect(await codes(slot("{ groups: [release] }"))).toEqual([]);
    expect(await codes(slot("{ required: 2 }"))).toEqual([]);
  });

  test("is of exactly what was signed", async () => {
    const signed = await signPolicy(alex, ALLOW, 0);
    const refused = [403, "decision_not_accepted"];
    expect(await outcome(await sendPolicy(alex, DENY, 0, signed))).toEqual(refused);
    expect(await outcome(await sendPolicy(alex, ALLOW, 0, []))).toEqual(refused);
    const [other] = signed.map((one) => ({
      ...one,
      statement: { ...one.statement, parameters: { ...one.statement.parameters, version: 2 } },
    }));
    expect(await outcome(await sendPolicy(alex, ALLOW, 0, [other]))).toEqual(refused);
    expect(await versionInForce(alex)).toBe(0);
    await given(await sendPolicy(alex, ALLOW, 0, signed), 201);
  });

  test("takes its signatures once", async () => {
    const signed = await signPolicy(alex, ALLOW, 0);
    const both = [sendPolicy(alex, ALLOW, 0, signed), sendPolicy(alex, ALLOW, 0, signed)];
    expect((await Promise.all(both)).map(({ status }) => status)).toContain(201);
    expect(await outcome(await sendPolicy(alex, ALLOW, 0, signed))).toEqual([409, "policy_changed"]);
    expect(await recordsOf("policy.published")).toHaveLength(1);
    await publish(alex, DENY);
    expect(await outcome(await sendPolicy(alex, ALLOW, 0, signed))).toEqual([409, "policy_changed"]);
    expect(await outcome(await sendPolicy(alex, ALLOW, 2, signed))).toEqual([403, "decision_not_accepted"]);
  });

  test("from a browser that has seen another version in force, it is told which one is", async () => {
    const stale = await signPolicy(alex, ALLOW, 0);
    await publish(alex, DENY);
    const [hash] = (await versions()).items.map((one) => one.hash);
    const answer = await sendPolicy(alex, ALLOW, 0, stale);
    expect([answer.status, await answer.json()]).toMatchObject([409, { code: "policy_changed", in_force: { version: 1, hash } }]);
    const body = { source: ALLOW, based_on: 0 };
    const drafted = await call("POST", "/admin/policy/statement", { cookie: alex.cookie, body });
    expect([drafted.status, await drafted.json()]).toMatchObject([409, { code: "policy_changed", in_force: { version: 1 } }]);
    expect(await outcome(await sendPolicy(alex, ALLOW, 7, stale))).toEqual([409, "policy_changed"]);
    expect(await versionInForce(alex)).toBe(1);
  });

  test("two admins at the same moment: one wins, and the other is told", async () => {
    const blair = await admitted(alex, "blair", ["admin"]);
    const [one, other] = [await signPolicy(alex, ALLOW, 0), await signPolicy(blair, DENY, 0)];
    const answers = await Promise.all([sendPolicy(alex, ALLOW, 0, one), sendPolicy(blair, DENY, 0, other)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
    expect(await answers.find(({ status }) => status === 409)?.json()).toMatchObject({ code: "policy_changed", in_force: { version: 1 } });
    expect(await recordsOf("policy.published")).toHaveLength(1);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM policy").first("n")).toBe(1);
  });
});

describe("published versions", () => {
  test("are read by every role, and published by admins", async () => {
    await publish(alex, NOTHING);
    const signed = await signPolicy(alex, ALLOW, 1);
    for (const role of ["approver", "auditor"] as const) {
      const reader = await admitted(alex, `a-${role}`, [role]);
      expect((await versions(reader)).items).toHaveLength(1);
      expect((await call("GET", "/api/v1/policies/1", { cookie: reader.cookie })).status).toBe(200);
      for (const path of ["/api/v1/policies/check", "/api/v1/policies/replay", "/admin/policy/statement", "/api/v1/policies"])
        expect(await outcome(await call("POST", path, { cookie: reader.cookie, body: { source: ALLOW } }))).toEqual([403, "forbidden"]);
      expect(await outcome(await sendPolicy(reader, ALLOW, 1, signed))).toEqual([403, "forbidden"]);
    }
    const nobody = await admitted(alex, "casey", []);
    expect(await outcome(await call("GET", "/api/v1/policies", { cookie: nobody.cookie }))).toEqual([403, "forbidden"]);
  });

  test("that there are not, and places that there are not, are told apart from errors", async () => {
    for (const version of ["0", "1", "-1", "x", "1e3", "99999999999999999999"])
      expect(await outcome(await call("GET", `/api/v1/policies/${version}`, { cookie: alex.cookie }))).toEqual([404, "not_found"]);
    expect(await outcome(await call("GET", "/api/v1/policies?cursor=x", { cookie: alex.cookie }))).toEqual([400, "invalid_request"]);
  });

  test("cannot be changed or deleted in the database", async () => {
    await publish(alex, NOTHING);
    for (const sql of ["UPDATE policy SET source = ''", "DELETE FROM policy"])
      await expect(env.DB.prepare(sql).run()).rejects.toThrow("what is published stays as it is");
  });
});

test("an admin without a signature publishes nothing", async () => {
  expect((await draftPolicy(alex, ALLOW, 0)).parameters).toMatchObject({ version: 1, previous: null });
  expect(await outcome(await offerPolicy({ ...alex, passkey: (await admitted(alex, "blair")).passkey }, ALLOW))).toEqual([
    403,
    "decision_not_accepted",
  ]);
  expect(await versionInForce(alex)).toBe(0);
});
