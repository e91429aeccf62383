/** Previews, and calls that hold others, at the gate's own address: what agents are told, what the record says, what history counts. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import { below } from "#test/workerd/support/agents/below.ts";
import { type Agent, decided, openPage } from "#test/workerd/support/approvals.ts";
import { handedOver, recorded } from "#test/workerd/support/calls/agent-calls.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given } from "#test/workerd/support/invited.ts";
import { enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { offerPolicy, policyOf, publish } from "#test/workerd/support/policies.ts";
import { callTool } from "#test/workerd/support/servers/gateway-call.ts";
import {
  acceptedTools,
  addedServer,
  refresh,
  SERVER,
  signServer,
  tellServer,
  TOLD,
  tool,
} from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
});

const NOW = { "dev.countersign/wait_seconds": 0 };
const requestOf = (text: string): string => /apr_[\w-]{32}/.exec(text)?.[0] ?? "none";
const sentTo = async (host: string, name: string) =>
  (await receivers.requests(host)).filter(({ body }) => body.includes('"tools/call"') && body.includes(`"name":"${name}"`)).length;
const keptArguments = async () =>
  (await env.AUDIT.prepare("SELECT arguments FROM call LEFT JOIN content USING (id) ORDER BY number").raw()).flat();
/** Once all of it is over. */
async function records() {
  for (let look = 0; look < 50; look++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await handedOver(agent);
    const found = await recorded(agent);
    const isOver = found.every(({ record, ended }) => ended !== null || !["allowed", "pending_approval"].includes(record.status));
    if (found.length > 0 && isOver) return found.map(({ record, ended }) => ({ ...record, ...ended }));
  }
  throw new Error("the record does not say how it ended");
}

describe("a preview by a server of the official SDK", () => {
  const HOST = "modern.mcp.example.com";
  const READS = { name: "reads", match: { source: "call", tool: "get_*" }, effect: "allow", risk: "low" };
  const DELETES = {
    name: "deletes",
    match: { source: "call", server: "stock", tool: "delete_item" },
    effect: "require_approval",
    separation: false,
    preview: { tool: "get_stock", args: "args", pick: "result.content[0].text" },
  };
  beforeEach(async () => {
    await given(
      (await signServer(alex, { draft: "add", name: "stock", url: `https://${HOST}/mcp`, authentication: { kind: "none" } })).answer,
      201,
    );
    await given(await acceptedTools(alex, null, "stock"));
  });
  const deleteItem = (meta: object = NOW) => callTool(agent.key, "stock", "delete_item", {}, meta);

  it("is shown, signed, called again, and recorded beside the call", async () => {
    await publish(alex, policyOf([READS, DELETES]));
    const id = requestOf(await deleteItem());
    const page = await openPage(alex, id);
    expect(page.request).toMatchObject({ context: { preview_hash: hex(hashJson("12")) } });
    expect(page.aids?.preview).toEqual({ tool: "get_stock", arguments: {}, shown: "12" });
    await decided(alex, id, "approved");
    const resumed = await callTool(agent.key, "stock", "resume_call", { request_id: id });
    expect(resumed).not.toContain("isError");
    expect([await sentTo(HOST, "get_stock"), await sentTo(HOST, "delete_item")]).toEqual([2, 1]);
    expect((await records()).map(({ method, tool: name, status, request }) => [method, name, status, request])).toEqual([
      ["tools/call", "delete_item", "succeeded", id],
      ["preview", "get_stock", "succeeded", null],
      ["preview", "get_stock", "succeeded", null],
    ]);
  });

  it("counts in limits, and is none of what the agent did before", async () => {
    const few = { ...READS, limits: { per_minute: 2 }, match: { ...READS.match, when: 'history.count("get_*", "1h") < 1' } };
    await publish(alex, policyOf([few, DELETES]));
    const [one, two] = [
      await deleteItem({ ...NOW, "dev.countersign/idempotency-key": "1" }),
      await deleteItem({ ...NOW, "dev.countersign/idempotency-key": "2" }),
    ];
    expect([requestOf(one), requestOf(two)]).not.toContain("none");
    expect(await deleteItem({ ...NOW, "dev.countersign/idempotency-key": "3" })).toContain("rate_limited");
    expect(await sentTo(HOST, "get_stock")).toBe(2);
  });

  it("of an agent below another counts at the top, and its record names the chain", async () => {
    await publish(alex, policyOf([{ ...READS, limits: { per_minute: 2 } }, DELETES]));
    const [one, two] = [await below(agent, { name: "one" }), await below(agent, { name: "two" })];
    expect(requestOf(await callTool(one.key, "stock", "delete_item", {}, NOW))).not.toBe("none");
    expect(requestOf(await callTool(two.key, "stock", "delete_item", {}, NOW))).not.toBe("none");
    expect(await callTool(one.key, "stock", "delete_item", {}, { ...NOW, "dev.countersign/idempotency-key": "2" })).toContain(
      "rate_limited",
    );
    expect(await sentTo(HOST, "get_stock")).toBe(2);
    await handedOver(one);
    const previews = (await recorded(one)).filter(({ record }) => record.method === "preview");
    expect(previews[0]?.record.chain?.map(({ name }) => name)).toEqual([agent.name, "one"]);
  });

  it("that needs an approver's evidence is nothing that the gate calls by itself", async () => {
    await publish(alex, policyOf([{ ...READS, verified_approval: "platform" }, DELETES]));
    expect(await deleteItem()).toContain("preview_failed");
    expect(await sentTo(HOST, "get_stock")).toBe(0);
  });

  it("that is not let pass ends the call, and its record says so", async () => {
    await publish(alex, policyOf([DELETES]));
    const answer = await deleteItem();
    expect(answer).toContain("preview_failed");
    expect(answer).toContain("the rule default does not let it pass");
    expect(await sentTo(HOST, "get_stock")).toBe(0);
    expect((await records()).map(({ method, status, code }) => [method, status, code])).toEqual([
      ["tools/call", "blocked", "preview_failed"],
      ["preview", "blocked", "preview_failed"],
    ]);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM approval").first("n")).toBe(0);
  });

  it("is told by explain_policy, and of a tool that may write it is not published", async () => {
    await publish(alex, policyOf([READS, DELETES]));
    const explained = await callTool(agent.key, "stock", "explain_policy", { tool: "delete_item" });
    expect(explained).toContain('\\"preview\\":{\\"tool\\":\\"get_stock\\"');
    const writes = { ...DELETES, preview: { tool: "delete_item", args: "args" } };
    await expect(offerPolicy(alex, policyOf([READS, writes]))).rejects.toThrow("not_read_only");
  });
});

