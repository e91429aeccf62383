/** Public reveal: only what was asked to be revealed, allowed, and approved; and nothing that a stranger can wake or create with it. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ApprovalRequest } from "#durable-objects/approval-request.ts";
import { fromHex, hex } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { leafEntry, type LogRecord } from "#countersign/documents/record.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { type Agent, askFor, decided, openPage, PAYLOAD, personAndAgent, viewOf } from "#test/workerd/support/approvals.ts";
import { ERAS, useTool } from "#test/workerd/support/mcp.ts";
import { call, outcome, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { eraseByHand } from "#test/workerd/support/erasure/erasing.ts";

const ALLOWED = { ALLOW_REVEAL: "true" } as const;
const meter = new PlatformMeter(env.DB, { ApprovalRequest });

let person: Someone;
let agent: Agent;
beforeEach(async () => {
  ({ person, agent } = await personAndAgent());
});
afterEach(emptyStorage);

interface Revealed {
  index: number;
  record: LogRecord & { request?: { id: string } };
  salt: string;
  payload: JsonObject | null;
}

async function askToReveal(body: JsonObject = {}): Promise<AgentView> {
  const answer = await askFor(agent, { reveal: true, ...body }, {}, ALLOWED);
  expect(answer.status).toBe(201);
  return answer.json();
}
const revealed = (index: number | string, settings: { ALLOW_REVEAL?: string } = ALLOWED): Promise<Response> =>
  call("GET", `/log/revealed/${index}`, { origin: null, settings });
const lastIndex = async (): Promise<number> => (await env.DB.prepare("SELECT max(idx) AS last FROM log_leaf").first<number>("last")) ?? -1;

describe("asking", () => {
  test.each([{}, { ALLOW_REVEAL: "" }, { ALLOW_REVEAL: "false" }])(
    "is refused where it is not allowed, and nothing is asked: %o",
    async (settings) => {
      expect(await outcome(await askFor(agent, { reveal: true }, {}, settings))).toEqual([403, "policy_denied"]);
      expect(await env.DB.prepare("SELECT count(*) AS listed FROM approval").first("listed")).toBe(0);
    },
  );

  test("puts it into the request's context, which is signed", async () => {
    const { request_id: id } = await askToReveal();
    expect((await openPage(person, id)).request.context).toEqual({ reveal: true });
  });

  test("the word true is true", async () => {
    const answer = await askFor(agent, { reveal: "true" }, {}, ALLOWED);
    expect((await openPage(person, (await answer.json<AgentView>()).request_id)).request.context).toEqual({ reveal: true });
  });

  test.each([false, "false", null, undefined])("reveal: %o is no reveal, allowed or not", async (reveal) => {
    for (const settings of [{}, ALLOWED]) {
      const answer = await askFor(agent, reveal === undefined ? {} : { reveal }, {}, settings);
      const { request_id: id } = await answer.json<AgentView>();
      expect((await openPage(person, id)).request.context).toEqual({});
    }
  });

  test.each(["TRUE", "", 0, 1, "1", "yes", []])("reveal: %o is no boolean", async (reveal) => {
    expect(await outcome(await askFor(agent, { reveal }, {}, ALLOWED))).toEqual([400, "invalid_request"]);
  });

  test("one key is one request: with reveal and without are two", async () => {
    const headers = { "idempotency-key": "one" };
    const [first, same, other] = [
      await askFor(agent, { reveal: true }, headers, ALLOWED),
      await askFor(agent, { reveal: true }, headers, {}),
      await askFor(agent, {}, headers, ALLOWED),
    ];
    expect([first.status, same.status, await outcome(other)]).toEqual([201, 200, [409, "idempotency_conflict"]]);
  });

  test("over MCP is the same, and the REST description tells of it", async () => {
    for (const era of ERAS) {
      const args = { action: "Deploy", payload: PAYLOAD, wait_seconds: 0, reveal: true };
      const refused = await useTool(era, "request_human_approval", args, agent.key);
      expect([refused.isError, refused.structuredContent.error?.code]).toEqual([true, "policy_denied"]);
    }
    const description = await (
      await call("GET", "/api/v1/openapi.json")
    ).json<{ components: { schemas: { Ask: { properties: object } } } }>();
    expect(description.components.schemas.Ask.properties).toHaveProperty("reveal.type", "boolean");
  });

  test("a setting that is neither true nor false serves nothing", async () => {
    expect((await call("GET", "/log/checkpoint", { settings: { ALLOW_REVEAL: "yes" } })).status).toBe(503);
  });
});

describe("what is approved", () => {
  test("is public with record, salt and payload, as its leaf commits to them, and not to be kept: it can be taken back", async () => {
    const { request_id: id } = await askToReveal();
    await decided(person, id, "approved", { comment: "Between us" });
    const answer = await revealed(await lastIndex());
    const text = await answer.text();
    const { record, salt, payload, ...rest } = JSON.parse(text) as Revealed;
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "public, max-age=60"]);
    expect(rest).toEqual({ index: await lastIndex() });
    expect([record.kind, record.request?.id, payload]).toEqual(["approval.approved", id, PAYLOAD]);
    const entry = await env.DB.prepare("SELECT hex(entry) AS entry FROM log_leaf ORDER BY idx DESC").first<string>("entry");
    expect(hex(leafEntry(record, salt))).toBe(entry?.toLowerCase());
    expect(text).not.toContain("Between us");
    expect(text).not.toContain("Alex Example");
  });

  test("is not public where it was not asked to be, and no object is woken to find out", async () => {
    const { request_id: id } = await (await askFor(agent, {}, {}, ALLOWED)).json<AgentView>();
    await decided(person, id, "approved");
    meter.take();
    const answer = await revealed(await lastIndex());
    expect([answer.headers.get("cache-control"), ...(await outcome(answer))]).toEqual(["no-store", 404, "not_found"]);
    expect(meter.take().objectRequests).toEqual({});
  });

  test("is not public any more where the service stopped to reveal, or its record was erased", async () => {
    const { request_id: id } = await askToReveal();
    await decided(person, id, "approved");
    const index = await lastIndex();
    expect((await revealed(index, {})).status).toBe(404);
    expect((await revealed(index)).status).toBe(200);
    await eraseByHand(index);
    expect((await revealed(index)).status).toBe(404);
  });

  test("is not public through its redemption, which is a leaf of its own", async () => {
    const { request_id: id } = await askToReveal();
    await decided(person, id, "approved");
    await call("POST", `/api/v1/approvals/${id}/redeem`, { key: agent.key, origin: null, body: { payload: PAYLOAD } });
    expect((await viewOf(agent, id)).redeemed_at).toBeDefined();
    expect((await revealed(await lastIndex())).status).toBe(404);
  });
});

describe("nothing is public that nobody approved:", () => {
  test.each<[string, (id: string) => Promise<unknown>]>([
    ["denied", (id) => decided(person, id, "denied")],
    ["withdrawn before anybody saw it", (id) => call("POST", `/api/v1/approvals/${id}/cancel`, { key: agent.key, origin: null, body: {} })],
  ])("%s", async (_, end) => {
    const { request_id: id } = await askToReveal();
    await end(id);
    expect((await viewOf(agent, id)).status).not.toBe("pending");
    meter.take();
    expect((await revealed(await lastIndex())).status).toBe(404);
    expect(meter.take().objectRequests).toEqual({});
  });

  test("the object itself gives its payload to nobody before", async () => {
    const { request_id: id } = await askToReveal();
    const object = env.APPROVAL_REQUEST.getByName(id);
    expect(await object.revealedPayload()).toBeNull();
    await decided(person, id, "denied");
    expect(await object.revealedPayload()).toBeNull();
  });
});

describe("entries of the log itself", () => {
  test("genesis is always public, and has no payload", async () => {
    const answer = await revealed(0, {});
    const { record, payload, index } = await answer.json<Revealed>();
    expect([answer.status, index, record.kind, payload]).toEqual([200, 0, "log.genesis", null]);
  });

  test("people and agents are not", async () => {
    for (let index = 1; index <= (await lastIndex()); index++) expect([index, (await revealed(index)).status]).toEqual([index, 404]);
  });

  test.each(["-1", "00", "0x0", "1e3", "99", "9007199254740993", "apr_x", "%30", "0/", ""])("there is none at %o", async (index) => {
    const answer = await revealed(index);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([404, "no-store"]);
  });

  test("a record that is not the leaf's is given to nobody", async () => {
    const { request_id: id } = await askToReveal();
    await decided(person, id, "approved");
    const index = await lastIndex();
    const entry = fromHex("01".repeat(33));
    await env.DB.batch([
      env.DB.prepare("DROP TRIGGER log_leaf_update"),
      env.DB.prepare("UPDATE log_leaf SET entry = ? WHERE idx = ?").bind(entry, index),
    ]);
    expect((await revealed(index)).status).toBe(503);
  });
});

test("only reading is answered", async () => {
  const answer = await call("POST", "/log/revealed/0", { body: {} });
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});
