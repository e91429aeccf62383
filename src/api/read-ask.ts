/** From checked members to an ask: the payload's own rules, one way to name approvers, defaults. */
import type * as z from "zod/mini";
import { utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, type JsonObject, readPayload } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { readsAsTest } from "#rules/agents/test-request.ts";
import type { Failure, FieldError } from "#rules/failure.ts";
import type { OtherPayload } from "#rules/talk/proposal.ts";
import type { CheckedAsk, RedeemCall } from "#rules/agent-calls.ts";
import { payloadHash } from "#countersign/documents/request.ts";
import type { askTool } from "./approval-schemas.ts";

export const DEFAULT_WAIT_SECONDS = 25;

/** The payload, if people could be shown it and sign it exactly. It must stem from `parseJson`. */
function checkPayload(payload: unknown): Result<JsonObject, Failure> {
  const checked = readPayload(payload as JsonObject);
  return checked.ok ? checked : refuse(payloadFailure(checked.refusal));
}

/** A payload that a person proposes, checked as an ask's is. `given` must stem from `parseJson`. */
export function readProposal(given: unknown, mostBytes: number): Result<OtherPayload, Failure> {
  const checked = checkPayload(given);
  if (!checked.ok) return checked;
  const payload = canonicalize(checked.value);
  const isTooLarge = utf8(payload).length > mostBytes;
  if (isTooLarge)
    return refuse(payloadFailure({ reason: "too-large", place: "$", message: `at most ${mostBytes} bytes in canonical form` }));
  return accept({ payload, payloadHash: payloadHash(checked.value) });
}

/** The call that redeems, of the payload that is about to be used. */
export function readRedeemCall(input: { payload: unknown; idempotency_key?: string | undefined }): Result<RedeemCall, Failure> {
  const payload = checkPayload(input.payload);
  if (!payload.ok) return payload;
  return accept({ payloadHash: payloadHash(payload.value), idempotencyKey: input.idempotency_key ?? null });
}

/** The ask that the input means. `input` must stem from `parseJson`, so that its payload is what the caller wrote. */
export function readAsk(input: z.output<typeof askTool>): Result<CheckedAsk, Failure> {
  const payload = checkPayload(input.payload);
  if (!payload.ok) return payload;
  if (input.approver_username !== undefined && input.approvers !== undefined) {
    const field: FieldError = { field: "approver_username", message: "give either approver_username or approvers, not both" };
    return refuse({ code: "invalid_request", message: `${field.field}: ${field.message}.`, errors: [field] });
  }
  if (readsAsTest(input.action)) {
    const field: FieldError = { field: "action", message: "this is what tests are called that admins send" };
    return refuse({ code: "invalid_request", message: `${field.field}: ${field.message}.`, errors: [field] });
  }
  const users = input.approver_username === undefined ? input.approvers?.users : [input.approver_username];
  return accept({
    action: input.action,
    payload: payload.value,
    reason: input.reason === undefined || input.reason === "" ? null : input.reason,
    approvers: { users: users ?? null, groups: input.approvers?.groups ?? null, required: input.approvers?.required ?? 1 },
    tool: input.tool ?? null,
    server: input.server ?? null,
    expiresInSeconds: input.expires_in_seconds ?? null,
    reveal: input.reveal === true,
    idempotencyKey: input.idempotency_key ?? null,
  });
}

function payloadFailure({
  reason,
  place,
  message,
}: {
  reason: "not-an-object" | "too-deep" | "too-large";
  place: string;
  message: string;
}): Failure {
  const field = place.replace(/^\$/, "payload");
  const errors = [{ field, message }];
  switch (reason) {
    case "not-an-object":
      return { code: "invalid_request", message: `${field}: ${message}.`, errors };
    case "too-deep":
      return { code: "payload_not_canonical", message: `The payload cannot be shown and signed exactly, at ${field}: ${message}.`, errors };
    case "too-large":
      return { code: "payload_too_large", message: `The payload is too large: ${message}.`, errors };
  }
}
