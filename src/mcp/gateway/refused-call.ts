/** A call as a client has sent it, and how it is refused. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { Failure } from "#rules/failure.ts";
import { refusal } from "../tool-answer.ts";
import { type GatewayCaller, isModern } from "./gateway-caller.ts";
import { metaOf } from "./meta.ts";
import { evidenceError } from "./verified/evidence-error.ts";
import { HEADER_MISMATCH, jsonAnswer, INVALID_PARAMS, rpcError, type RpcId, rpcResult } from "./rpc.ts";

export interface CallMessage {
  id: RpcId;
  method: string;
  params: JsonObject;
}

/**
 * A refusal as text: of a tool a result that says so, of anything else an error of the protocol. Clients hold structured content against
 * the schema that a tool promises: of one that promises any (`definition`), the refusal is in the text alone.
 */
export function refusalText(
  { id, method, params }: CallMessage,
  failure: Failure,
  caller: GatewayCaller,
  definition: JsonObject | null = null,
): string {
  const { code, message, rule } = failure;
  if (code === "header_mismatch") return JSON.stringify(rpcError(id, HEADER_MISMATCH, message, { code }));
  if (failure.evidence !== undefined) return JSON.stringify(evidenceError(id, failure, isModern(metaOf(params), caller.headers)));
  if (method !== "tools/call") return JSON.stringify(rpcError(id, INVALID_PARAMS, message, { code, ...(rule !== undefined && { rule }) }));
  const { structuredContent, ...told } = refusal(failure);
  const modern = isModern(metaOf(params), caller.headers) ? { resultType: "complete" } : {};
  return JSON.stringify(rpcResult(id, { ...modern, ...told, ...(isObject(definition?.["outputSchema"]) ? {} : { structuredContent }) }));
}

export const refusedCall = (call: CallMessage, failure: Failure, caller: GatewayCaller, definition: JsonObject | null = null): Response =>
  jsonAnswer(refusalText(call, failure, caller, definition), {}, failure.code === "header_mismatch" ? 400 : 200);
