/** Proposing a change: whoever denies says what they would let pass instead. It allows nothing, and an ask of it is judged as any other. Pure. */
import { seal } from "#countersign/documents/record.ts";
import { requestHash } from "#countersign/documents/request.ts";
import { refuse, accept, type Result } from "#countersign/result.ts";
import type { ApprovalState, Circumstances } from "../approval.ts";

/** A payload as a person has changed it: canonical JSON and its hash. */
export interface OtherPayload {
  payload: string;
  payloadHash: string;
}

export interface OtherPayloadRefusal {
  reason: "proposal-without-denial" | "proposal-unchanged";
}

/** Whether it can come with that verdict on that request. */
export function checkProposal(
  { request }: Pick<ApprovalState, "request">,
  verdict: "approved" | "denied",
  proposed: OtherPayload | null,
): Result<null, OtherPayloadRefusal> {
  if (proposed === null) return accept(null);
  if (verdict !== "denied") return refuse({ reason: "proposal-without-denial" });
  return proposed.payloadHash === request.payload_hash ? refuse({ reason: "proposal-unchanged" }) : accept(null);
}

/** The approval that this person's denial has ended, with what they proposed; as it is where their denial has not ended it. */
export function withProposal(
  approval: ApprovalState,
  by: { id: string; username: string },
  proposed: OtherPayload | null,
  { salt, log }: Pick<Circumstances, "salt" | "log">,
): ApprovalState {
  const { ending, request } = approval;
  if (proposed === null || ending?.status !== "denied") return approval;
  const members = { request_hash: requestHash(request), payload_hash: proposed.payloadHash, by: { id: by.id, username: by.username } };
  const sealed = seal("payload.proposed", members, { log, at: ending.sealed.record.at, salt });
  return { ...approval, proposal: { sealed, logged: null, payload: proposed.payload } };
}
