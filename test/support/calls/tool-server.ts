/**
 * An MCP server with one tool, `deploy`, in both eras, as a receiver of test/support/channels/receiver-network.ts. How it behaves, a call
 * says in its argument `server`; what it lists, and whether it knows a session, the path. Runs in Node.
 */
import type { ReceivedRequest, ReceiverAnswer } from "#test/support/channels/receiver-behaviour.ts";

export const TOOL_SERVER = "tools.example";

/** What it lists at any path but `/changed`. */
export const DEPLOY_TOOL = {
  name: "deploy",
  title: "Deploy",
  description: "Deploys a service.",
  inputSchema: { type: "object", properties: { service: { type: "string", "x-mcp-header": "Service" }, server: { type: "string" } } },
  annotations: { readOnlyHint: false, idempotentHint: true },
};

/** What it would do; calls say how it is to answer in their argument `plan`. */
export const PLAN_TOOL = {
  name: "plan",
  description: "Says what a deployment would change.",
  inputSchema: { type: "object", properties: { service: { type: "string" }, plan: { type: "string" } }, required: ["service"] },
  annotations: { readOnlyHint: true },
};

/** How a call may be answered. */
export type Behaviour =
  | "answers"
  | "says error"
  | "fails"
  | "answers in a stream"
  | "asks meanwhile"
  | "needs input"
  | "begins a task"
  | "hangs"
  | "drips"
  | "breaks"
  | "breaks off"
  | "garbage"
  | "large"
  | "says a secret"
  | "big integer"
  | "500"
  | "401"
  | "404"
  /** Another answer each time. */
  | "changes";

const json = (message: object, status = 200): ReceiverAnswer => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(message),
});

const stream = (...messages: object[]): ReceiverAnswer => ({
  headers: { "content-type": "text/event-stream" },
  body: messages.map((message) => `event: message\r\ndata: ${JSON.stringify(message)}\r\n\r\n`).join(""),
});

interface Message {
  id?: string | number;
  method?: string;
  params?: { name?: string; arguments?: { server?: Behaviour; plan?: Behaviour }; _meta?: { progressToken?: string } };
}

export function toolServer({ body, path, headers }: ReceivedRequest): ReceiverAnswer {
  const { id, method, params } = JSON.parse(body) as Message;
  const result = (value: object) => ({ jsonrpc: "2.0", id, result: value });
  if (headers["mcp-session-id"] !== undefined && path === "/forgetful" && headers["mcp-session-id"] !== "fresh") return { status: 404 };
  switch (method) {
    case "ping":
      return json(result({}));
    case "tools/list":
      return json(
        result({ tools: [path === "/changed" ? { ...DEPLOY_TOOL, description: "Does something else." } : DEPLOY_TOOL, PLAN_TOOL] }),
      );
    case "tools/call":
      if (params?.name === PLAN_TOOL.name) return answerPlan(params.arguments?.plan ?? "answers", result);
      return answerCall(params?.arguments?.server ?? "answers", params?._meta?.progressToken, result);
    default:
      return { status: 202 };
  }
}

let planned = 0;

/** A plan that counts what it would change, with what the protocol may say beside it. */
function answerPlan(how: Behaviour, result: (value: object) => object): ReceiverAnswer {
  planned += 1;
  if (how !== "answers" && how !== "changes") return answerCall(how, undefined, result);
  const rows = how === "changes" ? planned : 12;
  const text = `${rows} rows would change.`;
  return json(result({ content: [{ type: "text", text }], structuredContent: { rows }, _meta: { at: planned } }));
}

const DONE = { content: [{ type: "text", text: "Deployed." }] };

function answerCall(how: Behaviour, token: string | undefined, result: (value: object) => object): ReceiverAnswer {
  const { id } = result({}) as { id: string };
  switch (how) {
    case "answers":
      return json(result(DONE));
    case "says error":
      return json(result({ ...DONE, isError: true }));
    case "fails":
      return json({ jsonrpc: "2.0", id, error: { code: -32603, message: "Out of order." } });
    case "answers in a stream":
      return stream(
        { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: token, progress: 1, message: "Half." } },
        { jsonrpc: "2.0", id: "another", result: { content: [] } },
        result(DONE),
      );
    case "asks meanwhile":
      return stream({ jsonrpc: "2.0", id: 7, method: "elicitation/create", params: { message: "Really?" } }, result(DONE));
    case "needs input":
      return json(result({ resultType: "input_required", inputRequests: { a: { method: "sampling/createMessage", params: {} } } }));
    case "begins a task":
      return json(result({ resultType: "task", taskId: "1" }));
    case "large":
      return json(result({ content: [{ type: "text", text: "é".repeat(600_000) }] }));
    case "says a secret":
      return json(result({ content: [{ type: "text", text: "The key is hunter2." }] }));
    case "big integer":
      return {
        headers: { "content-type": "application/json" },
        body: `{"jsonrpc":"2.0","id":"${id}","result":{"n":12345678901234567890}}`,
      };
    case "500":
      return { status: 500, body: "Oh." };
    case "401":
      return { status: 401 };
    case "404":
      return { status: 404 };
    case "changes":
      return json(result(DONE));
    case "hangs":
    case "drips":
    case "breaks":
    case "breaks off":
    case "garbage":
      return { does: how, headers: { "content-type": "application/json" } };
  }
}
