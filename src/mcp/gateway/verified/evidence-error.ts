/** How a client is told that evidence is not taken (SEP-2672, 4.10): an error of the protocol, with the check's name. */
import type { Failure } from "#rules/failure.ts";
import { rpcError, type RpcId } from "../rpc.ts";

/** The draft's code, which is one of the SDK's own in the current era: there another stands for it. */
const [LEGACY_CODE, MODERN_CODE] = [-32001, -31001];

export const evidenceError = (id: RpcId, { message, evidence = "missing_evidence" }: Failure, isModern: boolean) =>
  rpcError(id, isModern ? MODERN_CODE : LEGACY_CODE, message, { reason: evidence });
