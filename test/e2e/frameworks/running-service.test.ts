/** A tool of each framework behind the gate of the running service, with a person who decides: approved, denied, and what the service has of it. */
import { rmSync } from "node:fs";
import { Client } from "@modelcontextprotocol/client";
import { InMemoryTransport, McpServer } from "@modelcontextprotocol/server";
import { tool as langchainTool } from "@langchain/core/tools";
import { Agent as Assistant, type Model, Runner, tool as agentTool, Usage } from "@openai/agents-core";
import { generateText, isStepCount, tool } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { gateAgentTool } from "#countersign/frameworks/agent-tools.ts";
import { gateAiTools } from "#countersign/frameworks/ai-tools.ts";
import type { ToolGateOptions } from "#countersign/frameworks/gated-call.ts";
import { gateLangchainTool } from "#countersign/frameworks/langchain-tools.ts";
import { gateTool } from "#countersign/frameworks/mcp-tools.ts";
import { Countersign } from "#countersign/sdk/approvals/countersign.ts";
import { processMemory } from "#countersign/sdk/log-memory.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

let service: Service;
let person: Person;
let agent: Agent;
let ran: unknown[];
beforeAll(async () => {
  service = await startService();
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("assistant");
});
beforeEach(() => void (ran = []));
afterAll(async () => {
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
});

const schema = z.object({ version: z.string() });
const deploy = ({ version }: { version: string }): string => {
  ran.push(version);
  return `deployed ${version}`;
};

/** What the model of each framework is told of one call of `deploy` for that version. */
const FRAMEWORKS: Record<string, (options: ToolGateOptions, version: string) => Promise<unknown>> = {
  async "the AI SDK"(options, version) {
    const usage = { inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 }, outputTokens: { total: 1, text: 1, reasoning: 0 } };
    const model = new MockLanguageModelV4({
      doGenerate: ({ prompt }) => {
        const isTold = prompt.some(({ role }) => role === "tool");
        const call = { type: "tool-call" as const, toolCallId: version, toolName: "deploy", input: JSON.stringify({ version }) };
        return Promise.resolve({
          content: isTold ? [{ type: "text" as const, text: "Fine" }] : [call],
          finishReason: isTold ? { unified: "stop" as const, raw: "stop" } : { unified: "tool-calls" as const, raw: "tool_calls" },
          usage,
          warnings: [],
        });
      },
    });
    const tools = gateAiTools({ deploy: tool({ inputSchema: schema, execute: deploy }) }, options);
    await generateText({ model, tools, prompt: "Deploy", stopWhen: isStepCount(2) });
    const said = model.doGenerateCalls.at(-1)?.prompt.find(({ role }) => role === "tool");
    return ((said?.content ?? []) as { output?: { value?: unknown } }[])[0]?.output?.value;
  },

  async "OpenAI Agents"(options, version) {
    let told: unknown;
    const model: Pick<Model, "getResponse"> = {
      getResponse({ input }) {
        const result = (typeof input === "string" ? [] : input).find((item) => item.type === "function_call_result");
        told = (result?.output as { text?: unknown } | undefined)?.text;
        const call = {
          type: "function_call" as const,
          callId: version,
          name: "deploy",
          status: "completed" as const,
          arguments: JSON.stringify({ version }),
        };
        const text = { type: "output_text" as const, text: "Fine" };
        const message = { type: "message" as const, role: "assistant" as const, status: "completed" as const, content: [text] };
        return Promise.resolve({ usage: new Usage(), output: [result === undefined ? call : message] });
      },
    };
    const execute = gateAgentTool({ tool: "deploy", ...options }, deploy);
    const tools = [agentTool({ name: "deploy", description: "Deploys", parameters: schema, execute })];
    await new Runner({ tracingDisabled: true }).run(new Assistant({ name: "Assistant", model: model as Model, tools }), "Deploy");
    return told;
  },

  async LangChain(options, version) {
    const gated = gateLangchainTool(langchainTool(deploy, { name: "deploy", description: "Deploys", schema }), options);
    const message = (await gated.invoke({ type: "tool_call", id: version, name: "deploy", args: { version } })) as { content: unknown };
    return message.content;
  },

  async "an MCP server"(options, version) {
    const info = { name: "test", version: "1" };
    const [server, client] = [new McpServer(info), new Client(info)];
    const answer = (input: { version: string }) => ({ content: [{ type: "text" as const, text: deploy(input) }] });
    gateTool(server, options)("deploy", { description: "Deploys", inputSchema: schema }, answer);
    const [one, other] = InMemoryTransport.createLinkedPair();
    await Promise.all([server.connect(one), client.connect(other)]);
    const { content } = await client.callTool({ name: "deploy", arguments: { version } });
    await client.close();
    return (content as { text: string }[])[0]?.text;
  },
};

describe.each(Object.entries(FRAMEWORKS))("a tool of %s", (name, call) => {
  const options = (verdict: "approved" | "denied"): ToolGateOptions => ({
    gate: new Countersign({ url: service.origin, apiKey: agent.key, memory: processMemory() }),
    onProgress(progress) {
      if (progress.kind === "asked") void person.decide(progress.approval_url, verdict, verdict === "denied" ? "Not on a Friday" : "");
    },
  });

  it("runs once people have signed for just this call, and its receipt holds; what they deny is told to the model", async () => {
    expect(await call(options("approved"), `4.2 for ${name}`)).toBe(`deployed 4.2 for ${name}`);
    expect(ran).toEqual([`4.2 for ${name}`]);
    expect(await call(options("denied"), `4.3 for ${name}`)).toMatch(
      /^This was denied by alex: it must not be done\.[^]*"Not on a Friday"/,
    );
    expect(ran).toEqual([`4.2 for ${name}`]);
    const { items } = (await (await person.get("/api/v1/approvals?status=ended")).json()) as {
      items: { action: string; status: string }[];
    };
    expect(items.slice(0, 2).map(({ action, status }) => [action, status])).toEqual([
      ["Run deploy", "denied"],
      ["Run deploy", "approved"],
    ]);
  });
});
