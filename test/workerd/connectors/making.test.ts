/** A connector is made by admins' signatures over its name and its server's; its key is shown once, and opens the line of it alone until it is revoked. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { app } from "#composition/app.ts";
import { apiKeyHash, isConnectorKey } from "#countersign/documents/api-key.ts";
import {
  askConnectorDraft,
  makeConnector,
  putConnector,
  revokeConnector,
  signConnector,
} from "#test/workerd/support/connectors/connectors.ts";
import { askForLine, ScriptedLine } from "#test/workerd/support/connectors/scripted-line.ts";
import { admitted, given, recordsOf } from "#test/workerd/support/invited.ts";
import { authorise, call, enrolFirst, makeAgent, ORIGIN, outcome, type Someone, textLike } from "#test/workerd/support/people.ts";
import { askServerDraft, signServer } from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
});

const listed = async (who = alex) =>
  given<{ items: Record<string, unknown>[]; waiting: Record<string, unknown>[] }>(
    await call("GET", "/api/v1/connectors", { cookie: who.cookie }),
  );

test("it is in the log, and of its key the hash alone is kept", async () => {
  const made = await makeConnector(alex, "laptop", "files");
  expect(made).toEqual({ id: textLike(/^con_[A-Za-z0-9_-]{22}$/), name: "laptop", server: "files", key: textLike(/^csc_/) });
  expect(isConnectorKey(made.key)).toBe(true);
  const connector = { id: made.id, name: "laptop", server: "files" };
  expect((await recordsOf("connector.created")).map((record) => record["connector"])).toEqual([connector]);
  const row = await env.DB.prepare("SELECT * FROM connector").first();
  expect(row).toMatchObject({ ...connector, key_hash: apiKeyHash(made.key), maker: alex.id, revoked_at: null });
  expect(JSON.stringify([row, await listed()])).not.toContain(made.key.slice(4));
});

test("the list says how its line is, and what lacks a signature", async () => {
  const made = await makeConnector(alex, "laptop", "files");
  const item = { id: made.id, name: "laptop", server: "files", address: `connector:${made.id}`, revoked_at: null };
  expect((await listed()).items).toMatchObject([{ ...item, connected_since: null, serves: false }]);
  const line = await ScriptedLine.open(made);
  await expect.poll(async () => (await listed()).items).toMatchObject([{ ...item, connected_since: textLike(/Z$/), serves: true }]);
  line.leave();
  await expect.poll(async () => (await listed()).items).toMatchObject([{ ...item, connected_since: null, serves: false }]);
});

test("where two admins have to sign, the second one is shown the key", async () => {
  const blair = await admitted(alex, "blair", ["admin"]);
  const settings = { settings: { ADMINS_REQUIRED: "2" } };
  expect(await given(await signConnector(alex, "laptop", "files", settings), 202)).toEqual({ signatures: 1, required: 2 });
  const [waiting] = (
    await given<{ waiting: { id: string }[] }>(await call("GET", "/api/v1/connectors", { cookie: blair.cookie, ...settings }))
  ).waiting;
  const body = { name: "laptop", server: "files", id: waiting?.id };
  const { statement } = await given<{ statement: Parameters<typeof authorise>[1] }>(await askConnectorDraft(blair, body, settings));
  const authorisation = await authorise(blair.passkey, statement);
  const sent = { cookie: blair.cookie, body: { name: "laptop", server: "files", authorisation }, ...settings };
  expect(await given(await call("POST", "/api/v1/connectors", sent), 201)).toMatchObject({ id: waiting?.id, key: textLike(/^csc_/) });
  // Of another server nobody has signed for anything.
  expect(await outcome(await askConnectorDraft(blair, { ...body, server: "other" }, settings))).toEqual([404, "not_found"]);
});

test.each([
  ["a name that is none", { name: "La ptop", server: "files" }, "name"],
  ["a server that can have no such name", { name: "laptop", server: "../files" }, "server"],
  ["a name that is taken", { name: "taken", server: "files" }, "name"],
])("refuses %s", async (_, body, field) => {
  await putConnector("taken", "files");
  const answer = await askConnectorDraft(alex, body);
  expect(answer.status).toBe(400);
  expect((await answer.json<{ errors: { field: string }[] }>()).errors[0]?.field).toBe(field);
});

test("a signature for one name makes no other", async () => {
  const draft = await askConnectorDraft(alex, { name: "laptop", server: "files" });
  const { statement } = await given<{ statement: Parameters<typeof authorise>[1] }>(draft);
  const authorisation = await authorise(alex.passkey, statement);
  for (const other of [
    { name: "laptop", server: "prod" },
    { name: "desktop", server: "files" },
  ]) {
    const answer = await call("POST", "/api/v1/connectors", { cookie: alex.cookie, body: { ...other, authorisation } });
    expect(await outcome(answer)).toEqual([403, "decision_not_accepted"]);
  }
  expect((await listed()).items).toEqual([]);
});

describe("its key", () => {
  test("opens its own line, and says whose it is to whoever asks without a socket", async () => {
    const made = await makeConnector(alex, "laptop", "files");
    const plain = await call("GET", "/api/v1/connectors/laptop/line", { origin: null, headers: { authorization: `Bearer ${made.key}` } });
    expect(await plain.json()).toEqual({ id: made.id, name: "laptop", server: "files" });
    expect((await askForLine(made, made.key)).status).toBe(101);
  });

  test("is no agent's, and no agent's key, session or other connector's key is it", async () => {
    const made = await makeConnector(alex, "laptop", "files");
    const other = await makeConnector(alex, "desktop", "files");
    const agent = await makeAgent(alex);
    const wrong = `${made.key.slice(0, -1)}${made.key.endsWith("0") ? "1" : "0"}`;
    for (const key of [null, agent.key, other.key, wrong, "csc_x"]) expect((await askForLine(made, key)).status).toBe(401);
    expect((await askForLine(made, null, { cookie: alex.cookie })).status).toBe(401);
    for (const path of ["/mcp/files", "/api/v1/approvals"]) {
      const asked = await call("POST", path, { key: made.key, origin: null, body: {} });
      expect([path, asked.status]).toEqual([path, 401]);
    }
    expect((await askForLine(made, made.key, { origin: "https://evil.example" })).status).toBe(403);
  });

  test("that is guessed too often is not looked at any more", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const guess = { origin: null, headers: { authorization: "Bearer csc_x", "cf-connecting-ip": "203.0.113.9" } };
    const codes: (string | undefined)[] = [];
    for (let n = 0; n < 62; n++) codes.push((await outcome(await call("GET", "/api/v1/connectors/laptop/line", guess)))[1]);
    vi.useRealTimers();
    expect(codes[0]).toBe("unauthorized");
    expect(codes.at(-1)).toBe("rate_limited");
  });
});

describe("revoked", () => {
  test("whoever is connected is cut off, and the key opens nothing any more", async () => {
    const made = await makeConnector(alex, "laptop", "files");
    const line = await ScriptedLine.open(made);
    expect((await revokeConnector(alex, made.id)).status).toBe(204);
    expect(await line.closed).toMatchObject({ code: 4003 });
    expect((await askForLine(made, made.key)).status).toBe(401);
    const connector = { id: made.id, name: "laptop", server: "files" };
    const by = { id: alex.id, username: "alex" };
    expect(await recordsOf("connector.revoked")).toMatchObject([{ connector, by }]);
    expect((await revokeConnector(alex, made.id)).status).toBe(204);
    expect(await recordsOf("connector.revoked")).toHaveLength(1);
    // Its name is free again; its id and key never are.
    expect((await makeConnector(alex, "laptop", "files")).id).not.toBe(made.id);
  });

  test("there is nothing to revoke of what never was", async () => {
    expect(await outcome(await revokeConnector(alex, "con_AAAAAAAAAAAAAAAAAAAAAA"))).toEqual([404, "not_found"]);
  });
});

describe("a server over it", () => {
  const over = (id: string, more: object = {}) => ({
    draft: "add",
    name: "files",
    url: `connector:${id}`,
    authentication: { kind: "none" },
    ...more,
  });

  test("has its connector for an address and an origin", async () => {
    const { id } = await makeConnector(alex, "laptop", "files");
    await given((await signServer(alex, over(id))).answer, 201);
    const servers = await given<{ items: { url: string }[] }>(await call("GET", "/api/v1/servers", { cookie: alex.cookie }));
    expect(servers.items.map(({ url }) => url)).toEqual([`connector:${id}`]);
  });

  test.each([
    ["a connector that is none", () => over("con_AAAAAAAAAAAAAAAAAAAAAA")],
    ["no id", () => over("x")],
    ["a connector of another server", (id: string) => over(id, { name: "other" })],
  ])("refuses %s", async (_, body) => {
    const { id } = await makeConnector(alex, "laptop", "files");
    const answer = await askServerDraft(alex, body(id));
    expect(answer.status).toBe(400);
    expect((await answer.json<{ errors: { field: string }[] }>()).errors[0]?.field).toBe("url");
  });

  test("refuses one that is revoked, and a credential, which would go nowhere", async () => {
    const { id } = await makeConnector(alex, "laptop", "files");
    expect((await askServerDraft(alex, over(id, { authentication: { kind: "bearer" }, credential: { token: "t" } }))).status).toBe(400);
    await revokeConnector(alex, id);
    expect((await askServerDraft(alex, over(id))).status).toBe(400);
  });
});

describe("a deployment without the binding", () => {
  const { CONNECTOR: _, ...without } = env;
  const ask = (method: string, path: string, headers: Record<string, string>, body?: object) =>
    app.fetch(
      new Request(new URL(path, ORIGIN), { method, headers, ...(body && { body: JSON.stringify(body) }) }),
      without,
      createExecutionContext(),
    );

  test("makes none, lets none in, says so, and sends nothing to a server over one", async () => {
    const made = await makeConnector(alex, "laptop", "files");
    const add = { draft: "add", name: "files", url: `connector:${made.id}`, authentication: { kind: "none" } };
    await given((await signServer(alex, add)).answer, 201);
    const signedIn = { cookie: alex.cookie, origin: ORIGIN, "content-type": "application/json" };
    const draft = await ask("POST", "/admin/connectors/statement", signedIn, { name: "other", server: "files" });
    expect(await outcome(draft)).toEqual([503, "gateway_not_available"]);
    const line = await ask("GET", "/api/v1/connectors/laptop/line", { authorization: `Bearer ${made.key}`, upgrade: "websocket" });
    expect(await outcome(line)).toEqual([503, "gateway_not_available"]);
    expect(await (await ask("GET", "/admin/connectors", signedIn)).text()).toContain("lacks the binding CONNECTOR");
    expect(await (await ask("POST", "/api/v1/servers/files/tools/refresh", signedIn, {})).json()).toEqual({
      listed: false,
      code: "unreachable",
    });
    expect((await ask("DELETE", `/api/v1/connectors/${made.id}`, signedIn)).status).toBe(204);
  });
});