it("a call whose preview is another one by the time that one was had ends, and its record says so", async () => {
  const orders = { tools: [tool("plan", { annotations: { readOnlyHint: true } }), tool("deploy")] };
  await tellServer(orders);
  await addedServer(alex);
  await given(await acceptedTools(alex));
  const plans = { name: "plans", match: { source: "call", tool: "plan" }, effect: "allow", risk: "low" };
  const deploys = { name: "deploys", match: { source: "call", tool: "deploy" }, effect: "require_approval" };
  const policy = (step: number) => policyOf([plans, { ...deploys, preview: { tool: "plan", args: `{"step": ${step}}` } }]);
  await publish(alex, policy(1));
  await tellServer({ ...orders, hangs: true });
  const called = callTool(agent.key, SERVER.name, "deploy", {}, NOW);
  await expect.poll(() => sentTo(TOLD, "plan")).toBe(1);
  await publish(alex, policy(2));
  await tellServer(orders);
  await receivers.release();
  expect(await called).toContain("preview_failed");
  expect([await sentTo(TOLD, "plan"), await sentTo(TOLD, "deploy")]).toEqual([1, 0]);
  expect((await records()).map(({ method, status, code }) => [method, status, code])).toEqual([
    ["tools/call", "blocked", "preview_failed"],
    ["preview", "succeeded", null],
  ]);
});

