/**
 * What a receipt must hold of grants (docs/formats.md, "Grants in receipts"): those that its statements give, and the one by which it
 * passed. One function a rule, beside those of receipt-rules.ts; what a grant covers is grants/.
 */
import type { Decision, RecordOf } from "./documents/record.ts";
import { decisionsOf } from "./documents/record.ts";
import type { Grant } from "./documents/grant.ts";
import type { Receipt, ReceiptFailure, ReceiptFailureCode, ReceiptV2 } from "./documents/receipt.ts";
import { isV2, requestHash, type RequestV2 } from "./documents/request.ts";
import { checkGrantShown, type GrantFault, termFault } from "./grants/check-grant-shown.ts";
import { grantGivenBy } from "./grants/grant-given.ts";
import { actionOf, actionTermsOf } from "./grants/granted-action.ts";
import { type GrantMismatch, matchGrant, termMismatches } from "./grants/match-grant.ts";
import type { JsonObject } from "./json/canonical-json.ts";

const failure = (code: ReceiptFailureCode, message: string): ReceiptFailure => ({ code, message });

/** What is wrong with that receipt, said of the whole. */
export const withinGranting = (message: string): string => `In the receipt of the approval that gave the grant: ${message}`;

/** What people gave with an approval; null if it is none, or gives none. */
export const grantOf = ({ final }: Receipt): Grant | null =>
  final.record.kind === "approval.approved" ? grantGivenBy(final.record.decisions) : null;

/** Each grant that a statement gives is for no more than was shown. Without the payload nothing is said of the arguments. */
export function givenGrantFailure({ final, payload }: Receipt): ReceiptFailure | null {
  const { request } = final.record;
  for (const decision of decisionsOf(final.record)) {
    const { grant, approver, verdict } = decision.statement;
    if (grant === null || !isV2(request)) continue;
    const mismatch = (message: string) => failure("statement_mismatch", message);
    if (verdict === "denied") return mismatch(`${approver.username} denied, and gives a grant.`);
    if (request.context.risk?.level === "critical") return mismatch("A grant is given for what is of critical risk.");
    const fault = shownFault(grant, request, payload, decision);
    if (fault !== null) return mismatch(`The grant of ${approver.username} is not for what was shown: ${fault.place}: ${fault.message}.`);
  }
  return null;
}

const UNFIT: GrantFault = { place: "tool", message: "no grant can be about this request" };

function shownFault(grant: Grant, request: RequestV2, payload: JsonObject | null, { at }: Decision): GrantFault | null {
  const atMs = Date.parse(at);
  if (payload === null) {
    const terms = actionTermsOf(request, atMs);
    return terms === null || isOfOtherSource(grant, request) ? UNFIT : termFault(grant, terms);
  }
  const action = actionOf(request, payload, atMs);
  if (action === null) return UNFIT;
  const checked = checkGrantShown(grant, action);
  return checked.ok ? null : checked.refusal;
}

/** Of calls there is a pin, of asks there is none. */
const isOfOtherSource = (grant: Grant, { context }: RequestV2): boolean => (grant.schema_hash === null) !== (context.source === "ask");

/** What passed by a grant, with all that is held against each other. */
interface Passed {
  record: RecordOf<"approval.auto_approved">;
  payload: JsonObject | null;
  used: RecordOf<"grant.used">;
  granting: ReceiptV2;
  grant: Grant | null;
}

/** Null if no grant let it pass. */
function passedOf(receipt: Receipt): Passed | null {
  const { record } = receipt.final;
  if (!("grant" in receipt) || receipt.grant === null || record.kind !== "approval.auto_approved") return null;
  const { receipt: granting, used } = receipt.grant;
  return { record, payload: receipt.payload, used: used.record, granting, grant: grantOf(granting) };
}

/** The use is of this grant and for this request, which is what the grant covers. */
export function usedGrantFailure(receipt: Receipt): ReceiptFailure | null {
  const passed = passedOf(receipt);
  if (passed === null) return null;
  const { record, used, granting, grant } = passed;
  const mismatch = (message: string) => failure("statement_mismatch", message);
  if (record.grant?.id !== used.grant || record.grant.use !== used.use)
    return mismatch("The use is of another grant, or another use of it, than what the end says.");
  if (used.request_hash !== requestHash(record.request)) return mismatch("The grant was used for another request.");
  if (grant === null)
    return mismatch(
      granting.final.record.kind === "approval.approved" && decisionsOf(granting.final.record).some(({ statement }) => statement.grant)
        ? "Not all who approved gave the same grant, so there is none."
        : "The approval gave no grant.",
    );
  if (grant.id !== used.grant) return mismatch("The approval gave another grant than the one that was used.");
  if (isElsewhere(passed)) return mismatch("The grant does not cover this: it is sent to another address than what was approved.");
  const differing = uncoveredBy(grant, passed);
  return differing === null ? null : mismatch(`The grant does not cover this: ${differing.map(({ message }) => message).join("; ")}.`);
}

/** Of calls, as far as both payloads are there. An ask has no address; what its payload holds under that name is one of its members. */
const isElsewhere = ({ record: { request }, payload, granting }: Passed): boolean =>
  request.context.source === "call" &&
  payload !== null &&
  granting.payload !== null &&
  payload["url_origin"] !== granting.payload["url_origin"];

/** Times are another rule. */
function uncoveredBy(grant: Grant, { record: { request }, payload, used }: Passed): Pick<GrantMismatch, "message">[] | null {
  const atMs = Date.parse(used.at);
  const unfit = [{ message: UNFIT.message }];
  const inTime = (found: GrantMismatch[]) => {
    const differing = found.filter(({ reason }) => reason !== "too_late");
    return differing.length === 0 ? null : differing;
  };
  if (payload === null) {
    const terms = actionTermsOf(request, atMs);
    return terms === null || isOfOtherSource(grant, request) ? unfit : inTime(termMismatches(grant, terms));
  }
  const action = actionOf(request, payload, atMs);
  if (action === null) return unfit;
  const matched = matchGrant(grant, action);
  return matched.ok ? null : inTime(matched.refusal);
}

/** Nothing critical passes by a grant. */
export function grantRiskFailure(receipt: Receipt): ReceiptFailure | null {
  const isCritical = passedOf(receipt)?.record.request.context.risk?.level === "critical";
  return isCritical ? failure("verdict_mismatch", "Nothing of critical risk passes by a grant.") : null;
}

/** It was not used up. */
export function grantUsesFailure(receipt: Receipt): ReceiptFailure | null {
  const passed = passedOf(receipt);
  if (passed === null || passed.grant === null || passed.used.use <= passed.grant.uses) return null;
  return failure("quorum_not_met", `The grant was for ${passed.grant.uses} uses, and this is use ${passed.used.use}.`);
}

/** It was used after it was given, before it ended, and while the request was open. */
export function grantTimesFailure(receipt: Receipt): ReceiptFailure | null {
  const passed = passedOf(receipt);
  if (passed === null) return null;
  const { record, used, granting, grant } = passed;
  const out = (message: string) => failure("times_out_of_order", message);
  if (used.at < granting.final.record.at) return out("The grant was used before it was given.");
  if (grant !== null && used.at > grant.until) return out(`The grant was used at ${used.at}, and had ended at ${grant.until}.`);
  const isBetween = record.request.requested_at <= used.at && used.at <= record.at;
  return isBetween ? null : out("The grant was not used between the request and its end.");
}
