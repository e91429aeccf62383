/**
 * The tools of an MCP server behind the gate, for `registerTool` of both lines of the SDK: 1.x, whose callbacks are given `extra`, and 2.x,
 * whose are given `ctx`. Tools that are only read with are left as they are.
 */
import { payloadHash } from "../documents/request.ts";
import type { JsonObject, JsonValue } from "../json/canonical-json.ts";
import type { AskedState } from "../sdk/approvals/errors.ts";
import type { Progress } from "../sdk/approvals/waiting.ts";
import { throughGate, type ToolGateOptions } from "./gated-call.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- the callbacks of two SDKs, whose types are theirs
type Callback = (...args: any[]) => any;

/** What both lines have. */
export interface ToolServer {
  // oxlint-disable-next-line typescript/no-explicit-any -- overloads of two SDKs
  registerTool: (name: string, config: any, callback: any) => any;
}

interface Notifier {
  signal?: AbortSignal;
  sessionId?: string | undefined;
  _meta?: { progressToken?: string | number };
}
/** Of a call: `extra` of 1.x, or `ctx` of 2.x, whose `mcpReq` has what is of the request. */
interface CallContext extends Notifier {
  sendNotification?: (notification: object) => Promise<void>;
  mcpReq?: Notifier & { notify: (notification: object) => Promise<void> };
}

/** What lets a client know that its call lives: many end one that they hear nothing of for a minute. */
const SIGN_OF_LIFE_MS = 15_000;

const SAID: Record<Progress["kind"], string> = {
  asked: "Waiting for a person to decide",
  notified: "A person was told",
  seen: "A person has opened it",
  question: "A person asks something first",
  decided: "Decided",
  redeemed: "Approved: running",
  reported: "Done",
};

/** Tells a client that wants to know; whether it hears changes nothing. */
function progressTo(context: CallContext): { tell: (message: string) => void; end: () => void } {
  const token = (context.mcpReq ?? context)._meta?.progressToken;
  if (token === undefined) return { tell: () => {}, end: () => {} };
  const notify = context.mcpReq?.notify ?? context.sendNotification;
  let [progress, message] = [0, ""];
  const send = (): void => {
    const params = { progressToken: token, progress: (progress += 1), message };
    notify?.({ method: "notifications/progress", params }).catch(() => {});
  };
  const timer = setInterval(send, SIGN_OF_LIFE_MS);
  return {
    tell: (next) => {
      message = next;
      send();
    },
    end: () => clearInterval(timer),
  };
}

const progressText = (progress: Progress): string =>
  progress.kind === "asked" ? `${SAID.asked}: ${progress.approval_url}` : SAID[progress.kind];

/** The callback behind the gate. A tool without arguments is called with its context alone, by both lines. */
function gatedCallback(name: string, callback: Callback, options: ToolGateOptions): Callback {
  return async (...given: unknown[]) => {
    const context = given.at(-1) as CallContext;
    const args = given.length > 1 ? given[0] : {};
    const progress = progressTo(context);
    const { signal } = context.mcpReq ?? context;
    const call = {
      tool: name,
      id: callId(context, name, args),
      args,
      signal,
      onProgress: (news: Progress) => progress.tell(progressText(news)),
    };
    try {
      const gone = await throughGate(options, call, (approved: JsonValue) =>
        given.length > 1 ? (callback(approved, context) as unknown) : (callback(context) as unknown),
      );
      return gone.ran ? gone.value : { content: [{ type: "text", text: gone.text }], isError: true };
    } finally {
      progress.end();
    }
  };
}

/** Whoever calls the same again in the same session goes on with what was asked: MCP has no name for a call that is made again. */
function callId({ sessionId = "" }: CallContext, tool: string, args: unknown): string | null {
  try {
    return `${sessionId}:${payloadHash({ tool, arguments: args } as JsonObject)}`;
  } catch {
    // No payload: the gate says so.
    return null;
  }
}

/**
 * `registerTool` of this server, with every tool behind the gate whose `annotations.readOnlyHint` is not true. What does not run answers with
 * a text, as an error of the tool. By default a call that was not decided in time is gone on with when it is made again, in this process.
 */
export function gateTool<Server extends ToolServer>(server: Server, options: ToolGateOptions): Server["registerTool"] {
  const all: ToolGateOptions = { states: new Map<string, AskedState>(), ...options };
  return (name: string, config: { annotations?: { readOnlyHint?: boolean } }, callback: Callback): unknown => {
    if (config.annotations?.readOnlyHint === true) return server.registerTool(name, config, callback) as unknown;
    const registered = server.registerTool(name, config, gatedCallback(name, callback, all)) as {
      update: (updates: { name?: string | null; callback?: Callback }) => void;
    };
    const update = registered.update.bind(registered);
    // A callback that comes later is behind the gate too.
    registered.update = (updates) =>
      update(
        updates.callback === undefined ? updates : { ...updates, callback: gatedCallback(updates.name ?? name, updates.callback, all) },
      );
    return registered;
  };
}
