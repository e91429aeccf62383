/** Tools of the OpenAI Agents SDK behind the gate, in runs with a model that says what it is told to. */
import { Agent, type Model, type ModelRequest, RunState, Runner, tool, Usage } from "@openai/agents-core";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { gateAgentTool } from "#countersign/frameworks/agent-tools.ts";
import { DENIED, GatedAgent } from "#test/support/frameworks/gated.ts";

let people: GatedAgent;
let ran: unknown[];
/** What the model was told of the tool's calls. */
let told: unknown[];
beforeEach(() => {
  [people, ran, told] = [new GatedAgent(), [], []];
});

/** Calls the tool with these arguments, and ends once it was told what came of that. */
class Scripted implements Model {
  readonly #args: object;
  constructor(args: object) {
    this.#args = args;
  }
  getResponse({ input }: ModelRequest) {
    const results = (typeof input === "string" ? [] : input).flatMap((item) =>
      item.type === "function_call_result" ? [item.output as unknown] : [],
    );
    told = results;
    const call = {
      type: "function_call" as const,
      callId: "call-1",
      name: "deploy",
      status: "completed" as const,
      arguments: JSON.stringify(this.#args),
    };
    const message = {
      type: "message" as const,
      role: "assistant" as const,
      status: "completed" as const,
      content: [{ type: "output_text" as const, text: "Fine" }],
    };
    return Promise.resolve({ usage: new Usage(), output: results.length > 0 ? [message] : [call] });
  }
  getStreamedResponse(): never {
    throw new Error("This does not stream.");
  }
}

const runner = new Runner({ tracingDisabled: true });
const parameters = z.object({ service: z.string(), replicas: z.number().default(2) });

function agentWith(options: object = {}, { stops = false, args = { service: "api" } }: { stops?: boolean; args?: object } = {}) {
  const gated = gateAgentTool({ ...people.options, tool: "deploy", ...options }, (input: { service: string }) => {
    ran.push(input);
    if (input.service === "broken") throw new Error("no disk");
    return `${input.service} is up`;
  });
  const deploy = tool({
    name: "deploy",
    description: "Deploys",
    parameters,
    execute: gated,
    ...(stops && { needsApproval: gated.needsApproval }),
  });
  return new Agent({ name: "Deployer", model: new Scripted(args), tools: [deploy] });
}
const text = () => (told[0] as { text: string }).text;

it("runs once it is approved, with what was approved, and the model is told what it gave", async () => {
  await runner.run(agentWith(), "Deploy");
  expect(text()).toBe("api is up");
  expect(people.bodies("/approvals")).toMatchObject([{ payload: { tool: "deploy", arguments: { service: "api", replicas: 2 } } }]);
  expect([ran, people.outcomes]).toEqual([[{ service: "api", replicas: 2 }], ["succeeded"]]);
});

it("a denial is the tool's result, in words, and wrong arguments ask nobody", async () => {
  people.people = "deny";
  await runner.run(agentWith(), "Deploy");
  expect(text()).toMatch(DENIED);
  await runner.run(agentWith({}, { args: { service: 1 } }), "Deploy");
  expect([ran, people.bodies("/approvals").length]).toEqual([[], 1]);
});

it("what the tool throws is reported as a failure, and a service that fails is no person's no", async () => {
  await runner.run(agentWith({}, { args: { service: "broken" } }), "Deploy");
  expect([text(), people.outcomes]).toEqual([expect.stringMatching(/^An error occurred/), ["failed"]]);
  people.stub.refuseNext(403, "agent_stopped");
  await runner.run(agentWith(), "Deploy");
  expect(text()).toMatch(/^The tool was not run: .* \(agent_stopped\)$/);
  expect(ran).toHaveLength(1);
});

describe("a run that stops until people have decided", () => {
  /** The run as it is written down, once it has stopped. */
  async function written(): Promise<string> {
    people.people = "nobody";
    const stopped = await runner.run(agentWith({}, { stops: true }), "Deploy", { context: { team: "a" } });
    expect(stopped.interruptions).toHaveLength(1);
    expect(stopped.state._context.context).toEqual({ team: "a", countersign: { "call-1": people.states[0] } });
    return stopped.state.toString();
  }
  /** Goes on with it in a process that knows nothing else. */
  async function goOn(stored: string, options: object = {}) {
    const agent = agentWith({ gate: people.restarted(), ...options }, { stops: true });
    const state = await RunState.fromString<{ countersign: object }, typeof agent>(agent, stored);
    for (const item of state.getInterruptions()) state.approve(item);
    return await runner.run(agent, state);
  }

  it("goes on in another process, with what its state holds, and runs the tool once", async () => {
    const stored = await written();
    people.stub.decide(people.states[0]?.request_id ?? "", "approved");
    const ended = await goOn(stored);
    expect([text(), ended.finalOutput]).toEqual(["api is up", "Fine"]);
    expect([ran, people.bodies("/approvals").length]).toEqual([[{ service: "api", replicas: 2 }], 1]);
    expect(ended.state._context.context.countersign).toEqual({});
    // The same text again, as after a crash, does not run it again.
    await goOn(stored);
    expect(text()).toMatch(/^This approval was used at /);
    expect(ran).toHaveLength(1);
  });

  it("whoever says in the run that it is approved approves nothing", async () => {
    const stored = await written();
    await goOn(stored, { waitSeconds: 0 });
    expect(text()).toMatch(/^The tool was not run: .* \(pending, apr_/);
    people.stub.decide(people.states[0]?.request_id ?? "", "denied", "Not on Friday");
    await goOn(stored);
    expect(text()).toMatch(DENIED);
    expect(ran).toEqual([]);
  });

  it("a state that was tampered with runs nothing", async () => {
    const stored = await written();
    people.stub.decide(people.states[0]?.request_id ?? "", "approved");
    await goOn(stored.replaceAll('{\\"service\\":\\"api\\"}', '{\\"service\\":\\"prod\\"}')).catch(() => null);
    await goOn(stored.replaceAll(people.states[0]?.payload_hash ?? "", "0".repeat(64)));
    expect(text()).toMatch(/^The tool was not run: .* \(payload_changed/);
    expect(ran).toEqual([]);
  });
});
