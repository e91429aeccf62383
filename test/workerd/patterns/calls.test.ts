/** Calls at the gateway of what a person has denied the like of: refused whatever the policy says, and recorded so. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { type Agent, ask } from "#test/workerd/support/approvals.ts";
import { ANY, deniedAlike, lift } from "#test/workerd/support/alike.ts";
import { handedOver, recorded } from "#test/workerd/support/calls/agent-calls.ts";
import { call, enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { LISTED, putServer } from "#test/workerd/support/servers/servers-in-force.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
  await putServer("listed");
  await env.DB.prepare("INSERT INTO server_tool SELECT server_id, name, pin, definition, 0 FROM server_listed").run();
  await putInForce(
    policyOf([
      { name: "asked", match: { source: "ask" }, effect: "require_approval", risk: "low" },
      { name: "passes", match: { source: "call" }, effect: "allow" },
    ]),
  );
});

const ARGUMENTS = { id: 7 };

/** What the endpoint answers to the call. */
async function called(args: object = ARGUMENTS, of = agent): Promise<string> {
  const headers = { accept: "application/json, text/event-stream" };
  const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: LISTED.name, arguments: args } };
  return (await call("POST", "/mcp/listed", { key: of.key, origin: null, headers, body })).text();
}

/** An ask that names the very tool is denied, and what is like it refused. */
const refused = async (scope: "arguments" | "tool", comment = "") => {
  const { request_id: id } = await ask(agent, { tool: LISTED.name, server: "listed", payload: ARGUMENTS });
  const { pattern } = await deniedAlike(alex, id, { ...ANY, scope, comment });
  return pattern?.id ?? "";
};

describe("a call of a tool that is refused", () => {
  test("is answered so, with the comment, though a rule lets it pass; and recorded with that code", async () => {
    await refused("tool", "Use the new queue.");
    expect(await called()).toMatch(/denied_pattern.*Use the new queue\./s);
    expect(await called({ id: 8 })).toContain("denied_pattern");
    await handedOver(agent);
    const calls = (await recorded(agent)).map(({ record }) => record as unknown as { status: string; code: string | null; tool: string });
    expect(calls.map(({ status, code, tool }) => [status, code, tool])).toEqual([
      ["blocked", "denied_pattern", LISTED.name],
      ["blocked", "denied_pattern", LISTED.name],
    ]);
  });

  test("with these arguments only, is not with others, nor of another agent", async () => {
    await refused("arguments");
    expect(await called()).toContain("denied_pattern");
    expect(await called({ id: 8 })).not.toContain("denied_pattern");
    expect(await called(ARGUMENTS, await makeAgent(alex, "other-bot"))).not.toContain("denied_pattern");
  });

  test("is asked of its rule again once that is lifted", async () => {
    const id = await refused("tool");
    expect(await called()).toContain("denied_pattern");
    expect((await lift(alex, id)).status).toBe(204);
    await expect.poll(() => called()).not.toContain("denied_pattern");
  });
});
