/**
 * What a model's tool calls come to in each framework, with its own package and a model that says what it is told: approved, denied, and
 * waiting, then gone on with. Gives what ran and what the model was told, which has to be the same in all. Runs where the frameworks are
 * installed: `node framework-scenarios.mjs NAME`, or imported.
 */

const ARGUMENTS = { version: "4.2.0", hosts: ["a", "b"] };
const WANTED = { type: "object", properties: { version: { type: "string" }, hosts: { type: "array", items: { type: "string" } } } };
const PARAMETERS = { ...WANTED, required: ["version", "hosts"], additionalProperties: false };

/** What a model of the framework gets told after one call of `deploy` that runs `act`. */
const FRAMEWORKS = {
  async "ai-sdk"(options, act) {
    const { generateText, jsonSchema, stepCountIs, tool } = await import("ai");
    const mocks = await import("ai/test");
    const { gateAiTools } = await import("countersign/ai-sdk");
    const Model = mocks.MockLanguageModelV4 ?? mocks.MockLanguageModelV3;
    const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
    const said = (content, unified) => ({ content, finishReason: { unified, raw: undefined }, usage, warnings: [] });
    const model = new Model({
      doGenerate: mocks.mockValues(
        said([{ type: "tool-call", toolCallId: "1", toolName: "deploy", input: JSON.stringify(ARGUMENTS) }], "tool-calls"),
        said([{ type: "text", text: "done" }], "stop"),
      ),
    });
    const tools = gateAiTools({ deploy: tool({ description: "Deploys", inputSchema: jsonSchema(PARAMETERS), execute: act }) }, options);
    await generateText({ model, prompt: "Deploy", tools, stopWhen: stepCountIs(3) });
    const result = model.doGenerateCalls.at(-1).prompt.findLast(({ role }) => role === "tool").content[0];
    return result.output.value;
  },

  async "openai-agents"(options, act) {
    const { Agent, run, setTracingDisabled, tool, Usage } = await import("@openai/agents");
    const { gateAgentTool } = await import("countersign/openai-agents");
    setTracingDisabled(true);
    const told = [];
    const model = {
      getResponse(request) {
        told.push(request.input);
        const call = {
          type: "function_call",
          id: "f1",
          callId: "c1",
          name: "deploy",
          status: "completed",
          arguments: JSON.stringify(ARGUMENTS),
        };
        const text = {
          type: "message",
          id: "m1",
          role: "assistant",
          status: "completed",
          content: [{ type: "output_text", text: "done" }],
        };
        return Promise.resolve({ usage: new Usage(), output: [told.length === 1 ? call : text] });
      },
    };
    const execute = gateAgentTool({ tool: "deploy", ...options }, act);
    const deploy = tool({ name: "deploy", description: "Deploys", parameters: PARAMETERS, strict: true, execute });
    await run(new Agent({ name: "Release", model, tools: [deploy] }), "Deploy");
    const { output } = told.at(-1).find(({ type }) => type === "function_call_result");
    return typeof output === "string" ? output : output.text;
  },

  async langchain(options, act) {
    const { tool } = await import("@langchain/core/tools");
    const { gateLangchainTool } = await import("countersign/langchain");
    const deploy = gateLangchainTool(tool(act, { name: "deploy", description: "Deploys", schema: PARAMETERS }), options);
    // As an agent of LangChain calls it: with what the model said.
    const message = await deploy.invoke({ type: "tool_call", id: "1", name: "deploy", args: ARGUMENTS });
    return message.content;
  },
};

export async function scenarioOf(framework) {
  const { Countersign } = await import("countersign");
  const { StubCountersign } = await import("countersign/testing");
  const stub = new StubCountersign();
  const { url, apiKey, logKey, fetch } = stub;
  const [ran, states] = [[], new Map()];
  let verdict = "approved";
  const options = () => ({
    gate: new Countersign({ url, apiKey, logKey, fetch }),
    states,
    ...(verdict === null && { waitSeconds: 0 }),
    onProgress({ kind, state }) {
      if (kind === "asked" && verdict !== null)
        stub.decide(state.request_id, verdict, verdict === "denied" ? "Not on a Friday" : undefined);
    },
  });
  const call = (act) => FRAMEWORKS[framework](options(), act);
  const deploy = (args) => {
    ran.push(args);
    return `deployed ${args.version} to ${args.hosts.join(" and ")}`;
  };

  const approved = await call(deploy);
  verdict = "denied";
  const denied = await call(deploy);
  verdict = null;
  const waiting = await call(deploy);
  const kept = [...states.values()];
  // People decide while nobody waits; another process goes on with two texts.
  stub.decide(kept[0].request_id, "approved");
  const resumed = await call(deploy);
  verdict = "approved";
  await call(() => Promise.reject(new Error("the disk is full"))).catch(() => {});
  return {
    approved,
    denied: /denied[^]*"Not on a Friday"/.test(denied),
    waiting: /The tool was not run: This is not decided yet.*\(pending, apr_/.test(waiting),
    kept: kept.map((state) => Object.keys(state).join()),
    resumed,
    ran,
    asked: stub.calls.filter(({ path, method }) => method === "POST" && path.endsWith("/approvals")).length,
    outcomes: stub.calls.filter(({ path }) => path.endsWith("/outcome")).map(({ body }) => body.outcome),
  };
}

const DEPLOYED = "deployed 4.2.0 to a and b";
export const CAME_OF_FRAMEWORKS = {
  approved: DEPLOYED,
  denied: true,
  waiting: true,
  kept: ["request_id,payload_hash"],
  resumed: DEPLOYED,
  ran: [ARGUMENTS, ARGUMENTS],
  asked: 4,
  outcomes: ["succeeded", "succeeded", "failed"],
};

if (
  process.argv[2] !== undefined &&
  import.meta.url.endsWith("framework-scenarios.mjs") &&
  process.argv[1]?.endsWith("framework-scenarios.mjs")
) {
  console.log(JSON.stringify(await scenarioOf(process.argv[2])));
}
