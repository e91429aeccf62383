/** The tools of MCP servers behind the gate, made with both lines of the SDK, and called by its clients. */
import { Client } from "@modelcontextprotocol/client";
import { Client as Client1 } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport as Transport1 } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer as McpServer1 } from "@modelcontextprotocol/sdk/server/mcp.js";
import { InMemoryTransport, McpServer } from "@modelcontextprotocol/server";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { gateTool, type ToolServer } from "#countersign/frameworks/mcp-tools.ts";
import { DENIED, GatedAgent } from "#test/support/frameworks/gated.ts";

const INFO = { name: "test", version: "1.0.0" };
let agent: GatedAgent;
let ran: unknown[];
beforeEach(() => {
  [agent, ran] = [new GatedAgent(), []];
});

interface Answer {
  isError?: boolean;
  content?: { text?: string }[];
}
interface Caller {
  call: (name: string, args?: object, options?: object) => Promise<Answer>;
  close: () => Promise<void>;
}

/** A server of each line with the same tools, and a client of it. */
const LINES: Record<string, { server: () => ToolServer; connect: (server: ToolServer) => Promise<Caller> }> = {
  "1.x": {
    server: () => new McpServer1(INFO),
    connect: async (server) => {
      const [here, there] = Transport1.createLinkedPair();
      const client = new Client1(INFO);
      await Promise.all([(server as McpServer1).connect(there), client.connect(here)]);
      return {
        call: async (name, args = {}, options = {}) =>
          (await client.callTool({ name, arguments: { ...args } }, undefined, options)) as Answer,
        close: () => client.close(),
      };
    },
  },
  "2.x": {
    server: () => new McpServer(INFO),
    connect: async (server) => {
      const [here, there] = InMemoryTransport.createLinkedPair();
      const client = new Client(INFO);
      await Promise.all([(server as McpServer).connect(there), client.connect(here)]);
      return {
        call: async (name, args = {}, options = {}) => (await client.callTool({ name, arguments: { ...args } }, options)) as Answer,
        close: () => client.close(),
      };
    },
  },
};

const done = (text: string) => ({ content: [{ type: "text" as const, text }] });

function toolsOf(server: ToolServer, options: object = {}) {
  const registerTool = gateTool(server, { ...agent.options, ...options });
  registerTool("look", { annotations: { readOnlyHint: true } }, () => done("seen"));
  const deploy = registerTool(
    "deploy",
    { inputSchema: z.object({ service: z.string(), replicas: z.number().default(2) }), outputSchema: z.object({ up: z.boolean() }) },
    (args: { service: string }) => {
      ran.push(args);
      return { ...done(`${args.service} is up`), structuredContent: { up: true } };
    },
  ) as { update: (updates: object) => void };
  registerTool("wipe", {}, () => {
    ran.push("wipe");
    throw new Error("no disk");
  });
  return deploy;
}

describe.each(Object.entries(LINES))("of the SDK's line %s", (_, { server: make, connect }) => {
  it("a tool that is only read with asks nobody", async () => {
    const server = make();
    toolsOf(server);
    const { call, close } = await connect(server);
    expect((await call("look")).content).toEqual([{ type: "text", text: "seen" }]);
    expect(agent.stub.calls).toEqual([]);
    await close();
  });

  it("any other runs once it is approved, with what was approved, which names the tool", async () => {
    const server = make();
    toolsOf(server);
    const { call, close } = await connect(server);
    expect(await call("deploy", { service: "api" })).toMatchObject({ structuredContent: { up: true } });
    expect(ran).toEqual([{ service: "api", replicas: 2 }]);
    expect(agent.bodies("/approvals")).toMatchObject([
      { action: "Run deploy", tool: "deploy", payload: { tool: "deploy", arguments: { service: "api", replicas: 2 } } },
    ]);
    expect(agent.outcomes).toEqual(["succeeded"]);
    await close();
  });

  it("a denial is the tool's error, in words, whatever output the tool promises", async () => {
    agent.people = "deny";
    const server = make();
    toolsOf(server);
    const { call, close } = await connect(server);
    const answer = await call("deploy", { service: "api" });
    expect(answer).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(DENIED) as unknown }] });
    expect(ran).toEqual([]);
    await close();
  });

  it("what the tool throws is passed on, and reported as a failure", async () => {
    const server = make();
    toolsOf(server);
    const { call, close } = await connect(server);
    expect(await call("wipe")).toMatchObject({ isError: true, content: [{ text: "no disk" }] });
    expect([ran, agent.outcomes]).toEqual([["wipe"], ["failed"]]);
    await close();
  });

  it("a service that fails is no person's no, and nothing runs", async () => {
    agent.stub.refuseNext(403, "agent_stopped");
    const server = make();
    toolsOf(server);
    const { call, close } = await connect(server);
    const { isError, content } = await call("deploy", { service: "api" });
    expect([isError, content?.[0]?.text]).toEqual([true, expect.stringMatching(/^The tool was not run: .* \(agent_stopped\)$/)]);
    expect(ran).toEqual([]);
    await close();
  });

  it("what was not decided in time is gone on with when the same is called again, once", async () => {
    agent.people = "nobody";
    const server = make();
    toolsOf(server, { waitSeconds: 0 });
    const { call, close } = await connect(server);
    const { isError, content } = await call("deploy", { service: "api" });
    const [state] = agent.states;
    expect([isError, content?.[0]?.text]).toEqual([true, expect.stringContaining(`(pending, ${state?.request_id})`)]);
    agent.stub.decide(state?.request_id ?? "", "approved");
    expect((await call("deploy", { service: "web" })).isError).toBe(true);
    expect((await call("deploy", { service: "api" })).isError).toBeUndefined();
    expect(ran).toEqual([{ service: "api", replicas: 2 }]);
    expect((await call("deploy", { service: "api" })).isError).toBe(true);
    expect(ran).toHaveLength(1);
    await close();
  });

  it("a client that wants to know hears whom it waits for, and one that gives up ends the waiting", async () => {
    agent.people = "nobody";
    const server = make();
    toolsOf(server);
    const { call, close } = await connect(server);
    const giveUp = new AbortController();
    const heard: string[] = [];
    const onprogress = ({ message = "" }: { message?: string }): void => {
      heard.push(message);
      giveUp.abort();
    };
    await expect(call("deploy", { service: "api" }, { onprogress, signal: giveUp.signal })).rejects.toThrow(/abort/i);
    const [state] = agent.states;
    expect(heard).toEqual([`Waiting for a person to decide: ${agent.stub.url}/a/${state?.request_id}`]);
    agent.stub.decide(state?.request_id ?? "", "approved");
    await close();
    expect([ran, agent.bodies("/redeem")]).toEqual([[], []]);
  });

  it("a callback that replaces another is behind the gate too", async () => {
    agent.people = "deny";
    const server = make();
    const deploy = toolsOf(server);
    deploy.update({ callback: () => done(`again ${ran.push("again")}`) });
    const { call, close } = await connect(server);
    expect((await call("deploy", { service: "api" })).content?.[0]?.text).toMatch(DENIED);
    expect(ran).toEqual([]);
    await close();
  });
});
