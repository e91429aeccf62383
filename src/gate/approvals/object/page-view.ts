/** What a page is told of a request: to whoever has a nonce for it, also what they may do besides deciding it alone. */
import type { ApprovalState } from "#rules/approval.ts";
import type { PageView } from "../remote-approval.ts";
import { snapshot } from "../snapshot.ts";
import { grantOffer } from "./grant-of-decision.ts";
import { aloneBecause } from "./may-be-in-batch.ts";
import type { PageNonce } from "./object-ports.ts";

/** `nonce`: null for who only looks. */
export function pageView(approval: ApprovalState, nonce: PageNonce | null, nowMs: number): PageView {
  const { payload, call = null } = approval;
  const shown = { snapshot: snapshot(approval, nowMs), payload, call, nonce };
  if (nonce === null) return { ...shown, offer: null };
  return { ...shown, offer: grantOffer(approval), alone: aloneBecause(approval, nonce.personId) };
}
