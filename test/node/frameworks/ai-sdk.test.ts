/** Tools of the AI SDK behind the gate, called by `generateText` with a model that says what it is told to. */
import { generateText, isStepCount, tool, type ToolSet } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { beforeEach, expect, it } from "vitest";
import { z } from "zod";
import type { AskedState } from "#countersign/sdk/approvals/errors.ts";
import { gateAiTools } from "#countersign/frameworks/ai-tools.ts";
import { DENIED, GatedAgent } from "#test/support/frameworks/gated.ts";

const USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
let agent: GatedAgent;
let ran: unknown[];
beforeEach(() => {
  [agent, ran] = [new GatedAgent(), []];
});

const deploy = () =>
  tool({
    inputSchema: z.object({ service: z.string(), replicas: z.number().default(2) }),
    execute: (input) => {
      ran.push(input);
      if (input.service === "broken") throw new Error("no disk");
      return { up: input.service };
    },
  });

/** Has the model call the tool, and gives what it was told of that. */
async function told(tools: ToolSet, service = "api", abortSignal?: AbortSignal): Promise<unknown> {
  const model = new MockLanguageModelV4({
    doGenerate: ({ prompt }) => {
      const isTold = prompt.some(({ role }) => role === "tool");
      return Promise.resolve({
        content: isTold
          ? [{ type: "text", text: "Fine" }]
          : [{ type: "tool-call", toolCallId: "call-1", toolName: "deploy", input: JSON.stringify({ service }) }],
        finishReason: isTold ? { unified: "stop", raw: "stop" } : { unified: "tool-calls", raw: "tool_calls" },
        usage: USAGE,
        warnings: [],
      });
    },
  });
  await generateText({ model, tools, prompt: "Deploy", stopWhen: isStepCount(2), ...(abortSignal && { abortSignal }) });
  const said = model.doGenerateCalls.at(-1)?.prompt.find(({ role }) => role === "tool");
  const [part] = (said?.content ?? []) as { output?: unknown }[];
  return part?.output;
}

it("runs once it is approved, with what was approved, and the model is told what it gave", async () => {
  expect(await told(gateAiTools({ deploy: deploy() }, agent.options))).toEqual({ type: "json", value: { up: "api" } });
  expect(ran).toEqual([{ service: "api", replicas: 2 }]);
  expect(agent.bodies("/approvals")).toMatchObject([{ payload: { tool: "deploy", arguments: { service: "api", replicas: 2 } } }]);
  expect(agent.outcomes).toEqual(["succeeded"]);
});

it("a denial is the tool's result, in words, also of a tool that words its results itself", async () => {
  agent.people = "deny";
  expect(await told(gateAiTools({ deploy: deploy() }, agent.options))).toEqual({
    type: "text",
    value: expect.stringMatching(DENIED) as unknown,
  });
  const worded = { ...deploy(), toModelOutput: ({ output }: { output: { up: string } }) => ({ type: "text" as const, value: output.up }) };
  expect(await told(gateAiTools({ deploy: worded }, agent.options))).toEqual({
    type: "error-text",
    value: expect.stringMatching(DENIED) as unknown,
  });
  expect(ran).toEqual([]);
  agent.people = "approve";
  expect(await told(gateAiTools({ deploy: worded }, agent.options))).toEqual({ type: "text", value: "api" });
});

it("what the tool throws is the tool's error, and reported as a failure", async () => {
  expect(await told(gateAiTools({ deploy: deploy() }, agent.options), "broken")).toEqual({ type: "error-text", value: "Error: no disk" });
  expect(agent.outcomes).toEqual(["failed"]);
});

it("a service that fails is no person's no, and nothing runs", async () => {
  agent.stub.refuseNext(403, "agent_stopped");
  expect(await told(gateAiTools({ deploy: deploy() }, agent.options))).toEqual({
    type: "text",
    value: expect.stringMatching(/^The tool was not run: .* \(agent_stopped\)$/) as unknown,
  });
  expect(ran).toEqual([]);
});

it("what gives several results is gone through before it is said to have succeeded", async () => {
  const steps = tool({
    inputSchema: z.object({ service: z.string() }),
    // oxlint-disable-next-line typescript/require-await -- a generator of the SDK's form
    async *execute() {
      yield "starting";
      ran.push(agent.outcomes.length);
      yield "up";
    },
  });
  expect(await told(gateAiTools({ deploy: steps }, agent.options))).toEqual({ type: "text", value: "up" });
  expect([ran, agent.outcomes]).toEqual([[0], ["succeeded"]]);
});

it("the same call goes on in another process with what was asked, and with nothing else", async () => {
  agent.people = "nobody";
  const kept = new Map<string, AskedState>();
  const options = { ...agent.options, states: kept, waitSeconds: 0 };
  expect(await told(gateAiTools({ deploy: deploy() }, options))).toMatchObject({
    value: expect.stringContaining("(pending, apr_") as unknown,
  });
  const stored = JSON.stringify([...kept]);
  expect(JSON.parse(stored)).toEqual([["call-1", agent.states[0]]]);
  expect(Object.keys(agent.states[0] ?? {})).toEqual(["request_id", "payload_hash"]);
  agent.stub.decide(agent.states[0]?.request_id ?? "", "approved");
  const states = new Map(JSON.parse(stored) as [string, AskedState][]);
  const later = gateAiTools({ deploy: deploy() }, { gate: agent.restarted(), states, waitSeconds: 0 });
  expect(await told(later, "web")).toMatchObject({ value: expect.stringContaining("(payload_changed") as unknown });
  expect(ran).toEqual([]);
  expect(await told(later)).toEqual({ type: "json", value: { up: "api" } });
  expect([ran.length, states.size, agent.bodies("/approvals").length]).toEqual([1, 0, 1]);
});

it("who gives up ends the waiting, and nothing runs", async () => {
  agent.people = "nobody";
  const giveUp = new AbortController();
  const options = { ...agent.options, onProgress: () => giveUp.abort() };
  await told(gateAiTools({ deploy: deploy() }, options), "api", giveUp.signal).catch(() => null);
  expect([giveUp.signal.aborted, ran, agent.bodies("/redeem")]).toEqual([true, [], []]);
});

it("a tool that is run elsewhere is refused when it is put behind the gate", () => {
  const elsewhere = tool({ inputSchema: z.object({}), outputSchema: z.string() });
  expect(() => gateAiTools({ elsewhere }, agent.options)).toThrow("elsewhere has no execute");
});
