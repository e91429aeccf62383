/** A server from its draft to its removal, over the real routes, with MCP servers of the official SDKs on real sockets. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, test } from "vitest";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { toolPin } from "#countersign/documents/tool-pin.ts";
import { callable } from "#rules/calls/callable.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { leafKeys } from "#test/workerd/support/channels/signed-channels.ts";
import { given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, outcome, type Someone } from "#test/workerd/support/people.ts";
import {
  acceptedTools,
  addedServer,
  askServerDraft,
  draftOfServer,
  inForce,
  listedPins,
  refresh,
  SERVER,
  serversOfGate,
  signServer,
  tellServer,
  TOLD,
  tool,
  toolsOf,
} from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  await tellServer({ tools: [tool("get_ticket"), tool("close_ticket")] });
  alex = await enrolFirst();
});

const epoch = async () => env.DB.prepare("SELECT epoch FROM gate").first<number>("epoch");

describe("a server", () => {
  test("is drafted, signed for, listed, its tools accepted, and removed; its name is free again, its id never is", async () => {
    const statement = await draftOfServer(alex, { draft: "add", ...SERVER });
    expect(statement.parameters).toEqual({
      server: {
        id: expect.stringMatching(/^srv_[A-Za-z0-9_-]{22}$/) as string,
        name: "tickets",
        url: `https://${TOLD}/mcp`,
        authentication: { kind: "none", credential_hash: null },
        features: {},
        limits: {},
      },
    });
    const id = await addedServer(alex);
    expect(await serversOfGate(alex)).toMatchObject([
      {
        id,
        name: "tickets",
        endpoint: "https://gate.example.com/mcp/tickets",
        number: 1,
        acceptances: 0,
        unaccepted: ["close_ticket", "get_ticket"],
        health: { era: "modern", protocol_version: "2026-07-28", last_error: null },
      },
    ]);
    expect(callable(await inForce(), "get_ticket")).toEqual({ ok: false, refusal: "tool_not_accepted" });
    expect(callable(await inForce(), "no_such_tool")).toEqual({ ok: false, refusal: "unknown_tool" });

    expect((await acceptedTools(alex, ["get_ticket"])).status).toBe(200);
    const accepted = callable(await inForce(), "get_ticket");
    expect(accepted.ok && toolPin(accepted.value.definition)).toBe(accepted.ok && accepted.value.pin);
    expect(callable(await inForce(), "close_ticket")).toEqual({ ok: false, refusal: "tool_not_accepted" });
    expect(await toolsOf(alex)).toMatchObject([
      { name: "close_ticket", state: "new", callable: false, rules: [{ name: "default", effect: "require_approval" }] },
      { name: "get_ticket", state: "accepted", callable: true, marked: true, proposal: { class: "read-only" } },
    ]);

    const before = await epoch();
    expect((await call("DELETE", "/api/v1/servers/tickets", { cookie: alex.cookie })).status).toBe(204);
    expect(await epoch()).toBeGreaterThan(before ?? 0);
    expect((await call("DELETE", "/api/v1/servers/tickets", { cookie: alex.cookie })).status).toBe(204);
    expect(await serversOfGate(alex)).toEqual([]);
    expect(await leafKeys("srv_")).toEqual([`${id}:1`, `${id}:tools:1`, `${id}:removed`]);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM server_tool").first("n")).toBe(0);
    expect(await addedServer(alex)).not.toBe(id);
    await expect(env.DB.prepare("DELETE FROM server").run()).rejects.toThrow("never given twice");
  });

  test("of the SDK of this era has tools, instructions and prompts, each with its pin", async () => {
    await addedServer(alex, { name: "stock", url: "https://modern.mcp.example.com/mcp" });
    expect(await toolsOf(alex, "stock")).toMatchObject([
      { name: "(instructions)", kind: "instructions", state: "new" },
      { name: "(prompt) restock", kind: "prompt", state: "new" },
      { name: "delete_item", kind: "tool", proposal: { class: "irreversible" } },
      { name: "get_stock", kind: "tool", proposal: { class: "read-only" } },
    ]);
    expect((await acceptedTools(alex, null, "stock")).status).toBe(200);
    const { accepted, drifted } = await inForce("stock");
    expect(accepted.map(({ name }) => name)).toEqual(["(instructions)", "(prompt) restock", "delete_item", "get_stock"]);
    expect(await refresh(alex, "stock")).toEqual({ listed: true, code: null });
    expect(drifted).toEqual([]);
  });

  test("of the SDK of the era before is listed in a session, which is ended", async () => {
    await addedServer(alex, { name: "legacy", url: "https://legacy.mcp.example.com/mcp" });
    expect(await serversOfGate(alex)).toMatchObject([
      { health: { era: "legacy", protocol_version: "2025-11-25", server_info: { name: "legacy-fixture" } }, unaccepted: ["list_tickets"] },
    ]);
    const asked = await receivers.requests("legacy.mcp.example.com");
    expect(asked.map(({ method, body }) => (body === "" ? method : (JSON.parse(body) as { method: string }).method))).toEqual([
      "server/discover",
      "initialize",
      "notifications/initialized",
      "tools/list",
      "DELETE",
    ]);
    const sessions = new Set(asked.slice(2).map(({ headers }) => headers["mcp-session-id"]));
    expect(sessions.size).toBe(1);
  });

  test("that answers in events and in pages is listed whole", async () => {
    await tellServer({ pages: [[tool("a")], [tool("b")], [tool("c")]], streams: true, era: "legacy" });
    await addedServer(alex);
    expect((await toolsOf(alex)).map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });
});

describe("what cannot be added", () => {
  test.each([
    [{ name: "Tickets" }, "name"],
    [{ name: "9to5" }, "name"],
    [{ name: "a-name-that-is-too-long" }, "name"],
    [{ url: "http://mcp.example.com/mcp" }, "url"],
    [{ url: "https://10.0.0.1/mcp" }, "url"],
    [{ url: "https://127.0.0.1/mcp" }, "url"],
    [{ url: "https://0x7f000001/mcp" }, "url"],
    [{ url: "https://[::ffff:10.0.0.1]/mcp" }, "url"],
    [{ url: "https://user:pass@mcp.example.com/" }, "url"],
    [{ url: "https://gate.example.com/mcp" }, "url"],
    [{ url: "https://metadata.internal/mcp" }, "url"],
    [{ authentication: { kind: "headers", names: [] } }, "authentication.names"],
    [{ authentication: { kind: "headers", names: ["Host"] } }, "authentication.names"],
    [{ authentication: { kind: "headers", names: ["mcp-session-id"] } }, "authentication.names"],
    [{ authentication: { kind: "headers", names: ["X-Forwarded-For"] } }, "authentication.names"],
    [
      { authentication: { kind: "client_credentials", token_endpoint: "https://10.0.0.1/t", client_id: "a" } },
      "authentication.token_endpoint",
    ],
    [{ authentication: { kind: "bearer", names: ["x"] } }, "authentication.names"],
    [{ authentication: { kind: "bearer" }, credential: { token: "with blanks" } }, "credential.token"],
    [{ authentication: { kind: "bearer" }, credential: { client_secret: "of another kind" } }, "credential"],
    [{ authentication: { kind: "headers", names: ["x-key"] }, credential: { headers: { "x-other": "a" } } }, "credential.headers"],
    [{ limits: { seconds: 601 } }, "limits.seconds"],
  ])("%j: %s", async (more, field) => {
    const refused = await askServerDraft(alex, { draft: "add", ...SERVER, ...more });
    expect(refused.status).toBe(400);
    const { errors } = await refused.json<{ errors: { field: string }[] }>();
    expect(errors.map((error) => error.field)).toContain(field);
  });

  it("has the name of one that stands", async () => {
    await addedServer(alex);
    expect(await outcome(await askServerDraft(alex, { draft: "add", ...SERVER }))).toEqual([400, "invalid_request"]);
  });
});

describe("a credential", () => {
  const BEARER = { ...SERVER, authentication: { kind: "bearer" }, credential: { token: "s3cret-of-tickets" } };

  test("is signed by the hash of its sealed value, sent to its server alone, and shown nowhere", async () => {
    await tellServer({ wants: "Bearer s3cret-of-tickets", tools: [tool("get_ticket")] });
    const { answer, statement } = await signServer(alex, { draft: "add", ...BEARER });
    await given(answer, 201);
    const sealed = await env.DB.prepare("SELECT credential FROM server").first<string>("credential");
    const { authentication } = statement.parameters["server"] as { authentication: { credential_hash: string } };
    expect(authentication.credential_hash).toBe(hex(sha256(utf8(sealed ?? ""))));
    expect((await toolsOf(alex)).map(({ name }) => name)).toEqual(["get_ticket"]);

    for (const path of ["/api/v1/servers", "/api/v1/servers/tickets", "/api/v1/servers/tickets/tools", "/admin/servers"]) {
      expect(await (await call("GET", path, { cookie: alex.cookie })).text()).not.toContain("s3cret");
    }
    const tables = await env.DB.batch(
      ["server", "server_draft", "server_health", "log_leaf"].map((name) => env.DB.prepare(`SELECT * FROM ${name}`)),
    );
    expect(JSON.stringify(tables)).not.toContain("s3cret");
  });

  test("that is refused is told as a code, and not in the words of the server, which has it", async () => {
    await tellServer({ wants: "Bearer another-s3cret" });
    await given((await signServer(alex, { draft: "add", ...BEARER })).answer, 201);
    expect(await serversOfGate(alex)).toMatchObject([{ health: { last_error: "needs_authentication_401", listed_at: null } }]);
    expect(JSON.stringify(await serversOfGate(alex))).not.toContain("s3cret");
  });

  test("is dropped with a new origin, stays with another path, and is given anew by itself", async () => {
    await given((await signServer(alex, { draft: "add", ...BEARER })).answer, 201);
    const change = (url: string) => signServer(alex, { draft: "change", server: "tickets", url, authentication: { kind: "bearer" } });
    await given((await change(`https://${TOLD}/other`)).answer);
    expect(await serversOfGate(alex)).toMatchObject([{ has_credential: true, number: 2 }]);
    await given((await change("https://modern.mcp.example.com/mcp")).answer);
    expect(await serversOfGate(alex)).toMatchObject([{ has_credential: false, number: 3 }]);
    const sent = await receivers.requests("modern.mcp.example.com");
    expect(sent).toEqual([]);
    const { answer } = await signServer(alex, { draft: "credential", server: "tickets", credential: { token: "new" } });
    await given(answer);
    expect(await serversOfGate(alex)).toMatchObject([
      { has_credential: true, number: 4, unaccepted: ["(instructions)", "(prompt) restock", "delete_item", "get_stock"] },
    ]);
  });

  test("that was taken away is not brought back by a change that was drafted before", async () => {
    await given((await signServer(alex, { draft: "add", ...BEARER })).answer, 201);
    const body = { draft: "change", server: "tickets", url: BEARER.url, authentication: { kind: "bearer" }, limits: { seconds: 5 } };
    const drafted = await draftOfServer(alex, body);
    expect((await call("DELETE", "/api/v1/servers/tickets/credential", { cookie: alex.cookie })).status).toBe(204);
    const { authorise } = await import("#test/workerd/support/people.ts");
    const { sendSigned } = await import("#test/workerd/support/servers/signed-servers.ts");
    const late = await sendSigned(alex, drafted, await authorise(alex.passkey, drafted));
    expect(await outcome(late)).toEqual([409, "server_changed"]);
    expect(await serversOfGate(alex)).toMatchObject([{ has_credential: false, number: 1 }]);
  });

  test("of named headers is sent in these, and in no other", async () => {
    const authentication = { kind: "headers", names: ["X-Api-Key", "x-tenant"] };
    const credential = { headers: { "X-Api-Key": "k3y", "X-Tenant": "acme" } };
    await given((await signServer(alex, { draft: "add", ...SERVER, authentication, credential })).answer, 201);
    const [first] = await receivers.requests(TOLD);
    expect(first?.headers).toMatchObject({ "x-api-key": "k3y", "x-tenant": "acme" });
    expect(first?.headers["authorization"]).toBeUndefined();
  });

  test("of OAuth is a token of the issuer that was signed for, fetched once by the server's object", async () => {
    const authentication = {
      kind: "client_credentials",
      token_endpoint: "https://issuer.example.com/token",
      client_id: "gate",
      scope: "a b",
    };
    const credential = { client_secret: "s3cret of the gate" };
    await given((await signServer(alex, { draft: "add", ...SERVER, authentication, credential })).answer, 201);
    await refresh(alex);
    const asked = await receivers.requests("issuer.example.com");
    expect(asked.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))).toEqual([
      { grant_type: "client_credentials", scope: "a b", resource: `https://${TOLD}/mcp` },
    ]);
    const shown = new Set((await receivers.requests(TOLD)).map(({ headers }) => headers["authorization"]));
    expect([...shown]).toEqual([expect.stringMatching(/^Bearer token-\d+$/) as string]);
  });

  test("of OAuth that the issuer refuses, or leads elsewhere, is needs-authentication", async () => {
    const authentication = { kind: "client_credentials", token_endpoint: "https://issuer.example.com/token", client_id: "gate" };
    const credential = { client_secret: "s3cret of the gate" };
    await receivers.tell("issuer.example.com", { endpoint: "https://thief.example.com/token" });
    await given((await signServer(alex, { draft: "add", ...SERVER, authentication, credential })).answer, 201);
    expect(await serversOfGate(alex)).toMatchObject([{ health: { last_error: "needs_authentication" } }]);
    expect(await receivers.requests("thief.example.com")).toEqual([]);
    expect(await receivers.requests(TOLD)).toEqual([]);
  });
});

describe("hostile servers", () => {
  const codeOf = async () => (await serversOfGate(alex))[0]?.health?.last_error;

  test("a redirect is not followed, and nothing of the credential leaves for where it leads", async () => {
    await tellServer({ redirect: "https://thief.example.com/mcp" });
    const body = { draft: "add", ...SERVER, authentication: { kind: "bearer" }, credential: { token: "s3cret-of-tickets" } };
    await given((await signServer(alex, body)).answer, 201);
    expect(await codeOf()).toBe("redirected");
    expect(await receivers.requests("thief.example.com")).toEqual([]);
  });

  test("a name that leads to a private address is not connected to, whenever it leads there", async () => {
    await addedServer(alex);
    await receivers.resolve(TOLD, ["10.0.0.1"]);
    const before = (await receivers.requests(TOLD)).length;
    expect(await refresh(alex)).toEqual({ listed: false, code: "address_refused" });
    expect((await receivers.requests(TOLD)).length).toBe(before);
  });

  test.each<[Parameters<typeof tellServer>[0], string]>([
    [{ endless: true }, "too_many"],
    [{ tools: Array.from({ length: 1_001 }, (_, i) => tool(`t${i}`)) }, "too_many"],
    [{ tools: [tool("a")], padding: 9_000_000 }, "too_large"],
    [{ tools: ["{"] }, "not_mcp"],
  ])("a listing that is too much, or none: %#", async (orders, code) => {
    await tellServer(orders);
    await addedServer(alex);
    expect(await codeOf()).toBe(code);
    expect(await toolsOf(alex)).toEqual([]);
  });

  test("what is no JSON that is hashed, is named as the gate's own, or is listed twice cannot be accepted; the others can", async () => {
    const tools = [
      '{"name":"twice_named","name":"get_ticket","inputSchema":{}}',
      '{"name":"big","inputSchema":{"maximum":12345678901234567890}}',
      '{"name":"surrogate","description":"\\ud800","inputSchema":{}}',
      tool("resume_call"),
      tool("prompts/get"),
      tool("has blanks"),
      tool("two"),
      tool("two", { description: "Another." }),
      tool("good"),
      tool("a".repeat(60)),
    ];
    await tellServer({ tools });
    await addedServer(alex);
    const found = Object.fromEntries(
      (await toolsOf(alex)).map(({ name, problem, warning }) => [name, problem?.code ?? (warning === null ? "good" : "long")]),
    );
    expect(found).toEqual({
      get_ticket: "not_json",
      big: "not_json",
      surrogate: "not_json",
      resume_call: "name_reserved",
      "prompts/get": "name_reserved",
      "has blanks": "name_not_good",
      two: "listed_twice",
      good: "good",
      ["a".repeat(60)]: "long",
    });
    expect((await listedPins(alex)).map(({ name }) => name)).toEqual(["a".repeat(60), "good"]);
    const wanted = { draft: "tools", server: "tickets", tools: [{ name: "resume_call", pin: "0".repeat(64) }] };
    expect(await outcome(await askServerDraft(alex, wanted))).toEqual([422, "name_reserved"]);
  });
});
