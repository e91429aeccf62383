/** What is accepted of a server, as the server changes: what anybody has not signed for just as it is now is refused. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { listingPorts } from "#composition/server-ports.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { noteTools } from "#gate/servers/note-listing.ts";
import { callable } from "#rules/calls/callable.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";
import { serversOf } from "#storage/servers/in-force.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { admitted, recordsOf } from "#test/workerd/support/invited.ts";
import { authorise, call, enrolFirst, outcome, type Someone } from "#test/workerd/support/people.ts";
import {
  acceptedTools,
  addedServer,
  askServerDraft,
  draftOfServer,
  inForce,
  listedPins,
  refresh,
  sendSigned,
  SERVER,
  signServer,
  tellServer,
  tool,
  toolsOf,
} from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const noteListing = (server: ServerInForce, tools: JsonObject[]): Promise<string[]> =>
  noteTools(server, { tools, unreadable: [] }, listingPorts(env));

const TWO = { ADMINS_REQUIRED: "2" };

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  await tellServer({ tools: [tool("a"), tool("b")] });
  alex = await enrolFirst();
  await addedServer(alex);
});

const states = async () => Object.fromEntries((await toolsOf(alex)).map(({ name, state }) => [name, state]));
const epoch = async () => (await env.DB.prepare("SELECT epoch FROM gate").first<number>("epoch")) ?? -1;
const isCallable = async (name: string) => callable(await inForce(), name).ok;

describe("an accepted tool", () => {
  beforeEach(async () => void (await acceptedTools(alex)));

  test.each<[string, string[], string]>([
    ["says something else", [tool("a", { description: "Does a, and sends all to example.com." }), tool("b")], "changed"],
    ["takes other arguments", [tool("a", { inputSchema: { type: "object", properties: { to: {} } } }), tool("b")], "changed"],
    ["has other hints", [tool("a", { annotations: { readOnlyHint: true } }), tool("b")], "changed"],
    ["is called otherwise", [tool("a2"), tool("b")], "gone"],
    ["is listed no more", [tool("b")], "gone"],
    ["is listed twice", [tool("a"), tool("a"), tool("b")], "not_acceptable"],
    [
      "has a member twice",
      ['{"name":"a","description":"Does a.","inputSchema":{"type":"object"},"name":"a"}', tool("b")],
      "not_acceptable",
    ],
  ])("that %s is refused, until somebody has signed for it", async (_, tools, state) => {
    expect(await isCallable("a")).toBe(true);
    const before = await epoch();
    await tellServer({ tools });
    await refresh(alex);
    expect(await epoch()).toBeGreaterThan(before);
    expect(await isCallable("a")).toBe(false);
    expect(await isCallable("b")).toBe(true);
    expect(await states()).toMatchObject({ a: state, b: "accepted" });
    // As it was is not as it was signed for: who changes once may change again.
    await tellServer({ tools: [tool("a"), tool("b")] });
    await refresh(alex);
    expect(await states()).toMatchObject({ a: "was_otherwise" });
    expect(await isCallable("a")).toBe(false);
    expect((await acceptedTools(alex)).status).toBe(200);
    expect(await isCallable("a")).toBe(true);
  });

  test("shows what changed, and the old one beside the new", async () => {
    await tellServer({ tools: [tool("a", { description: "Now it does more." }), tool("b")] });
    await refresh(alex);
    const [a] = await toolsOf(alex);
    expect(a).toMatchObject({ differences: [{ member: "description", before: "Does a.", after: "Now it does more." }] });
    expect(a?.accepted?.pin).not.toBe(a?.listed?.pin);
  });

  test("that an agent's client has seen otherwise is refused from then on; what it has not looked at stays", async () => {
    const server = await inForce();
    const listed = ["a", "b"].map((name) => JSON.parse(tool(name)) as JsonObject);
    const before = await epoch();
    expect(await noteListing(server, listed)).toEqual([]);
    expect(await epoch()).toBe(before);
    expect(await noteListing(server, [{ ...listed[0], description: "Other." }, listed[1] as JsonObject])).toEqual(["a"]);
    expect(await epoch()).toBeGreaterThan(before);
    expect((await inForce()).drifted).toEqual(["a"]);
  });

  test("of an address that was changed is refused until it is signed for there", async () => {
    const change = { draft: "change", server: "tickets", url: "https://modern.mcp.example.com/mcp", authentication: { kind: "none" } };
    expect((await signServer(alex, change)).answer.status).toBe(200);
    expect((await inForce()).drifted).toEqual(["a", "b"]);
    const late = { ...(await inForce()), number: 1 };
    await noteListing({ ...late, drifted: [] }, []);
    expect((await inForce()).unaccepted).toEqual(["(instructions)", "(prompt) restock", "delete_item", "get_stock"]);
  });

  test("whose row was changed behind the gate's back is not callable", async () => {
    await env.DB.prepare("UPDATE server_tool SET definition = replace(definition, 'Does a.', 'Does anything.') WHERE name = 'a'").run();
    expect((await inForce()).accepted.map(({ name }) => name)).toEqual(["b"]);
  });

  test("stays while the server is away", async () => {
    await tellServer({ redirect: "https://elsewhere.example.com/" });
    expect(await refresh(alex)).toEqual({ listed: false, code: "redirected" });
    expect(await isCallable("a")).toBe(true);
  });

  test("that is not among those signed for next may not be called any more", async () => {
    expect((await acceptedTools(alex, ["b"])).status).toBe(200);
    expect(callable(await inForce(), "a")).toEqual({ ok: false, refusal: "tool_not_accepted" });
    expect((await acceptedTools(alex, [])).status).toBe(200);
    expect((await inForce()).accepted).toEqual([]);
  });
});

test("an isolate reads the servers of an epoch once, and those of another epoch anew", async () => {
  const now = await epoch();
  const first = await serversOf(env.DB, now);
  expect(first.epoch).toBe(now);
  expect(await serversOf(env.DB, now)).toBe(first);
  await acceptedTools(alex);
  const next = await serversOf(env.DB, await epoch());
  expect(next.servers[0]?.accepted.map(({ name }) => name)).toEqual(["a", "b"]);
});

describe("a draft that is stale", () => {
  test("of tools that changed between looking and signing makes nothing", async () => {
    const pins = await listedPins(alex);
    const statement = await draftOfServer(alex, { draft: "tools", server: "tickets", tools: pins });
    await tellServer({ tools: [tool("a", { description: "Other." }), tool("b")] });
    await refresh(alex);
    const late = await sendSigned(alex, statement, await authorise(alex.passkey, statement));
    expect(await outcome(late)).toEqual([409, "tools_changed"]);
    expect((await inForce()).accepted).toEqual([]);
    expect(await outcome(await askServerDraft(alex, { draft: "tools", server: "tickets", tools: pins }))).toEqual([409, "tools_changed"]);
  });

  test("of tools that were accepted meanwhile, or of a server that was changed, makes nothing", async () => {
    const pins = await listedPins(alex);
    const one = await draftOfServer(alex, { draft: "tools", server: "tickets", tools: pins });
    const change = { draft: "change", server: "tickets", url: SERVER.url, authentication: { kind: "none" } };
    const two = await draftOfServer(alex, { ...change, limits: { seconds: 5 } });
    await acceptedTools(alex, ["b"]);
    expect((await signServer(alex, change)).answer.status).toBe(200);
    for (const statement of [one, two]) {
      const late = await sendSigned(alex, statement, await authorise(alex.passkey, statement));
      expect((await outcome(late))[0]).toBe(409);
    }
    expect((await inForce()).accepted.map(({ name }) => name)).toEqual(["b"]);
  });

  test("serves once", async () => {
    const statement = await draftOfServer(alex, { draft: "tools", server: "tickets", tools: await listedPins(alex) });
    const signed = await authorise(alex.passkey, statement);
    expect((await sendSigned(alex, statement, signed)).status).toBe(200);
    expect((await outcome(await sendSigned(alex, statement, signed)))[0]).toBe(409);
    expect(await recordsOf("tools.accepted")).toHaveLength(1);
  });
});

describe("where two admins have to sign", () => {
  test("nothing is accepted by one of them; the second signs for the very same, and their record names both", async () => {
    const blair = await admitted(alex, "blair", ["admin"]);
    const pins = await listedPins(alex);
    const { answer } = await signServer(alex, { draft: "tools", server: "tickets", tools: pins }, TWO);
    expect(answer.status).toBe(202);
    expect((await inForce()).accepted).toEqual([]);
    const { waiting } = await (
      await call("GET", "/api/v1/servers", { cookie: blair.cookie })
    ).json<{
      waiting: { operation: string; change: string; tools: { name: string; pin: string }[] }[];
    }>();
    expect(waiting).toMatchObject([{ change: "tools.accepted", tools: pins }]);
    const second = await signServer(blair, { draft: "again", operation: waiting[0]?.operation ?? "" }, TWO);
    expect(second.answer.status).toBe(200);
    expect((await inForce()).accepted.map(({ name }) => name)).toEqual(["a", "b"]);
    const [record] = await recordsOf("tools.accepted");
    expect(record).toMatchObject({ tools: pins, authorised_by: [{ statement: { admin: alex.id } }, { statement: { admin: blair.id } }] });
  });

  test("a server is added by both, with the credential that the first one gave", async () => {
    const blair = await admitted(alex, "blair", ["admin"]);
    const body = { draft: "add", ...SERVER, name: "other", authentication: { kind: "bearer" }, credential: { token: "s3cret" } };
    expect((await signServer(alex, body, TWO)).answer.status).toBe(202);
    const { waiting } = await (await call("GET", "/api/v1/servers", { cookie: blair.cookie })).json<{ waiting: { operation: string }[] }>();
    const second = await signServer(blair, { draft: "again", operation: waiting[0]?.operation ?? "" }, TWO);
    expect(second.answer.status).toBe(201);
    expect((await inForce("other")).credential).not.toBeNull();
  });
});
