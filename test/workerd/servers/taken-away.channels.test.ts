/** What an admin takes away while an agent calls: once the admin has the answer, nothing of it is sent any more. */
import { beforeEach, expect, test } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { publish } from "#test/workerd/support/policies.ts";
import { callTool } from "#test/workerd/support/servers/gateway-call.ts";
import { acceptedTools, listedPins, signServer, TOLD, tellServer, tool } from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const HOST = "modern.mcp.example.com";
const AT = { url: `https://${HOST}/mcp`, authentication: { kind: "bearer" } };

let alex: Someone;
let key: string;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  await tellServer({ tools: [tool("get_stock")] });
  alex = await enrolFirst();
  await given((await signServer(alex, { draft: "add", name: "stock", ...AT, credential: { token: "s3cret" } })).answer, 201);
  await given(await acceptedTools(alex, null, "stock"));
  await publish(alex, "type: countersign/policy@v1\nrules:\n  - { name: all, match: { source: call }, effect: allow }\n");
  ({ key } = await makeAgent(alex));
});

/** A call of the one tool; what came back is a result with this text, or a refusal with this code. */
const called = () => callTool(key, "stock", "get_stock");

/** What the server was sent of calls. */
const sentCalls = async (host = HOST) =>
  (await receivers.requests(host)).filter(({ body }) => (JSON.parse(body) as JsonObject)["method"] === "tools/call");

test("as long as nothing is taken away, it is called with its credential", async () => {
  expect(await called()).toContain('"12"');
  expect((await sentCalls()).map(({ headers }) => headers["authorization"])).toEqual(["Bearer s3cret"]);
});

const drop = async (path: string) => expect((await call("DELETE", `/api/v1/servers/${path}`, { cookie: alex.cookie })).status).toBe(204);
const withoutTool = async () => {
  const others = (await listedPins(alex, "stock")).map(({ name }) => name).filter((name) => name !== "get_stock");
  await given(await acceptedTools(alex, others, "stock"));
};
const elsewhere = async () => {
  const authentication = { kind: "none" };
  await given((await signServer(alex, { draft: "change", server: "stock", url: `https://${TOLD}/mcp`, authentication })).answer);
};

test.each<[string, () => Promise<unknown>, string]>([
  ["the server", () => drop("stock"), "unknown_server"],
  ["its credential", () => drop("stock/credential"), "needs_authentication"],
  ["one of its tools", withoutTool, "tool_not_accepted"],
  ["its address", elsewhere, "tool_not_accepted"],
])("%s", async (_, takeAway, code) => {
  // What it is judged by now is relied on for as long as anything.
  expect(await called()).toContain('"12"');
  let isAnswered = false;
  const meanwhile = (async () => {
    while (!isAnswered) {
      await called();
      // Calls that are refused wait for nothing: without a pause no timer would ever come.
      await scheduler.wait(10);
    }
  })();
  try {
    await takeAway();
  } finally {
    isAnswered = true;
    await meanwhile;
  }
  const sentBefore = (await sentCalls()).length;
  expect(await called()).toContain(code);
  expect((await sentCalls()).slice(sentBefore)).toEqual([]);
  expect(await sentCalls(TOLD)).toEqual([]);
});
