/**
 * What an approver wants to pass from then on, built anew from what is stored: what was shown, what the rule lets people remember, and what
 * those who approved before have signed. A grant for more is refused before anything is signed for.
 */
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import type { Grant } from "#countersign/documents/grant.ts";
import { checkGrantShown, type GrantAllowance, type GrantFault } from "#countersign/grants/check-grant-shown.ts";
import type { Verdict } from "#countersign/documents/statement.ts";
import { actionShown, chooseGrant, type GrantChoice, grantIdOf } from "#countersign/grants/choose-grant.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ApprovalState } from "#rules/approval.ts";
import type { ApprovalPorts } from "./object-ports.ts";

export type GrantRefusal = { reason: "grant-not-offered" | "too-many-grants" } | ({ reason: "grant-not-as-shown" } & GrantFault);

/** What is offered to whoever decides next: within the limits of the rule something of their own, or just what those before them have signed. */
export interface GrantOffer {
  limits: GrantAllowance;
  same: Grant | null;
}

/** Null where nothing is: the rule lets nobody remember, or somebody has approved without. */
export function grantOffer({ judged, decisions, payload, request }: ApprovalState): GrantOffer | null {
  if (judged?.grants === undefined || payload === null) return null;
  if (actionShown(request, JSON.parse(payload) as JsonObject, 0) === null) return null;
  const [before] = decisions.filter(({ statement }) => statement.verdict === "approved");
  const limits = judged.grants;
  if (before === undefined) return { limits, same: null };
  return before.statement.grant === null ? null : { limits, same: before.statement.grant };
}

/** Null where the decision gives none. */
export async function grantOfDecision(
  { grant: choice = null, verdict, nonce }: { grant?: GrantChoice | null; verdict: Verdict; nonce: string },
  approval: ApprovalState,
  ports: Pick<ApprovalPorts, "hasRoomForGrant" | "now">,
): Promise<Result<Grant | null, GrantRefusal>> {
  if (choice === null) return accept(null);
  const offer = verdict === "approved" ? grantOffer(approval) : null;
  const { request, payload } = approval;
  const shown = actionShown(request, JSON.parse(payload ?? "{}") as JsonObject, ports.now());
  if (offer === null || shown === null) return refuse({ reason: "grant-not-offered" });
  const grant = chooseGrant(choice, shown);
  const isOffered = offer.same === null ? grant.id === grantIdOf(nonce) : canonicalize(grant) === canonicalize(offer.same);
  if (!isOffered) return refuse({ reason: "grant-not-offered" });
  // What the first one chose was measured by the time at which they did.
  const checked = checkGrantShown(grant, shown, offer.limits);
  if (!checked.ok) return refuse({ reason: "grant-not-as-shown", ...checked.refusal });
  return (await ports.hasRoomForGrant(grant)) ? accept(grant) : refuse({ reason: "too-many-grants" });
}
