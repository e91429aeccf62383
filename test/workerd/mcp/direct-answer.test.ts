/**
 * A plain call is answered without the SDK's server and transport. What they would have answered is compared here with what is, for every
 * tool and each kind of outcome, so that a version of the SDK that writes anything else is noticed.
 */
import { env } from "cloudflare:workers";
import { PerRequestHTTPServerTransport } from "@modelcontextprotocol/server";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { agentApprovalPorts } from "#composition/approval-ports.ts";
import { readConfig } from "#config/config.ts";
import { accept as accepted, refuse } from "#countersign/result.ts";
import { acceptedForms } from "#mcp/accepted-forms.ts";
import { readMessage, suitsJson } from "#mcp/message.ts";
import { oneCall, serveCall } from "#mcp/one-call.ts";
import { toolsFor } from "#mcp/registry.ts";
import { serveMcp } from "#mcp/server.ts";
import { serverFor } from "#mcp/server-for.ts";
import { type Caller, served, type ServedTool } from "#mcp/tool.ts";
import { ask, decided, NOT_STOPPED, PAYLOAD, personAndAgent, standing } from "#test/workerd/support/approvals.ts";
import {
  callWithText,
  type Era,
  ERAS,
  mcpRequest,
  type Message,
  messagesOf,
  requestText,
  TASKS,
  useTool,
} from "#test/workerd/support/mcp.ts";

const ACCEPTS = ["application/json, text/event-stream", "application/json", "text/event-stream"];
/** What stands for the id of a request that is made before. */
const ids = { pending: "", approved: "", denied: "", redeemed: "", reported: "", cancelled: "" };
let caller: Caller;
let key: string;

beforeAll(async () => {
  const { person, agent } = await personAndAgent();
  ({ key } = agent);
  caller = {
    agent: standing(agent.id, agent.name, person.id),
    ports: { approvals: agentApprovalPorts(env, readConfig(env)) },
  };
  for (const name of Object.keys(ids) as (keyof typeof ids)[]) {
    ids[name] = (await ask(agent, { action: `To be ${name}` })).request_id;
  }
  for (const name of ["approved", "redeemed", "reported"] as const) await decided(person, ids[name], "approved");
  await decided(person, ids.denied, "denied");
  for (const id of [ids.redeemed, ids.reported]) {
    await useTool(ERAS[0], "redeem_approval", { request_id: id, payload: PAYLOAD, idempotency_key: "first" }, key);
  }
  await useTool(ERAS[0], "report_outcome", { request_id: ids.reported, outcome: "succeeded" }, key);
  await useTool(ERAS[0], "cancel_approval", { request_id: ids.cancelled }, key);
  await callWithText(ERAS[0], "request_human_approval", ASKED_BEFORE, { key });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const ASKED_BEFORE = `{"action":"Asked before","payload":{"n":1},"wait_seconds":0,"idempotency_key":"before"}`;

/** Calls that can be made twice, and are answered alike: of each tool, with the code of the answer, or how the approval stands. */
const CALLS: [string, string, string][] = [
  ["request_human_approval", ASKED_BEFORE, "pending"],
  ["request_human_approval", `{"action":"Other","payload":{},"wait_seconds":0,"idempotency_key":"before"}`, "idempotency_conflict"],
  ["request_human_approval", `{"action":"Deploy","payload":{},"approvers":{"users":["nobody"]}}`, "unknown_approver"],
  ["request_human_approval", `{"action":7,"payload":{}}`, "invalid_request"],
  ["request_human_approval", `{"action":"Deploy","payload":{"a":1,"a":2}}`, "payload_not_canonical"],
  ["request_human_approval", `{}`, "invalid_request"],
  ["wait_for_approval", `{"request_id":"pending","wait_seconds":0}`, "pending"],
  ["wait_for_approval", `{"request_id":"approved"}`, "approved"],
  ["wait_for_approval", `{"request_id":"denied"}`, "denied"],
  ["wait_for_approval", `{"request_id":"reported"}`, "approved"],
  ["wait_for_approval", `{"request_id":"apr_none"}`, "unknown_request"],
  ["wait_for_approval", `{"request_id":"approved","more":1}`, "invalid_request"],
  ["wait_for_approval", `{"request_id":"approved","request_id":"denied"}`, "invalid_request"],
  ["cancel_approval", `{"request_id":"cancelled"}`, "cancelled"],
  ["cancel_approval", `{"request_id":"approved"}`, "already_final"],
  ["cancel_approval", `{"request_id":"apr_none"}`, "unknown_request"],
  ["redeem_approval", `{"request_id":"redeemed","payload":${JSON.stringify(PAYLOAD)},"idempotency_key":"first"}`, "approved"],
  ["redeem_approval", `{"request_id":"redeemed","payload":${JSON.stringify(PAYLOAD)}}`, "already_redeemed"],
  ["redeem_approval", `{"request_id":"approved","payload":{}}`, "payload_mismatch"],
  ["redeem_approval", `{"request_id":"pending","payload":${JSON.stringify(PAYLOAD)}}`, "not_approved"],
  ["report_outcome", `{"request_id":"reported","outcome":"succeeded"}`, "approved"],
  ["report_outcome", `{"request_id":"reported","outcome":"failed"}`, "already_reported"],
  ["report_outcome", `{"request_id":"approved","outcome":"failed"}`, "not_redeemed"],
  ["explain_policy", `{"payload":{}}`, "require_approval"],
  ["explain_policy", `{"payload":7}`, "invalid_request"],
];

interface Asking {
  era: Era;
  tool: string;
  args: string;
  accept?: string;
  capabilities?: object;
  by?: Caller;
  tools?: readonly ServedTool[];
}

/** All that a client sees of an answer but what is set on every one. */
async function seen(answer: Response): Promise<{ status: number; headers: object; messages: Message[] }> {
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => name !== "cache-control"));
  return { status: answer.status, headers, messages: await messagesOf(answer) };
}

