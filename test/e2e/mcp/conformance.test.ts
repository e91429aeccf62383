/**
 * The official conformance scenarios that apply to every MCP server, in both eras, and those of the Tasks extension, against
 * the running service. Those left out want tools, prompts, resources or elicitations of a fixture server, or sessions.
 */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { conform, type Door, openDoor, type ToolCall } from "#test/support/service/conformance.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";

let service: Service;
let person: Person;
let agent: Agent;
let door: Door;
let tasksDoor: Door;
beforeAll(async () => {
  service = await startService();
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("conformance");
  door = await openDoor(service, agent.key);
  tasksDoor = await openDoor(service, agent.key, ourTool);
});
afterAll(async () => {
  door?.server.close();
  tasksDoor?.server.close();
  await Promise.all(decisions);
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
});

/** The only reason for which checks of a scenario may fail, and how many do. */
interface CannotApply {
  reason: RegExp;
  checks: number;
}

/** These make a tool of the fixture server misbehave; tools that nobody needs are not offered for it. */
const NEEDS_FIXTURE_TOOL = /^Not testable: server does not list the diagnostic tool '/;
/** Only tools are offered. */
const NOT_OFFERED = /^(prompts|resources)\/[a-z/]+ returned JSON-RPC error -32601: Method not found$/;

/** Advice on reading resources; who has none answers with -32601, as the protocol says. */
const NO_RESOURCES = /^(Expected error code -32602 \(Invalid Params\), got -32601|Error data\.uri is undefined)/;

/** Version, scenario, and what of it cannot apply. */
const SCENARIOS: [string, string, CannotApply?][] = [
  ["2026-07-28", "server-stateless", { reason: NEEDS_FIXTURE_TOOL, checks: 4 }],
  ["2026-07-28", "http-header-validation"],
  ["2026-07-28", "dns-rebinding-protection"],
  ["2026-07-28", "tools-list"],
  ["2026-07-28", "caching", { reason: NOT_OFFERED, checks: 3 }],
  ["2026-07-28", "server-sse-multiple-streams"],
  ["2026-07-28", "sep-2164-resource-not-found", { reason: NO_RESOURCES, checks: 2 }],
  ["2026-07-28", "input-required-result-unsupported-methods"],
  ["2025-11-25", "server-initialize"],
  ["2025-11-25", "ping"],
  ["2025-11-25", "tools-list"],
  ["2025-11-25", "dns-rebinding-protection"],
  ["2025-06-18", "server-initialize"],
  ["2025-06-18", "ping"],
  ["2025-06-18", "tools-list"],
];

it.each(SCENARIOS)("%s: %s", async (version, scenario, cannotApply) => {
  await expectConformance(door, scenario, version, cannotApply);
});

async function expectConformance({ address }: Door, scenario: string, version: string | null, cannotApply?: CannotApply): Promise<void> {
  const checks = await conform(address, scenario, version);
  const wrong = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  const excused = wrong.filter(({ errorMessage = "" }) => cannotApply?.reason.test(errorMessage) === true);
  expect(wrong.filter((check) => !excused.includes(check))).toEqual([]);
  expect(excused).toHaveLength(cannotApply?.checks ?? 0);
  expect(checks.filter(({ status }) => status === "SUCCESS").length).toBeGreaterThan(0);
}

/** Sooner or later made; one that comes after the scenario has cancelled its task is refused, as it should be. */
const decisions: Promise<unknown>[] = [];

/** The scenarios of tasks call tools of the fixture server. Ours stand in for them, with a person in place of its clock. */
async function ourTool({ name, arguments: { seconds } }: ToolCall): Promise<ToolCall | null> {
  switch (name) {
    case "greet": {
      const { request_id } = await ask({ action: "Greet", payload: {} });
      return { name: "wait_for_approval", arguments: { request_id, wait_seconds: 0 } };
    }
    case "slow_compute":
      return asked(Number(seconds), "approved");
    case "failing_job":
    case "confirm_delete":
      return asked(1, "denied");
    default:
      return null;
  }
}

/** A call that finds a request which is already there, and which is decided after so many seconds. */
async function asked(seconds: number, verdict: "approved" | "denied"): Promise<ToolCall> {
  const call = { action: "Compute", payload: { seconds }, idempotency_key: randomUUID() };
  const { approval_url } = await ask(call);
  const decide = async () => {
    await wait(seconds * 1000);
    await person.decide(approval_url, verdict);
  };
  // The scenarios use a minute for what they do not wait for.
  if (seconds < 60) decisions.push(Promise.allSettled([decide()]));
  return { name: "request_human_approval", arguments: call };
}

/** Asks over REST, which does not wait. */
async function ask(body: { action: string; payload: object; idempotency_key?: string }): Promise<AgentView> {
  const answer = await fetch(`${service.origin}/api/v1/approvals`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": agent.key },
    body: JSON.stringify({ ...body, wait_seconds: 0 }),
  });
  return (await answer.json()) as AgentView;
}

/** A denial is an answer, not an error; and what fails in the protocol fails before there is a task. */
const NO_FAILING_TASK = /^(result\.isError MUST be true for tool execution errors|There is no tool protocol_error_job)$/;
/** The text of the fixture server's tool. */
const GREETING = /^tool result content MUST be unaffected by the Mcp-Method header$/;

/**
 * Not run: `tasks-mrtr-input` and `tasks-mrtr-composition`, since no task of ours asks its client for anything;
 * `tasks-required-task-error`, since no tool of ours needs tasks; `tasks-status-notifications`, which checks nothing yet.
 */
const TASK_SCENARIOS: [string, CannotApply?][] = [
  ["tasks-lifecycle", { reason: NO_FAILING_TASK, checks: 2 }],
  ["tasks-capability-negotiation"],
  ["tasks-wire-fields"],
  ["tasks-request-state-removal"],
  ["tasks-request-headers", { reason: GREETING, checks: 1 }],
  ["tasks-dispatch-and-envelope"],
];

it.each(TASK_SCENARIOS)("extension: %s", async (scenario, cannotApply) => {
  await expectConformance(tasksDoor, scenario, null, cannotApply);
});
