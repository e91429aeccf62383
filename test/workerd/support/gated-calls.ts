/** Calls that people are asked about, opened, approved and run as the endpoint does it, at a server of the tests (test/support/calls). */
import { env } from "cloudflare:workers";
import { type CallSurroundings, isReportedIn } from "#durable-objects/call-run.ts";
import { agentApprovalPorts } from "#composition/approval-ports.ts";
import { activityOf, pastOf } from "#config/object-places.ts";
import { readConfig } from "#config/config.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { toolPin } from "#countersign/documents/tool-pin.ts";
import type { Agent as GateAgent } from "#gate/approvals/agent-approvals.ts";
import { type CallToOpen, newCallId, openCall } from "#gate/calls/open-call.ts";
import { takePreview } from "#gate/calls/preview/take-preview.ts";
import type { SettledCall } from "#rules/calls/admission.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import { agentFacts, AGENT_FACTS, type AgentFactsRow } from "#storage/agents.ts";
import { type Behaviour, DEPLOY_TOOL, PLAN_TOOL, TOOL_SERVER } from "#test/support/calls/tool-server.ts";
import { type Agent, decided, standing } from "./approvals.ts";
import { receivers } from "./channels/receivers.ts";
import type { Someone } from "./people.ts";

export const PIN = toolPin(DEPLOY_TOOL);
export const SECRET = "hunter2";

export const serverAt = (path = "/mcp", more: Partial<ServerInForce["settings"]> = {}): ServerInForce => ({
  settings: {
    id: "srv_tools",
    name: "tools",
    url: `https://${TOOL_SERVER}${path}`,
    authentication: { kind: "none", credential_hash: null },
    features: {},
    limits: {},
    ...more,
  },
  credential: null,
  number: 1,
  accepted: [
    { name: "deploy", pin: PIN, definition: DEPLOY_TOOL },
    { name: "plan", pin: toolPin(PLAN_TOOL), definition: PLAN_TOOL },
  ],
  grants: [],
  drifted: [],
  unaccepted: [],
});

/** What lies around every object, as a test has it. */
export const world = {
  servers: [serverAt()],
  settled: [] as { agentId: string; call: SettledCall }[],
  /** Whether the agent's record can be reached. */
  keepsRecord: true,
};

export function resetWorld(): void {
  world.servers = [serverAt()];
  world.settled = [];
  world.keepsRecord = true;
}

const replaced = (text: string, secret: string) => text.replaceAll(secret, "[masked]");

/** The agent's own object counts and records; what it calls is at the server of the tests. */
export function previewPortsOf(agentId: string): ReturnType<CallSurroundings["previewsOf"]> {
  const activity = activityOf(env, agentId);
  return {
    upstream: testSurroundings.servers.upstream,
    maskBy: (rules) => testSurroundings.servers.maskBy(rules),
    past: pastOf(env, agentId),
    admit: (call) => activity.admitPreview(call),
    settle: (call) => activity.settle(call),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    now: () => Date.now(),
  };
}

export const testSurroundings: CallSurroundings = {
  servers: {
    connectAt: () => null,
    inForce: (epoch) => Promise.resolve({ epoch, servers: world.servers }),
    upstream: {
      async send({ settings }, { method, body, headers, signal }) {
        try {
          const response = await fetch(settings.url, { method, headers, signal, redirect: "manual", ...(body !== null && { body }) });
          return { ok: true, value: { response, secrets: [SECRET] } };
        } catch {
          return { ok: false, refusal: { reason: "unreachable", wasSent: true } };
        }
      },
    },
    async listedTool({ settings }, tool) {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
      const answer = await fetch(settings.url, { method: "POST", body });
      if (answer.status !== 200) return { ok: false, refusal: { reason: "unreachable" } };
      const { result } = await answer.json<{ result: { tools: JsonObject[] } }>();
      return { ok: true, value: result.tools.find(({ name }) => name === tool) ?? null };
    },
    openSession: () => Promise.resolve({ ok: true, value: { era: "legacy", protocolVersion: "2025-11-25", session: "fresh" } }),
    maskBy: () =>
      Promise.resolve((text, secrets) => {
        const clean = secrets.reduce(replaced, text);
        const masked = clean === text ? [] : [{ place: "$", by: "credential", times: 1 }];
        return { ok: true, value: { text: clean, masked } };
      }),
  },
  async settleCall(agentId, call) {
    await Promise.resolve();
    if (!world.keepsRecord) throw new Error("the record is away (a test)");
    world.settled.push({ agentId, call });
  },
  previewsOf: (agentId) => previewPortsOf(agentId),
  isReported: (approval) => isReportedIn(env.DB, approval),
};

