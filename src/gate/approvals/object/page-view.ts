/** What a page is told of a request: to whoever has a nonce for it, also what they may do besides deciding it alone. */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import type { ApprovalState } from "#rules/approval.ts";
import { moreTimeOf } from "#rules/talk/more-time.ts";
import { shuffled } from "#rules/talk/number-match.ts";
import type { PageView } from "../remote-approval.ts";
import { snapshot } from "../snapshot.ts";
import { grantOffer } from "./grant-of-decision.ts";
import { aloneBecause } from "./may-be-in-batch.ts";
import type { PageNonce } from "./object-ports.ts";

interface Moment {
  nowMs: number;
  random: (bytes: number) => Bytes;
}

/** `nonce`: null for who only looks. */
export function pageView(approval: ApprovalState, nonce: PageNonce | null, { nowMs, random }: Moment): PageView {
  const { payload, call = null, match } = approval;
  const shown = { snapshot: snapshot(approval, nowMs), payload, call, nonce };
  if (nonce === null) return { ...shown, numbers: null, moreTime: null, offer: null };
  return {
    ...shown,
    numbers: match === undefined ? null : shuffled(match, random),
    moreTime: moreTimeOf(approval),
    offer: grantOffer(approval),
    alone: aloneBecause(approval, nonce.personId),
  };
}
