/** What a receipt proves, once it is verified: the members by which commands, pages and programs tell it. */
import { hex } from "./encoding/bytes.ts";
import type { ChainLink } from "./documents/agents/chain.ts";
import type { Grant } from "./documents/grant.ts";
import type { Receipt } from "./documents/receipt.ts";
import { type Basis, type CallOutcome, decisionsOf, type EndedBy } from "./documents/record.ts";
import { chainIn, eligibleFrom, isV2, type RequestContext, type RequestDocument, slotsOf } from "./documents/request.ts";
import { saltedTextHash, type Statement } from "./documents/statement.ts";
import { grantOf } from "./grant-rules.ts";
import type { ClaimedLog } from "./receipt-log.ts";
import { type Approvers, keyFingerprint } from "./receipt-rules.ts";
import type { VerifiedCheckpoint } from "./tlog/verify-checkpoint.ts";
import type { WitnessPolicy } from "./tlog/witness-policy.ts";

export type Status = "approved" | "denied" | "expired" | "cancelled";

/** What a receipt proves, as far as the trust that was given. */
export interface ReceiptVerdict {
  status: Status;
  /** Of what passed without people its basis. */
  endedBy: EndedBy | Basis;
  /** What the end rests on: signatures, or what let it pass without people. */
  basis: "passkeys" | Basis;
  endedAt: string;
  request: RequestDocument;
  /** The rule of the policy that it was judged by, and the policy's version. */
  rule: string;
  policyVersion: number;
  /** Whether the gate itself makes the call that this is about, and not the agent. */
  runByTheGate: boolean;
  /** Who called whom, from the agent at the top to the one that asked; null of one that nobody is above. */
  chain: readonly ChainLink[] | null;
  /** As the policy judged it; null if it does not say. */
  risk: NonNullable<RequestContext["risk"]> | null;
  /** SHA-256 of the canonical JSON of the preview that people were shown, hexadecimal; null if there was none. */
  previewHash: string | null;
  /** Whether the payload is in the receipt. One that the service did not keep is known by its hash alone, `request.payload_hash`. */
  payloadIsKept: boolean;
  decisions: VerifiedDecision[];
  /** What else its approvers let pass from then on; null if nothing. */
  grant: Grant | null;
  /** By which use of which grant it passed; null if by none. */
  passedBy: PassedByGrant | null;
  redeemed: { at: string; by: { id: string; name: string } } | null;
  /** `detail`: what the agent said about it; null if it said nothing, or that is not in the receipt. */
  outcome: { at: string; status: CallOutcome; detail: string | null } | null;
  /** On whose word the keys are those people's. */
  keys: "named by the verifier" | "as enrolled by this operator";
  log: { origin: string; size: number; /** Hexadecimal. */ root: string; /** Index of the final record's leaf. */ index: number };
  /** Who of the policy's witnesses has cosigned the checkpoint, by the names of their keys, and when by their clocks; null without policy. */
  witnesses: { name: string; /** Since the epoch. */ timeSeconds: number }[] | null;
}

/** A use of a grant, and the approval that gave it. */
export interface PassedByGrant {
  grant: Grant;
  /** From 1. */
  use: number;
  usedAt: string;
  /** Whether the arguments were compared with what the grant allows: only where the payload is in the receipt. */
  argumentsAreCompared: boolean;
  given: ReceiptVerdict;
}

export interface VerifiedDecision {
  person: Statement["approver"];
  verdict: Statement["verdict"];
  at: string;
  /** From when on this person could decide; null if that is from the beginning, or never. */
  eligibleFrom: string | null;
  /** Null if there was none, or if it was erased since. */
  comment: string | null;
  commentErased: boolean;
  /** SHA-256 of the COSE_Key, hexadecimal. */
  keyFingerprint: string;
}

type VerifiedLog = VerifiedCheckpoint & Pick<ClaimedLog, "index" | "grantingIndex">;
type Named = { approvers?: Approvers; policy?: WitnessPolicy };

function passedBy(receipt: Receipt, trust: Named, log: VerifiedLog): PassedByGrant | null {
  if (!("grant" in receipt) || receipt.grant === null || log.grantingIndex === null) return null;
  const given = verdictOf(receipt.grant.receipt, trust, { ...log, index: log.grantingIndex, grantingIndex: null });
  const { use, at } = receipt.grant.used.record;
  return given.grant && { grant: given.grant, use, usedAt: at, argumentsAreCompared: receipt.payload !== null, given };
}

/** Of a receipt for which everything holds. */
export function verdictOf(receipt: Receipt, trust: Named, log: VerifiedLog): ReceiptVerdict {
  const { approvers, policy } = trust;
  const { payload, final, passkeys, comments, redeemed, outcome } = receipt;
  const { record } = final;
  const { request } = record;
  const chain = chainIn(request);
  const basis = "basis" in record ? record.basis : null;
  const from = eligibleFrom(slotsOf(request));
  const textOf = new Map(comments.map(({ text, salt }) => [saltedTextHash("countersign/comment/v1", salt, text), text]));
  const keyOf = new Map(passkeys.map(({ record: { credential } }) => [credential.id, credential.public_key]));
  return {
    status: basis === null ? (record.kind.slice("approval.".length) as Status) : "approved",
    endedBy: "ended_by" in record ? record.ended_by : record.basis,
    basis: basis ?? "passkeys",
    endedAt: record.at,
    request,
    rule: request.policy.rule,
    policyVersion: request.policy.version,
    runByTheGate: isV2(request) && request.context.source === "call",
    chain: chain.length === 0 ? null : chain,
    risk: (isV2(request) && request.context.risk) || null,
    previewHash: (isV2(request) && request.context.preview_hash) || null,
    payloadIsKept: payload !== null,
    decisions: decisionsOf(record).map(({ at, statement, credential_id }) => ({
      person: statement.approver,
      verdict: statement.verdict,
      at,
      eligibleFrom: from.get(statement.approver.id) || null,
      comment: textOf.get(statement.comment_hash ?? "") ?? null,
      commentErased: statement.comment_hash !== null && !textOf.has(statement.comment_hash),
      keyFingerprint: keyFingerprint(keyOf.get(credential_id) ?? ""),
    })),
    grant: grantOf(receipt),
    passedBy: passedBy(receipt, trust, log),
    redeemed: redeemed && { at: redeemed.record.at, by: redeemed.record.redeemed_by },
    outcome: outcome && {
      at: outcome.record.at,
      status: outcome.record.kind.slice("call.".length) as CallOutcome,
      detail: ("detail" in receipt && receipt.detail?.text) || null,
    },
    keys: approvers === undefined ? "as enrolled by this operator" : "named by the verifier",
    log: { origin: log.origin, size: log.size, root: hex(log.root), index: log.index },
    witnesses: policy === undefined ? null : log.cosignatures.map(({ key: { name }, timeSeconds }) => ({ name, timeSeconds })),
  };
}
