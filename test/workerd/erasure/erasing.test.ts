/** A person is erased: who may do it and when, what goes, what stays, and that the log is as sound as before. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { ask, decided, receiptOf } from "#test/workerd/support/approvals.ts";
import { draftErasure, erase, quarterHour, retire, sendErasure, signErasure } from "#test/workerd/support/erasure/erasing.ts";
import { admitted, changeRoles, given, invite, people, recordsOf, revoke } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone, someText } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let blair: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  blair = await admitted(alex, "blair", ["approver"], ["ops"]);
});

const leaves = async () =>
  (await env.DB.prepare("SELECT idx, idem, hex(entry) AS entry, record IS NULL AS withheld FROM log_leaf ORDER BY idx").all()).results;
const withheldKeys = async () => (await leaves()).flatMap(({ idem, withheld }) => (withheld === 1 ? [idem] : []));

/** Every text of the database in which the word stands, by its table. */
async function placesOf(word: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' AND name <> 'd1_migrations'",
  ).all<{ name: string }>();
  const found = await Promise.all(
    results.map(async ({ name }) => {
      const rows = await env.DB.prepare(`SELECT * FROM ${name}`).all();
      return JSON.stringify(rows.results).toLowerCase().includes(word) ? [name] : [];
    }),
  );
  return found.flat();
}

/** Tables in which somebody who is erased stays: by the id alone, as docs/operations.md says. */
const ABOUT_THE_ID = ["audience", "erasure", "passkey", "withheld_leaf"];

/** Tables with rows about this person, of all that say whom they are about. */
async function rowsAbout(personId: string): Promise<string[]> {
  const tables = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%person_id TEXT%' ORDER BY name",
  ).all<{ name: string }>();
  const found = tables.results.map(async ({ name }) => {
    const row = await env.DB.prepare(`SELECT 1 AS there FROM ${name} WHERE person_id = ?1 LIMIT 1`).bind(personId).first();
    return row === null ? [] : [name];
  });
  return (await Promise.all(found)).flat();
}

