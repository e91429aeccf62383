/**
 * `tools/list` at a server's address: what was accepted and is still so, those that people may have to approve marked, and the gate's own.
 * The server is asked each time, so that what has changed is hidden at once; one that is down keeps its accepted list.
 */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { toolPin } from "#countersign/documents/tool-pin.ts";
import { couldHold } from "#countersign/policy/judging/possible/could-hold.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { SeenTools } from "#gate/calls/calling.ts";
import { hintsOf } from "#countersign/policy/judging/tool-hints.ts";
import { mayCall, topIn } from "#rules/agents/below.ts";
import { MOST_REASON, reasonArgument } from "#rules/calls/arguments/check-arguments.ts";
import { type ListedItems, listedItems } from "#rules/calls/tools/listed-items.ts";
import { MOST_LISTED } from "#rules/calls/server-listing.ts";
import { RESERVED_TOOLS, TOOL_NAME } from "#countersign/documents/words.ts";
import type { AcceptedTool, ServerInForce } from "#rules/calls/server-settings.ts";
import { askServer } from "./relay/ask-server.ts";
import { type AtServer, type GatewayCaller, isModern, sessionOf } from "./gateway-caller.ts";
import { metaForServer, metaOf } from "./meta.ts";
import { OWN_TOOLS } from "./own-tools.ts";
import { answerJson, INVALID_PARAMS, rpcError, type RpcId, rpcResult } from "./rpc.ts";
import { annotated, classWanted } from "./verified/annotation.ts";

const MOST_PAGES = 100;
const MARK = "A person may have to approve this here.";

/** Whether calls of it by this agent may have to wait for people. */
export const isMarked = ({ facts, policy, server }: AtServer, agent: { id: string }, { name, definition }: AcceptedTool): boolean =>
  couldHold(policy.compiled, {
    server: server.settings.name,
    tool: name,
    hints: hintsOf(definition),
    agent: { name: topIn(facts.below, { id: agent.id, name: facts.name }).name, groups: facts.groups },
  });

/** A tool as agents are told of it: one that is marked takes a reason, and promises no form of its answer, since that may be "not yet". */
export function listedTool({ definition }: AcceptedTool, marked: boolean, listed: JsonObject | null): JsonObject {
  const said = Object.fromEntries(Object.entries(definition).filter(([, value]) => value !== null));
  if (!marked) return { ...said, ...executionOf(listed) };
  const { outputSchema: _, description, inputSchema, ...rest } = said;
  return {
    ...rest,
    description: typeof description === "string" && description !== "" ? `${description}\n\n${MARK}` : MARK,
    inputSchema: withReason(inputSchema),
  };
}

const TASK_SUPPORT = ["forbidden", "optional", "required"];

/** How it may be called (2025-11-25, tasks): one of three words, and so the one thing that is passed on though nobody has signed for it. */
function executionOf(listed: JsonObject | null): JsonObject {
  const execution = listed?.["execution"];
  const taskSupport = isObject(execution) ? execution["taskSupport"] : undefined;
  return typeof taskSupport === "string" && TASK_SUPPORT.includes(taskSupport) ? { execution: { taskSupport } } : {};
}

function withReason(inputSchema: JsonValue | undefined): JsonValue {
  const schema = isObject(inputSchema) ? inputSchema : { type: "object" };
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const reason = {
    type: "string",
    maxLength: MOST_REASON,
    description: "Why you do this: the person who may have to approve it reads it.",
  };
  return { ...schema, properties: { ...properties, [reasonArgument(inputSchema)]: reason } };
}

/** Those of the accepted tools that the server lists just so now; all that were not seen otherwise, where it does not say (null). */
export function stillListed({ accepted, drifted }: ServerInForce, listed: readonly JsonObject[] | null): AcceptedTool[] {
  const callable = accepted.filter(({ name }) => TOOL_NAME.test(name) && !RESERVED_TOOLS.includes(name) && !drifted.includes(name));
  if (listed === null) return callable;
  return callable.filter(({ name, pin }) => {
    const same = listed.filter((one) => one["name"] === name);
    return same.length === 1 && same.every((one) => toolPin(one) === pin);
  });
}

export async function listAcceptedTools(
  caller: GatewayCaller,
  at: AtServer,
  { id, params }: { id: RpcId; params: JsonObject },
): Promise<Response> {
  const { server } = at;
  if (params["cursor"] !== undefined) return answerJson(rpcError(id, INVALID_PARAMS, "There is one page, and no cursor."));
  const listed = await listedByServer(caller, server, params);
  if (listed instanceof Response) return listed;
  if (listed !== null)
    caller.ports.waitUntil(
      caller.ports.noteTools(server, { ...seenBy(caller, params), tools: listed.items, unreadable: listed.unreadable }),
    );
  const own = stillListed(server, listed === null ? null : listed.items).filter((tool) =>
    mayCall(at.facts.below?.scope, server.settings.name, tool.name),
  );
  const tools = own.map((tool) =>
    annotated(
      listedTool(tool, isMarked(at, caller.agent, tool), listed?.items.find((one) => one["name"] === tool.name) ?? null),
      classWanted(at, caller.agent, tool),
    ),
  );
  // Nobody keeps it for another agent, or for another moment.
  const cache = isModern(metaOf(params), caller.headers) ? { resultType: "complete", ttlMs: 0, cacheScope: "private" } : {};
  return answerJson(rpcResult(id, { tools: [...tools, ...OWN_TOOLS], ...cache }));
}

type SeenList = Pick<ListedItems, "items" | "unreadable">;

const seenBy = ({ headers }: GatewayCaller, params: JsonObject): Pick<SeenTools, "era" | "protocolVersion"> => ({
  era: isModern(metaOf(params), headers) ? "modern" : "legacy",
  protocolVersion: headers.protocolVersion ?? "",
});

/** All pages of the server's list, strictly read; null where it does not answer, and its refusal where it says that the session is none. */
async function listedByServer(caller: GatewayCaller, server: ServerInForce, params: JsonObject): Promise<SeenList | null | Response> {
  const session = sessionOf(caller, server);
  if (!session.ok) return answerJson(rpcError(null, INVALID_PARAMS, "There is no such session of yours."), 404);
  const meta = metaForServer(metaOf(params), server.settings.features, false);
  const name = { method: "tools/list", name: null, params: {} };
  const seen: SeenList = { items: [], unreadable: [] };
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const wanted = { ...(Object.keys(meta).length > 0 && { _meta: meta }), ...(cursor !== null && { cursor }) };
    const asked = await askServer(caller, server, {
      id: `list-${page}`,
      method: "tools/list",
      params: wanted,
      session: session.value,
      name,
    });
    if (!asked.ok) return asked.refusal instanceof Response && asked.refusal.status < 500 ? asked.refusal : null;
    // What is no JSON under the rules has no pin: none of it is listed.
    const read = listedItems(asked.value.message.text, "tools");
    if (read === null) return null;
    seen.items.push(...read.items);
    seen.unreadable.push(...read.unreadable);
    if (read.nextCursor === null || seen.items.length > MOST_LISTED) return seen;
    cursor = read.nextCursor;
  }
  return null;
}
