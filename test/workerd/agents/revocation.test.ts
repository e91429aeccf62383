/** A revoked agent stops at once: its key, its waits, and what it has pending. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { call, enrolFirst, makeAgent, outcome, rowsOf, type Someone } from "#test/workerd/support/people.ts";
import { objectOf } from "#test/workerd/support/storage.ts";

let alex: Someone;
beforeAll(async () => {
  alex = await enrolFirst();
});

const ask = (key: string, waitSeconds: number) =>
  call("POST", "/api/v1/approvals", {
    key,
    origin: null,
    body: { action: "Deploy", payload: { to: "production" }, wait_seconds: waitSeconds },
  });
const revoke = (id: string) => call("DELETE", `/api/v1/agents/${id}`, { cookie: alex.cookie });
const waitersOn = (id: string) =>
  runInDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(id)), (_, state) => state.getWebSockets().length);
const recordsOf = async (kind: string) =>
  (
    await env.DB.prepare("SELECT record FROM log_leaf WHERE json_extract(record, '$.kind') = ? ORDER BY idx")
      .bind(kind)
      .all<{ record: string }>()
  ).results.map(({ record }) => JSON.parse(record) as { [member: string]: unknown });

test("its waits end within a second, unauthorized, and its pending requests are cancelled by revocation", async () => {
  const agent = await makeAgent(alex);
  const other = await makeAgent(alex, "other-bot");
  const { request_id: id } = await (await ask(agent.key, 0)).json<{ request_id: string }>();
  const { request_id: othersId } = await (await ask(other.key, 0)).json<{ request_id: string }>();
  const waiting = call("GET", `/api/v1/approvals/${id}?wait=50`, { key: agent.key, origin: null });
  await expect.poll(() => waitersOn(id)).toBe(1);

  const revokedAt = performance.now();
  expect((await revoke(agent.id)).status).toBe(204);
  expect(await outcome(await waiting)).toEqual([401, "unauthorized"]);
  // Within a second on a machine that does nothing else; without an end of its own it would take the fifty that it asked for.
  expect(performance.now() - revokedAt).toBeLessThan(25_000);

  expect(await outcome(await ask(agent.key, 0))).toEqual([401, "unauthorized"]);
  expect(await recordsOf("agent.revoked")).toMatchObject([
    { agent: { id: agent.id, name: "release-bot", owner: alex.id }, authorised_by: [] },
  ]);
  expect(await recordsOf("approval.cancelled")).toMatchObject([{ ended_by: "revocation", decisions: [], request: { id } }]);
  const untouched = await call("GET", `/api/v1/approvals/${othersId}?wait=0`, { key: other.key, origin: null });
  expect(await untouched.json()).toMatchObject({ status: "pending" });
});

test("revoked twice at once, it is logged once", async () => {
  const agent = await makeAgent(alex);
  const before = (await recordsOf("agent.revoked")).length;
  const answers = await Promise.all([revoke(agent.id), revoke(agent.id)]);
  expect(answers.map(({ status }) => status)).toEqual([204, 204]);
  expect(await recordsOf("agent.revoked")).toHaveLength(before + 1);
});

test("what was made and signed for is in the log, with the signature", async () => {
  const [created] = await recordsOf("agent.created");
  expect(created).toMatchObject({
    agent: { name: "release-bot", owner: alex.id },
    authorised_by: [{ statement: { operation: "agent.created", admin: alex.id }, credential_id: alex.passkey.credentialId }],
  });
  expect(await recordsOf("passkey.enrolled")).toMatchObject([
    {
      person: { id: alex.id, username: "alex" },
      roles: ["admin", "approver"],
      credential: { id: alex.passkey.credentialId, public_key: alex.passkey.publicKey, alg: -7, backup_eligible: false },
      authorised_by: [],
    },
  ]);
  expect(await rowsOf("person")).toBe(1);
});
