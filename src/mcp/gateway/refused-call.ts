/** A call as a client has sent it, and how it is refused. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { Failure } from "#rules/failure.ts";
import { refusal } from "../tool-answer.ts";
import { type GatewayCaller, isModern } from "./gateway-caller.ts";
import { metaOf } from "./meta.ts";
import { answerText, HEADER_MISMATCH, INVALID_PARAMS, rpcError, type RpcId, rpcResult } from "./rpc.ts";

export interface CallMessage {
  id: RpcId;
  method: string;
  params: JsonObject;
}

/** A refusal as text: of a tool a result that says so, of anything else an error of the protocol. */
export function refusalText({ id, method, params }: CallMessage, failure: Failure, caller: GatewayCaller): string {
  const { code, message, rule } = failure;
  if (code === "header_mismatch") return JSON.stringify(rpcError(id, HEADER_MISMATCH, message, { code }));
  if (method !== "tools/call") return JSON.stringify(rpcError(id, INVALID_PARAMS, message, { code, ...(rule !== undefined && { rule }) }));
  const modern = isModern(metaOf(params), caller.headers) ? { resultType: "complete" } : {};
  return JSON.stringify(rpcResult(id, { ...modern, ...refusal(failure) }));
}

export const refusedCall = (call: CallMessage, failure: Failure, caller: GatewayCaller): Response =>
  answerText(refusalText(call, failure, caller), {}, failure.code === "header_mismatch" ? 400 : 200);
