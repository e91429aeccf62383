/**
 * From an approval's facts to leaves of the log: one leaf per request and key, in this order, the same bytes at every try.
 * What the log holds is right: an object that remembers otherwise adopts it (docs/architecture.md, decision 2).
 */
import type { AcceptedDecision, ApprovalState, FinalStatus } from "./approval.ts";
import { isSaidKey, nextSaid, withSaid } from "./talk/said-before-end.ts";
import type { RequestFact } from "#countersign/documents/leaf-key.ts";
import { decisionsOf, finalShape, type FinalRecord, recordOfKind, type SealedRecord } from "#countersign/documents/record.ts";
import { requestHash } from "#countersign/documents/request.ts";

/** The first fact that is not in the log yet; null if all are. A later one is never logged before an earlier one. */
export function nextToLog(approval: ApprovalState): { key: RequestFact; sealed: SealedRecord } | null {
  const { ending, proposal, redemption, unknown, outcome } = approval;
  const said = nextSaid(approval);
  if (said !== null) return said;
  if (ending?.logged === null) return { key: "final", sealed: ending.sealed };
  if (proposal?.logged === null) return { key: "proposal", sealed: proposal.sealed };
  if (redemption?.logged === null) return { key: "redeemed", sealed: redemption.sealed };
  if (unknown?.logged === null) return { key: "unknown", sealed: unknown.sealed };
  if (outcome?.logged === null) return { key: "outcome", sealed: outcome.sealed };
  return null;
}

/** The approval once the log has the sealed record of `key` at `index`: the one that was handed to it, or another one, which is then adopted. */
export function withLogged(approval: ApprovalState, key: RequestFact, sealed: SealedRecord, index: number): ApprovalState {
  if (isSaidKey(key)) return withSaid(approval, key, sealed, index);
  switch (key) {
    case "final":
      return withEnding(approval, sealed, index);
    case "proposal": {
      const record = recordOfKind("payload.proposed")(sealed.record, "record");
      const payload = approval.proposal?.sealed.salt === sealed.salt ? approval.proposal.payload : null;
      return { ...approval, proposal: { sealed: { record, salt: sealed.salt }, logged: index, payload } };
    }
    case "redeemed": {
      const record = recordOfKind("approval.redeemed")(sealed.record, "record");
      const own = isSame(approval.redemption, sealed) ? approval.redemption : null;
      // An adopted redemption was somebody else's call: its key is not known, so no call gets its answer.
      return {
        ...approval,
        redemption: { sealed: { record, salt: sealed.salt }, logged: index, idempotencyKey: own?.idempotencyKey ?? null },
      };
    }
    case "unknown":
    case "outcome": {
      const record = recordOfKind("call.succeeded", "call.failed", "call.unknown")(sealed.record, "record");
      const own = isSame(approval[key], sealed) ? approval[key] : null;
      return { ...approval, [key]: { sealed: { record, salt: sealed.salt }, logged: index, detail: own?.detail ?? null } };
    }
  }
}

function withEnding(approval: ApprovalState, sealed: SealedRecord, index: number): ApprovalState {
  const record = finalShape(sealed.record, "record");
  const own = isSame(approval.ending, sealed) ? approval.ending : null;
  const comments = new Map(approval.decisions.map((one) => [one.statement.nonce, one.comment]));
  const decisions: AcceptedDecision[] = decisionsOf(record).map((one) => ({ ...one, comment: comments.get(one.statement.nonce) ?? null }));
  const status = STATUS[record.kind];
  const ending = { status, sealed: { record, salt: sealed.salt }, logged: index, cancelReason: own?.cancelReason ?? null };
  const { proposal, ...without } = approval;
  // What was proposed with another end than the log has did not come with this one.
  const held = own === null && proposal?.logged === null ? without : approval;
  if (own !== null || requestHash(record.request) === requestHash(held.request)) return { ...held, decisions, ending };
  // The end of another request under this id, which was opened twice: it is that one's, serves for no other payload, and how it was
  // judged when it was asked for is not known here: after any stop it serves for nothing. Nor is how to send it, if it is a call.
  const { judged: _, requestHash: _hash, call: _call, ...known } = held;
  const payload = record.request.payload_hash === approval.request.payload_hash ? approval.payload : null;
  return { ...known, request: record.request, payload, decisions, ending };
}

const STATUS: Readonly<Record<FinalRecord["kind"], FinalStatus>> = {
  "approval.approved": "approved",
  "approval.auto_approved": "approved",
  "approval.denied": "denied",
  "approval.expired": "expired",
  "approval.cancelled": "cancelled",
};

/** Salts are random: one and the same salt is one and the same event. */
const isSame = (fact: { sealed: SealedRecord } | null, sealed: SealedRecord): boolean => fact?.sealed.salt === sealed.salt;
