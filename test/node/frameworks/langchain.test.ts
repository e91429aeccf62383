/** LangChain's tools behind the gate, called as its agents call them. */
import { ToolMessage } from "@langchain/core/messages";
import { StructuredTool, tool } from "@langchain/core/tools";
import { beforeEach, expect, it } from "vitest";
import { z } from "zod";
import type { AskedState } from "#countersign/sdk/approvals/errors.ts";
import { gateLangchainTool } from "#countersign/frameworks/langchain-tools.ts";
import { DENIED, GatedAgent } from "#test/support/frameworks/gated.ts";

let agent: GatedAgent;
let ran: unknown[];
beforeEach(() => {
  [agent, ran] = [new GatedAgent(), []];
});

const schema = z.object({ service: z.string(), replicas: z.number().default(2) });
const made = () =>
  tool(
    (args: { service: string }) => {
      ran.push(args);
      if (args.service === "broken") throw new Error("no disk");
      return `${args.service} is up`;
    },
    { name: "deploy", description: "Deploys", schema },
  );
const asked = (service = "api") => ({ type: "tool_call" as const, id: "call-1", name: "deploy", args: { service } });

/** A tool as a class, with what only its own instance may read. */
class Deploy extends StructuredTool {
  readonly name = "deploy";
  readonly description = "Deploys";
  readonly schema = schema;
  override responseFormat = "content_and_artifact" as const;
  readonly #ran = ran;
  override _call(args: { service: string }): Promise<[string, object]> {
    this.#ran.push(args);
    return Promise.resolve([`${args.service} is up`, { up: true }]);
  }
}

it("runs once it is approved, with what was approved; the tool that was given stays as it was", async () => {
  const plain = made();
  const deploy = gateLangchainTool(plain, agent.options);
  const message: unknown = await deploy.invoke(asked());
  expect(message).toBeInstanceOf(ToolMessage);
  expect(message).toMatchObject({ content: "api is up", tool_call_id: "call-1" });
  expect(agent.bodies("/approvals")).toMatchObject([{ payload: { tool: "deploy", arguments: { service: "api", replicas: 2 } } }]);
  expect([ran, agent.outcomes]).toEqual([[{ service: "api", replicas: 2 }], ["succeeded"]]);
  expect(await plain.invoke({ service: "web" })).toBe("web is up");
  expect(agent.bodies("/approvals")).toHaveLength(1);
});

it("a denial is the tool's message, also of a tool that is a class and gives an artifact", async () => {
  const classy = gateLangchainTool(new Deploy(), agent.options);
  expect(await classy.invoke(asked())).toMatchObject({ content: "api is up", artifact: { up: true } });
  agent.people = "deny";
  expect(await classy.invoke(asked())).toMatchObject({ content: expect.stringMatching(DENIED) as unknown, artifact: null });
  expect(await gateLangchainTool(made(), agent.options).invoke({ service: "api" })).toMatch(DENIED);
  expect(ran).toHaveLength(1);
});

it("what is called with wrong arguments asks nobody", async () => {
  await expect(gateLangchainTool(made(), agent.options).invoke({ service: 1 } as never)).rejects.toThrow("did not match");
  expect(agent.stub.calls).toEqual([]);
});

it("what the tool throws is passed on, and a service that fails is no person's no", async () => {
  const deploy = gateLangchainTool(made(), agent.options);
  await expect(deploy.invoke({ service: "broken" })).rejects.toThrow("no disk");
  expect(agent.outcomes).toEqual(["failed"]);
  agent.stub.refuseNext(403, "agent_stopped");
  expect(await deploy.invoke({ service: "api" })).toMatch(/^The tool was not run: .* \(agent_stopped\)$/);
  expect(ran).toHaveLength(1);
});

it("the same call goes on in another process with what was asked", async () => {
  agent.people = "nobody";
  const kept = new Map<string, AskedState>();
  const first = gateLangchainTool(made(), { ...agent.options, states: kept, waitSeconds: 0 });
  expect(await first.invoke(asked())).toMatchObject({ content: expect.stringContaining("(pending, apr_") as unknown });
  agent.stub.decide(agent.states[0]?.request_id ?? "", "approved");
  const states = new Map(JSON.parse(JSON.stringify([...kept])) as [string, AskedState][]);
  const later = gateLangchainTool(made(), { gate: agent.restarted(), states });
  expect(await later.invoke(asked())).toMatchObject({ content: "api is up" });
  expect([ran.length, states.size, agent.bodies("/approvals").length]).toEqual([1, 0, 1]);
});

it("who gives up ends the waiting, and nothing runs", async () => {
  agent.people = "nobody";
  const giveUp = new AbortController();
  const deploy = gateLangchainTool(made(), { ...agent.options, onProgress: () => giveUp.abort() });
  await deploy.invoke(asked(), { signal: giveUp.signal }).catch(() => null);
  expect([giveUp.signal.aborted, ran, agent.bodies("/redeem")]).toEqual([true, [], []]);
});