describe("erasing", () => {
  test("is signed for, and takes every name that the database has", async () => {
    const asBlair = (method: string, path: string, body?: object) =>
      call(method, path, { cookie: blair.cookie, ...(body !== undefined && { body }) });
    expect((await asBlair("PUT", `/account/passkeys/${blair.passkey.credentialId}`, { name: "Blair’s phone" })).ok).toBe(true);
    await given(await asBlair("POST", "/account/stop-token", {}), 201);
    await invite(alex, { person: blair.id });
    await env.DB.prepare("INSERT INTO notify_settings VALUES (?1, '{}', 'now')").bind(blair.id).run();
    await env.DB.prepare("INSERT INTO audit_filter VALUES (?1, 'mine', '{}', 'now')").bind(blair.id).run();
    await ask(await makeAgent(alex));
    await retire(alex, blair);
    const before = await leaves();
    expect(await (await erase(alex, blair.id)).json()).toEqual({ erased: true });
    expect(await recordsOf("person.erased")).toEqual([
      {
        type: "countersign/record@v1",
        kind: "person.erased",
        log: "gate.example.com/log",
        at: someText,
        person: { id: blair.id },
        authorised_by: [
          {
            statement: {
              type: "countersign/admin@v1",
              origin: "https://gate.example.com",
              operation: "person.erased",
              parameters: { person: { id: blair.id } },
              admin: alex.id,
              nonce: someText,
            },
            credential_id: alex.passkey.credentialId,
            assertion: { client_data_json: someText, authenticator_data: someText, signature: someText },
          },
        ],
      },
    ]);
    await quarterHour();
    expect(await withheldKeys()).toHaveLength(3);
    expect((await leaves()).slice(0, before.length).map(({ idx, idem, entry }) => [idx, idem, entry])).toEqual(
      before.map(({ idx, idem, entry }) => [idx, idem, entry]),
    );
    expect(await placesOf('"blair"')).toEqual([]);
    expect(await placesOf("blair example")).toEqual([]);
    expect(await placesOf("blair’s phone")).toEqual([]);
    expect((await people(alex)).map(({ id }) => id)).toEqual([alex.id]);
    // What signatures that are out there are verified with.
    const kept = "SELECT public_key, name, transports FROM passkey WHERE person_id = ?1";
    expect(await env.DB.prepare(kept).bind(blair.id).first()).toEqual({ public_key: someText, name: "", transports: "[]" });
    expect(await rowsAbout(blair.id)).toEqual(ABOUT_THE_ID);
  });

  test.each<[string, () => Promise<unknown>]>([
    ["a role", () => revoke(alex, blair)],
    ["a passkey", () => changeRoles(alex, blair.id, [])],
  ])("waits for %s that is there still", async (_, first) => {
    await first();
    expect(await outcome(await draftErasure(alex, blair.id))).toEqual([409, "person_stands"]);
  });

  test("waits for agents that are the person's", async () => {
    await given(await changeRoles(alex, blair.id, ["admin"]));
    const agent = await makeAgent(blair);
    await retire(alex, blair);
    expect(await outcome(await draftErasure(alex, blair.id))).toEqual([409, "person_stands"]);
    expect((await call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: alex.cookie })).status).toBe(204);
    expect((await erase(alex, blair.id)).status).toBe(200);
  });

  test("is refused in the write if the person stands again by then", async () => {
    await retire(alex, blair);
    const signed = await signErasure(alex, blair.id);
    await given(await changeRoles(alex, blair.id, ["approver"]));
    expect(await outcome(await sendErasure(alex, blair.id, signed))).toEqual([409, "person_stands"]);
    expect(await recordsOf("person.erased")).toEqual([]);
    expect((await people(alex)).map(({ username }) => username)).toEqual(["alex", "blair"]);
  });

  test("never takes the last admin, nor an admin at all", async () => {
    expect(await outcome(await draftErasure(alex, alex.id))).toEqual([409, "person_stands"]);
  });

  test("serves for whom it was signed, once, and nobody comes back", async () => {
    const sam = await admitted(alex, "sam");
    await retire(alex, blair);
    await retire(alex, sam);
    const signed = await signErasure(alex, blair.id);
    expect(await outcome(await sendErasure(alex, sam.id, signed))).toEqual([403, "decision_not_accepted"]);
    expect((await sendErasure(alex, blair.id, signed)).status).toBe(200);
    expect((await sendErasure(alex, blair.id, signed)).status).toBe(403);
    expect(await recordsOf("person.erased")).toHaveLength(1);
    expect(await outcome(await draftErasure(alex, blair.id))).toEqual([404, "not_found"]);
    const roles = { operation: "role.changed", person: blair.id, roles: ["admin"], groups: [] };
    expect(await outcome(await call("POST", "/admin/people/statement", { cookie: alex.cookie, body: roles }))).toEqual([404, "not_found"]);
    expect(await outcome(await call("POST", "/api/v1/invites", { cookie: alex.cookie, body: { person: blair.id } }))).toEqual([
      400,
      "invalid_request",
    ]);
    for (const sql of [
      "UPDATE person SET roles = '[\"admin\"]'",
      "INSERT INTO passkey (credential_id, person_id, public_key, alg, sign_count, backup_eligible, transports, created_at, leaf_index) SELECT 'x', person_id, public_key, alg, 0, 0, '[]', created_at, 1 FROM passkey",
    ])
      await expect(
        env.DB.prepare(`${sql} WHERE ${sql.startsWith("UPDATE") ? "id" : "person_id"} = ?1`)
          .bind(blair.id)
          .run(),
      ).rejects.toThrow("person: who is erased stays so");
    // The name is free again; whoever takes it has another id.
    const again = await admitted(alex, "blair");
    expect(again.id).not.toBe(blair.id);
  });

  test("is no right of a session, an approver or an agent", async () => {
    const sam = await admitted(alex, "sam");
    await retire(alex, blair);
    expect(await outcome(await draftErasure(sam, blair.id))).toEqual([403, "forbidden"]);
    expect(await outcome(await sendErasure(sam, blair.id, []))).toEqual([403, "forbidden"]);
    expect(await outcome(await sendErasure(alex, blair.id, []))).toEqual([403, "decision_not_accepted"]);
    expect((await people(alex)).map(({ username }) => username)).toContain("blair");
  });
});

test("invitations go a month after they were last valid, and not before", async () => {
  await invite(alex);
  const there = async () => (await env.DB.prepare("SELECT count(*) AS n FROM invite").first<number>("n")) ?? -1;
  const before = await there();
  const lateBy = (days: number) =>
    env.DB.prepare("UPDATE invite SET expires_at = ?1")
      .bind(new Date(Date.now() - days * 86_400_000).toISOString())
      .run();
  await lateBy(29);
  await quarterHour();
  expect(await there()).toBe(before);
  await lateBy(31);
  await quarterHour();
  expect(await there()).toBe(0);
});

describe("a receipt", () => {
  test("of what the person decided is made no more, and says why; of what others decided it is made as before", async () => {
    const agent = await makeAgent(alex);
    const { request_id: byBlair } = await ask(agent);
    await decided(blair, byBlair, "approved");
    await given(await changeRoles(alex, alex.id, ["admin", "approver"]));
    const { request_id: byAlex } = await ask(agent);
    await decided(alex, byAlex, "approved");
    await receiptOf(agent, byBlair);
    await retire(alex, blair);
    expect((await erase(alex, blair.id)).status).toBe(200);
    await quarterHour();
    const path = (id: string) => `/api/v1/approvals/${id}/receipt`;
    expect(await outcome(await call("GET", path(byBlair), { key: agent.key, origin: null }))).toEqual([410, "withheld"]);
    expect((await call("GET", path(byAlex), { key: agent.key, origin: null })).status).toBe(200);
    // Its end is in the object still, so in the log as well: both go together, once the archive has it.
    expect(await withheldKeys()).not.toContain(`${byBlair}:final`);
  });
});