function requestOf({ era, tool, args, accept = ACCEPTS[0] ?? "", capabilities = {} }: Asking): { request: Request; text: string } {
  const known = args.replace(
    /"request_id":"(\w+)"/g,
    (_, name: string) => `"request_id":"${(ids as Record<string, string>)[name] || name}"`,
  );
  const text = requestText(era, "tools/call", `"name":"${tool}","arguments":${known}`, null, capabilities);
  return { request: mcpRequest("tools/call", tool, era, { accept }), text };
}

/** The answer of the SDK's server over its transport of one exchange. */
async function bySdk(asking: Asking): Promise<Response> {
  const { era, accept = ACCEPTS[0] ?? "", by = caller, tools = toolsFor(caller.agent) } = asking;
  const { request, text } = requestOf(asking);
  const forms = acceptedForms(accept);
  const read = readMessage(text);
  if ("refused" in read || forms === null) throw new Error("it is not read");
  const { toServe: message, badArguments } = read;
  const call = oneCall(request, message);
  if (call === null) throw new Error("it is no call by itself");
  const within = { limit: null, over: null, badArguments, accepted: forms, message, counts: [] };
  const mcp = serverFor(by, tools, within, call.classification.era);
  return serveCall(call, request, mcp, era === ERAS[0] ? !forms.json : !suitsJson(forms, message));
}

const answerTo = (asking: Asking): Promise<Response> => {
  const { request, text } = requestOf(asking);
  const { by = caller, tools = toolsFor(caller.agent) } = asking;
  return serveMcp(request, text, by, tools, null, acceptedForms(asking.accept ?? ACCEPTS[0] ?? "") ?? undefined);
};

/** Asserts that both are the same, and that only the second was the SDK's; gives what they say. */
async function same(asking: Asking) {
  const handled = vi.spyOn(PerRequestHTTPServerTransport.prototype, "handleMessage");
  const direct = await seen(await answerTo(asking));
  expect(handled).not.toHaveBeenCalled();
  const theirs = await seen(await bySdk(asking));
  expect(handled).toHaveBeenCalledOnce();
  expect(direct).toEqual(theirs);
  return direct.messages[0]?.result;
}

describe.each(ERAS)("over %s", (era) => {
  it.each(CALLS)("%s with %s: %s, as the SDK writes it, in every form", async (tool, args, code) => {
    for (const accept of ACCEPTS) {
      const { structuredContent } = (await same({ era, tool, args, accept })) as unknown as {
        structuredContent: { error?: { code: string }; status?: string; effect?: string };
      };
      expect(structuredContent.error?.code ?? structuredContent.status ?? structuredContent.effect).toBe(code);
      vi.restoreAllMocks();
    }
  });

  it("what goes on is a task for who takes tasks, where there are any", async () => {
    const result = await same({ era, tool: "request_human_approval", args: ASKED_BEFORE, capabilities: TASKS });
    expect(result?.["resultType"]).toBe(era === ERAS[0] ? "task" : undefined);
  });

  it.each<[string, string, Partial<Caller["agent"]>]>([
    ["unauthorized", "revoked meanwhile", { stands: () => Promise.resolve(null) }],
    ["agent_stopped", "stopped meanwhile", { stands: () => Promise.resolve({ ...NOT_STOPPED, isStopped: true }) }],
    ["unavailable", "of which it cannot be known", { stands: () => Promise.reject(new Error("away")) }],
    [
      "rate_limited",
      "that calls too often",
      { admitted: () => Promise.resolve({ code: "rate_limited", message: "Later.", retryAfter: 60 }) },
    ],
  ])("%s: to an agent %s", async (code, _, agent) => {
    const by = { ...caller, agent: { ...caller.agent, ...agent } };
    const result = await same({ era, tool: "wait_for_approval", args: `{"request_id":"approved"}`, by });
    expect(result).toMatchObject({ isError: true, structuredContent: { error: { code } } });
  });
});

/** Ends when it is told to; then it says whether its caller had gone. */
function holding() {
  const held: { end?: () => void; gone?: AbortSignal } = {};
  const tool = served({
    name: "hold",
    title: "Hold",
    description: "Waits for its end.",
    hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input: z.strictObject({ said: z.string() }),
    output: z.looseObject({ said: z.string() }),
    async run({ said }, { gone }) {
      held.gone = gone;
      await new Promise<void>((resolve) => (held.end = resolve));
      return said === "no" ? refuse({ code: "invalid_request", message: "No." }) : accepted({ said });
    },
    log: () => ({}),
  });
  return { held, asking: (said: string): Asking => ({ era: "2025-11-25", tool: "hold", args: `{"said":"${said}"}`, tools: [tool] }) };
}

describe("a stream of which the end takes longer than a moment", () => {
  it.each(["yes", "no"])("is begun before it, and ends as the SDK ends it: %s", async (said) => {
    const [ours, theirs] = [holding(), holding()];
    const answer = await answerTo(ours.asking(said));
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    ours.held.end?.();
    const other = await bySdk(theirs.asking(said));
    await expect.poll(() => theirs.held.end).toBeDefined();
    theirs.held.end?.();
    expect(await messagesOf(answer)).toEqual(await messagesOf(other));
  });

  it("tells the tool when nobody reads it any more", async () => {
    const { held, asking } = holding();
    const answer = await answerTo(asking("yes"));
    expect(held.gone?.aborted).toBe(false);
    await answer.body?.cancel();
    await expect.poll(() => held.gone?.aborted).toBe(true);
    held.end?.();
  });
});
