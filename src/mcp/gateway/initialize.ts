/**
 * `initialize` and `server/discover`: client and server agree on a version themselves; what each can do for the other is reduced to what the
 * server's features let through, and what the server says to models to what was accepted.
 */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { toolPin } from "#countersign/documents/tool-pin.ts";
import { isObject } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Failure } from "#rules/failure.ts";
import { credentialsOf, holdsCredential } from "#rules/calls/masking/credentials.ts";
import { instructionsDefinition } from "#rules/calls/server-listing.ts";
import { INSTRUCTIONS_PIN, type ServerFeatures, type ServerInForce } from "#rules/calls/server-settings.ts";
import { askServer, brokenFailure } from "./relay/ask-server.ts";
import { type AtServer, type GatewayCaller, isModern, sessionOf, wrapSession } from "./gateway-caller.ts";
import { metaForServer, metaOf, reducedCapabilities } from "./meta.ts";
import { answerJson, rpcResult, type RpcId } from "./rpc.ts";
import { isOffered, withExtension } from "./verified/annotation.ts";

/** What a server offers, as its features let it through. Tools are always there, and the gate tells of their changes. */
export function offered(capabilities: JsonObject, features: ServerFeatures, isVerified = false): JsonObject {
  const { resources, prompts, completions, extensions, tools: _, ...rest } = capabilities;
  return {
    ...rest,
    ...withExtension(extensions, isVerified),
    tools: { listChanged: true },
    ...(resources !== undefined && features.resources === true && { resources }),
    ...(prompts !== undefined && features.prompts === true && { prompts }),
    ...(completions !== undefined && features.completion === true && { completions }),
  };
}

/** Instructions that admins have signed for; null for any other. */
export function pinnedInstructions(said: unknown, { accepted }: ServerInForce): string | null {
  if (typeof said !== "string" || !said.isWellFormed()) return null;
  const pin = toolPin(instructionsDefinition(said));
  return accepted.some((one) => one.name === INSTRUCTIONS_PIN && one.pin === pin) ? said : null;
}

function reducedResult(result: JsonObject, { server, isVerified }: { server: ServerInForce; isVerified: boolean }): JsonObject {
  const { capabilities, instructions, ...rest } = result;
  const pinned = pinnedInstructions(instructions, server);
  return {
    ...rest,
    capabilities: offered(isObject(capabilities) ? capabilities : {}, server.settings.features, isVerified),
    ...(pinned !== null && { instructions: pinned }),
  };
}

/** Answers `initialize` or `server/discover`. What the server refuses is passed on. */
export async function beginWith(
  caller: GatewayCaller,
  at: AtServer,
  { id, method, params }: { id: RpcId; method: string; params: JsonObject },
): Promise<Result<Response, Failure>> {
  const { server } = at;
  const { features } = server.settings;
  const { capabilities, _meta, ...rest } = params;
  const passed = {
    ...rest,
    ...(capabilities !== undefined && {
      capabilities: isObject(capabilities) ? reducedCapabilities(capabilities, features, false) : capabilities,
    }),
    ...(_meta !== undefined && { _meta: metaForServer(metaOf(params), features, false) }),
  };
  // A new session is what is asked for: one that is brought along has no part in it.
  const brought = sessionOf(caller, server);
  const session = method === "initialize" || !brought.ok ? null : brought.value;
  const name = isModern(metaOf(params), caller.headers) ? { name: { method, name: null, params: {} } } : {};
  const asked = await askServer(caller, server, { id, method, params: passed, session, ...name });
  if (!asked.ok) return asked.refusal instanceof Response ? accept(asked.refusal) : { ok: false, refusal: asked.refusal };
  const { answer, message } = asked.value;
  const { result } = message.message;
  if (!isObject(result)) return accept(answerJson(message.message));
  const begun = answer.response.headers.get("mcp-session-id");
  // An agent can read what its name of the session stands for.
  if (begun !== null && holdsCredential(begun, credentialsOf(answer.secrets))) return refuse(brokenFailure(server, "not-a-message"));
  const response = answerJson(rpcResult(id, reducedResult(result, { server, isVerified: isOffered(at, caller.agent) })));
  if (method === "initialize" && begun !== null) response.headers.set("mcp-session-id", wrapSession(caller, server, begun));
  return accept(response);
}
