/** What clients are told of tools whose calls need a passkey's evidence (SEP-2672, 4.2 and 4.3). A server's own word for it is never passed on. */
import { couldVerify } from "#countersign/policy/judging/possible/could-verify.ts";
import { hintsOf } from "#countersign/policy/judging/tool-hints.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { AuthenticatorClass } from "#countersign/documents/words.ts";
import { VERIFIED_APPROVAL } from "#countersign/verified/verified-approval.ts";
import { mayCall, topIn } from "#rules/agents/below.ts";
import type { AcceptedTool } from "#rules/calls/server-settings.ts";
import type { AtServer } from "../gateway-caller.ts";

/** The name of the extension among a server's capabilities. */
const EXTENSION = "verifiedApproval";

/** Which passkeys calls of this tool by this agent may need, by rules that see the agent at the top of its chain; null where none. */
export const classWanted = (
  { facts, policy, server }: AtServer,
  agent: { id: string },
  { name, definition }: AcceptedTool,
): AuthenticatorClass | null =>
  couldVerify(policy.compiled, {
    server: server.settings.name,
    tool: name,
    hints: hintsOf(definition),
    agent: { name: topIn(facts.below, { id: agent.id, name: facts.name }).name, groups: facts.groups },
  });

/** A tool's `_meta` as it is listed: the gate's word for it, or none. */
export function annotated(listed: JsonObject, wanted: AuthenticatorClass | null): JsonObject {
  const { _meta, ...rest } = listed;
  const { [VERIFIED_APPROVAL]: _, ...meta } = isObject(_meta) ? _meta : {};
  if (wanted !== null) return { ...rest, _meta: { ...meta, [VERIFIED_APPROVAL]: { required: "verified", authenticatorClass: wanted } } };
  if (!isObject(_meta) || !Object.hasOwn(_meta, VERIFIED_APPROVAL)) return listed;
  return { ...rest, ...(Object.keys(meta).length > 0 && { _meta: meta }) };
}

/** A server's `extensions` as its capabilities tell them: the gate's own in the place of the server's. */
export function withExtension(extensions: JsonValue | undefined, isOffered: boolean): { extensions?: JsonObject } {
  const { [EXTENSION]: _, ...others } = isObject(extensions) ? extensions : {};
  if (isOffered) return { extensions: { ...others, [EXTENSION]: {} } };
  return Object.keys(others).length > 0 || isObject(extensions) ? { extensions: others } : {};
}

/** Whether any tool of this server that this agent may call may need evidence of it. */
export const isOffered = (at: AtServer, agent: { id: string }): boolean =>
  at.server.accepted.some(
    (tool) => mayCall(at.facts.below?.scope, at.server.settings.name, tool.name) && classWanted(at, agent, tool) !== null,
  );
