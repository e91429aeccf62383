/** Where two admins have to sign, a text waits with the first one's signature, and the second reads it before signing. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { admitted, changeRoles, given, recordsOf } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, outcome, type Someone } from "#test/workerd/support/people.ts";
import { offerPolicy, publish, sendPolicy, signPolicy, versionInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const TWO = { ADMINS_REQUIRED: "2" };
const DENY = "# Written by Alex.\ntype: countersign/policy@v1\ndefaults: { effect: deny }\n";
const ASK = "type: countersign/policy@v1\n";

let alex: Someone;
let blair: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  blair = await admitted(alex, "blair", ["admin"]);
});

interface WaitingText {
  version: number;
  source: string;
  signatures: number;
  required: number;
  signed_by: string[];
  operation: string;
  follows: boolean;
}
const waiting = async (): Promise<WaitingText[]> =>
  (await given<{ waiting: WaitingText[] }>(await call("GET", "/api/v1/policies", { cookie: blair.cookie, settings: TWO }))).waiting;
const drafts = () => env.DB.prepare("SELECT count(*) AS n FROM policy_draft").first<number>("n");

describe("with two admins", () => {
  test("one alone publishes nothing; the text waits, and the second signs what they read", async () => {
    const first = await offerPolicy(alex, DENY, TWO);
    expect([first.status, await first.json()]).toMatchObject([202, { version: 1, signatures: 1, required: 2 }]);
    expect(await versionInForce(alex)).toBe(0);
    const again = await offerPolicy(alex, DENY, TWO);
    expect([again.status, await versionInForce(alex)]).toEqual([202, 0]);
    const [text] = await waiting();
    expect(text).toMatchObject({ version: 1, source: DENY, signatures: 1, required: 2, signed_by: [alex.id], follows: true });
    const second = await offerPolicy(blair, text?.source ?? "", TWO);
    expect([second.status, await second.json()]).toMatchObject([201, { version: 1 }]);
    const [record] = await recordsOf("policy.published");
    expect(record?.["authorised_by"]).toMatchObject([{ statement: { admin: alex.id } }, { statement: { admin: blair.id } }]);
    const published = await given<object>(await call("GET", "/api/v1/policies/1", { cookie: blair.cookie }));
    expect(published).toMatchObject({ source: DENY, signed_by: [{ username: "alex" }, { username: "blair" }] });
    expect([await waiting(), await drafts()]).toEqual([[], 0]);
  });

  test("one who signs another text has not signed the first one's", async () => {
    await offerPolicy(alex, DENY, TWO);
    expect((await offerPolicy(blair, ASK, TWO)).status).toBe(202);
    expect((await waiting()).map(({ source }) => source)).toEqual([DENY, ASK]);
    expect(await versionInForce(alex)).toBe(0);
  });

  test("an admin has one text that waits: signing another takes the first one back", async () => {
    await offerPolicy(alex, DENY, TWO);
    await offerPolicy(alex, ASK, TWO);
    expect((await waiting()).map(({ source }) => source)).toEqual([ASK]);
    expect(await drafts()).toBe(1);
    expect((await offerPolicy(blair, DENY, TWO)).status).toBe(202);
    expect((await offerPolicy(blair, ASK, TWO)).status).toBe(201);
    expect(await waiting()).toMatchObject([{ source: DENY, follows: false }]);
  });

  test("taken back, the text goes with the signature, and serves no more", async () => {
    await offerPolicy(alex, DENY, TWO);
    const [text] = await waiting();
    expect((await call("DELETE", `/api/v1/signatures/${text?.operation}`, { cookie: alex.cookie })).status).toBe(204);
    expect([await waiting(), await drafts()]).toEqual([[], 0]);
    expect((await offerPolicy(blair, DENY, TWO)).status).toBe(202);
  });

  test("the text goes with the role of whoever signed for it", async () => {
    await offerPolicy(alex, DENY, TWO);
    await admitted(blair, "casey", ["admin"]);
    await given(await changeRoles(blair, alex.id, ["approver"]));
    expect([await waiting(), await drafts()]).toEqual([[], 0]);
  });

  test("a day later the text is not shown, and it goes with the next signature", async () => {
    await offerPolicy(alex, DENY, TWO);
    await env.DB.prepare("UPDATE proposal SET expires_at = '2026-01-01T00:00:00.000Z'").run();
    expect(await waiting()).toEqual([]);
    expect((await offerPolicy(blair, ASK, TWO)).status).toBe(202);
    expect(await env.DB.prepare("SELECT group_concat(source) AS all_of_them FROM policy_draft").first("all_of_them")).toBe(ASK);
  });

  test("a text that waits is overtaken by another publication: it says so, and is published no more", async () => {
    await offerPolicy(alex, DENY, TWO);
    const signed = await signPolicy(blair, DENY, 0);
    await publish(blair, ASK);
    expect(await waiting()).toMatchObject([{ source: DENY, follows: false }]);
    expect(await outcome(await sendPolicy(blair, DENY, 0, signed, TWO))).toEqual([409, "policy_changed"]);
    expect(await versionInForce(alex)).toBe(1);
  });

  test("both at the same moment: it is published, once", async () => {
    const [one, other] = [await signPolicy(alex, DENY, 0), await signPolicy(blair, DENY, 0)];
    const answers = await Promise.all([sendPolicy(alex, DENY, 0, one, TWO), sendPolicy(blair, DENY, 0, other, TWO)]);
    expect(answers.map(({ status }) => status)).toContain(201);
    expect(await recordsOf("policy.published")).toHaveLength(1);
    expect(await versionInForce(alex)).toBe(1);
  });

  test("one who signs what is in force already leaves nothing that waits", async () => {
    const [late, signed] = [await signPolicy(blair, DENY, 0), await signPolicy(alex, DENY, 0)];
    await given(await sendPolicy(alex, DENY, 0, signed), 201);
    expect(await outcome(await sendPolicy(blair, DENY, 0, late, TWO))).toEqual([409, "policy_changed"]);
    expect([await waiting(), await drafts()]).toEqual([[], 0]);
  });

  test("a signature that does not serve keeps no text", async () => {
    const signed = await signPolicy(alex, DENY, 0);
    expect((await sendPolicy(alex, ASK, 0, signed, TWO)).status).toBe(403);
    expect((await sendPolicy(blair, DENY, 0, signed, TWO)).status).toBe(403);
    expect([await waiting(), await drafts()]).toEqual([[], 0]);
  });
});