describe("a server whose one tool calls others", () => {
  const TOOLS = [
    tool("call_tool"),
    tool("list_tables", { annotations: { readOnlyHint: true } }),
    tool("drop_table", { annotations: { destructiveHint: true } }),
  ];
  const MUX = {
    name: "mux",
    match: { source: "call", server: SERVER.name, tool: "call_tool" },
    effect: "require_approval",
    separation: false,
    unwrap: { tool: "args.name", args: "args.arguments" },
  };
  const LISTS = { name: "lists", match: { source: "call", server: SERVER.name, tool: "list_*" }, effect: "allow", risk: "low" };
  const DROPS = {
    name: "drops",
    match: { source: "call", tool: "drop_*", when: 'args.table == "users"' },
    effect: "deny",
    message: "Never users.",
  };
  beforeEach(async () => {
    await tellServer({ tools: TOOLS });
    await addedServer(alex);
    await given(await acceptedTools(alex));
    await publish(alex, policyOf([MUX, DROPS, LISTS]));
  });
  const through = (name: unknown, args: unknown = {}) => callTool(agent.key, SERVER.name, "call_tool", { name, arguments: args }, NOW);

  it("is judged as what it calls, and what is sent is the call as it came", async () => {
    expect(await through("list_tables")).toContain("Done.");
    expect(await through("drop_table", { table: "users" })).toContain("Never users.");
    expect(await through(7)).toContain("unwrap_failed");
    const sent = (await receivers.requests(TOLD)).flatMap(({ body }) =>
      body.includes('"tools/call"') ? [JSON.parse(body) as unknown] : [],
    );
    expect(sent).toMatchObject([{ params: { name: "call_tool", arguments: { name: "list_tables", arguments: {} } } }]);
    expect((await records()).map(({ tool: name, status, rule, code }) => [name, status, rule, code])).toEqual([
      ["call_tool(list_tables)", "succeeded", "lists", null],
      ["call_tool(drop_table)", "blocked", "drops", "policy_denied"],
      ["call_tool", "blocked", "mux", "unwrap_failed"],
    ]);
  });

  it("people see both names, and what they approve is sent byte for byte", async () => {
    const id = requestOf(await through("drop_table", { table: "logs" }));
    const { request, payload } = await openPage(alex, id);
    expect(request.action).toBe("tickets.call_tool(drop_table)");
    expect(request.context).toMatchObject({
      tool: "call_tool",
      risk: { reasons: expect.arrayContaining([expect.stringContaining("destroy")]) },
    });
    expect(payload).toMatchObject({ tool: "call_tool", arguments: { name: "drop_table", arguments: { table: "logs" } } });
    await decided(alex, id, "approved");
    expect(await callTool(agent.key, SERVER.name, "resume_call", { request_id: id })).toContain("Done.");
    expect(await sentTo(TOLD, "call_tool")).toBe(1);
  });

  it("a tool that it calls and that nobody has accepted as it is listed now is refused", async () => {
    const waiting = requestOf(await through("drop_table", { table: "logs" }));
    await tellServer({ tools: [TOOLS[0] ?? "", TOOLS[1] ?? "", tool("drop_table", { description: "Drops a table, and more." })] });
    await refresh(alex);
    // What the agent's object has read a moment ago it still gives out.
    await expect.poll(() => through("drop_table", { table: "other" })).toContain("tool_not_accepted");
    await decided(alex, waiting, "approved");
    expect(await callTool(agent.key, SERVER.name, "resume_call", { request_id: waiting })).toContain("tool_not_accepted");
    expect(await sentTo(TOLD, "call_tool")).toBe(0);
  });

  it("a key below that is for the one tool alone calls nothing through it", async () => {
    const narrow = await below(agent, { name: "narrow", tools: [`${SERVER.name}.call_tool`] });
    const wide = await below(agent, { name: "wide", tools: [`${SERVER.name}.call_tool`, `${SERVER.name}.list_tables`] });
    const lists = ({ key }: { key: string }) => callTool(key, SERVER.name, "call_tool", { name: "list_tables", arguments: {} }, NOW);
    expect(await lists(narrow)).toContain("not_delegated");
    expect(await lists(wide)).toContain("Done.");
    expect(await sentTo(TOLD, "call_tool")).toBe(1);
  });

  it("is judged again when it is sent, by what is in force then", async () => {
    const id = requestOf(await through("drop_table", { table: "logs" }));
    await decided(alex, id, "approved");
    await publish(alex, policyOf([MUX, { ...DROPS, match: { source: "call", tool: "drop_*" } }, LISTS]));
    expect(await callTool(agent.key, SERVER.name, "resume_call", { request_id: id })).toContain("policy_denied");
    expect(await sentTo(TOLD, "call_tool")).toBe(0);
  });

  it.each([
    ["a path that leads from its top finds nothing in what is recorded: only the hash is", "$.password", null],
    ["a path to any depth finds it there", "$..password", '{"arguments":{"password":"[masked]"},"name":"list_tables"}'],
  ])("of what its rule masks, %s", async (_, path, kept) => {
    await publish(alex, policyOf([MUX, DROPS, { ...LISTS, mask: [{ path }] }]));
    expect(await through("list_tables", { password: "hunter2" })).toContain("Done.");
    const [record] = await records();
    expect(record?.arguments_hash).toBe(hex(hashJson({ name: "list_tables", arguments: { password: "hunter2" } })));
    expect(await keptArguments()).toEqual([kept]);
  });

  it("what it calls is what history counts", async () => {
    const twice = { ...LISTS, match: { ...LISTS.match, when: 'history.count("list_*", "1h") < 2' } };
    await publish(alex, policyOf([MUX, DROPS, twice]));
    expect(await through("list_tables")).toContain("Done.");
    expect(await through("list_tables")).toContain("Done.");
    expect(await through("list_tables")).toContain("NOT DONE YET");
  });

  it("explain_policy says as what it is judged", async () => {
    const args = { tool: "call_tool", arguments: { name: "list_tables", arguments: {} } };
    expect(await callTool(agent.key, SERVER.name, "explain_policy", args)).toContain('\\"judged_as\\":{\\"tool\\":\\"list_tables\\"');
  });
});