/** The messages that the server got, by their method. */
export async function heardBy(method: string): Promise<{ body: JsonObject; headers: Record<string, string> }[]> {
  const requests = await receivers.requests(TOOL_SERVER);
  const messages = requests.map(({ body, headers }) => ({ body: JSON.parse(body) as JsonObject, headers }));
  return messages.filter(({ body }) => body["method"] === method);
}

/** How often `deploy` was, or the tool of that name. */
export const timesCalled = async (tool = "deploy"): Promise<number> =>
  (await heardBy("tools/call")).filter(({ body }) => (body["params"] as { name?: string }).name === tool).length;

/** Of an agent, as D1 has it. */
export async function factsOf(agentId: string): Promise<AgentFacts> {
  const row = await env.DB.prepare(`SELECT ${AGENT_FACTS} FROM agent CROSS JOIN gate WHERE agent.id = ?1`)
    .bind(agentId)
    .first<AgentFactsRow>();
  if (row === null) throw new Error("no agent");
  return agentFacts(row);
}

export const asking = ({ id, name }: Agent, person: Someone): GateAgent => ({
  ...standing(id, name, person.id),
  facts: () => factsOf(id),
});

const HOW_TO_SEND: CallToOpen["toSend"] = {
  serverId: "srv_tools",
  joinKey: "join",
  number: 1,
  definition: DEPLOY_TOOL,
  session: null,
  protocolVersion: "2026-07-28",
  era: "modern",
  meta: { "io.modelcontextprotocol/clientInfo": { name: "a client", version: "1" } },
  trace: null,
};

export const approvalPortsNow = () => agentApprovalPorts(env, readConfig(env));

/** A call as it is opened. `server`: how the server is to answer it. */
export function wanted(server: Behaviour = "answers", toSend: Partial<CallToOpen["toSend"]> = {}): CallToOpen {
  const [serverInForce] = world.servers;
  if (serverInForce === undefined) throw new Error("no server");
  const ports = approvalPortsNow();
  return {
    requestId: newCallId(ports.serverSecret, (bytes) => ports.random(bytes)),
    server: serverInForce,
    tool: serverInForce.accepted[0] ?? null,
    args: { service: "api", server },
    reason: "The release is due.",
    toSend: { ...HOW_TO_SEND, ...toSend },
  };
}

/** The same, where what people are to see can be called. */
export function wantedWithPreview(
  { person, agent }: { person: Someone; agent: Agent },
  plan: Behaviour = "answers",
  server: Behaviour = "answers",
  toSend: Partial<CallToOpen["toSend"]> = {},
): CallToOpen {
  const call = wanted(server, toSend);
  const asker = { id: agent.id, name: agent.name, owner: person.id };
  const { era, protocolVersion, session, trace } = { ...HOW_TO_SEND, ...toSend };
  return {
    ...call,
    args: { ...call.args, plan },
    takePreview: (preview, by) =>
      takePreview(
        {
          wanted: preview,
          agent: asker,
          ...by,
          server: call.server,
          spoken: { era, protocolVersion, session },
          trace,
        },
        previewPortsOf(agent.id),
      ),
  };
}

/** Opened; its id. */
export async function openedCall(cast: { person: Someone; agent: Agent }, call: CallToOpen = wanted()): Promise<string> {
  const opened = await openCall(call, asking(cast.agent, cast.person), approvalPortsNow());
  if (!opened.ok) throw new Error(JSON.stringify(opened.refusal));
  return opened.value.snapshot.request.id;
}

/** Opened, and approved by the person. */
export async function approvedCall(cast: { person: Someone; agent: Agent }, call: CallToOpen = wanted()): Promise<string> {
  const id = await openedCall(cast, call);
  await decided(cast.person, id, "approved");
  return id;
}

export const objectOfCall = (id: string) => env.APPROVAL_REQUEST.getByName(id);

export const DONE_TEXT = '{"content":[{"type":"text","text":"Deployed."}]}';
