/** A verdict in words, and as a document: what is proven, and on whose trust. */
import { readCallDetail } from "../../documents/call-detail.ts";
import { witnessTime } from "../../documents/words.ts";
import type { PassedByGrant, VerifiedDecision, ReceiptVerdict } from "../../verifier.ts";
import { visible } from "../visible.ts";
import { givenLines, passedLines } from "./describe-grant.ts";

const line = (label: string, content: string): string => `  ${label.padEnd(11)}${content}`;

const ENDED_BY: Readonly<Record<ReceiptVerdict["endedBy"], string>> = {
  passkeys: "by passkeys",
  deadline: "by its deadline",
  requester: "by its requester",
  stop: "by a stop",
  revocation: "by a revocation",
  policy: "by a rule of the policy, without a person",
  grant: "by a grant, without a person",
  timeout: "by want of an answer, without a person",
};

function decisionLines(
  label: string,
  { person, verdict, at, eligibleFrom, comment, commentErased, keyFingerprint }: VerifiedDecision,
): string[] {
  const said = commentErased ? ["(a comment, erased since)"] : comment === null ? [] : [`comment: ${visible(comment)}`];
  const since = eligibleFrom === null ? [] : [`who may decide since ${eligibleFrom}`];
  const [first, ...rest] = [`${verdict} by ${person.username} (${person.id}) at ${at}`, ...since, ...said, `key SHA-256 ${keyFingerprint}`];
  return [line(label, first), ...rest.map((one) => line("", one))];
}

/** Several lines for a person to read, ending in a newline. */
export function describe(verdict: ReceiptVerdict, wasCompared: { payload: boolean; preview: boolean }): string {
  const { request, payloadIsKept, previewHash, decisions, redeemed, outcome, log, witnesses } = verdict;
  const signedNothing = decisions.length === 0 ? [line("Decision", "none")] : [];
  return [
    `Valid: ${verdict.status}.`,
    "",
    line("Action", visible(request.action)),
    ...(request.reason === null ? [] : [line("Reason", visible(request.reason))]),
    line("Request", `${request.id} by ${visible(request.requested_by.name)} (${request.requested_by.id}) at ${request.requested_at}`),
    ...(verdict.chain === null ? [] : [line("Called by", visible(verdict.chain.map(({ name }) => name).join(" › ")))]),
    ...(verdict.policyVersion === 0 ? [] : [line("Rule", `${visible(verdict.rule)} of policy version ${verdict.policyVersion}`)]),
    ...(verdict.risk === null ? [] : [line("Risk", visible(`${verdict.risk.level} (${verdict.risk.score})`))]),
    ...(verdict.runByTheGate ? [line("Call", "run by the gate itself, not by the agent")] : []),
    line("Payload", `SHA-256 ${request.payload_hash}${wasCompared.payload ? ", the same as in the file" : ""}`),
    ...(payloadIsKept ? [] : [line("", "not in this receipt: not kept any more")]),
    ...(previewHash === null ? [] : [line("Preview", `SHA-256 ${previewHash}${wasCompared.preview ? ", the same as in the file" : ""}`)]),
    ...signedNothing,
    ...decisions.flatMap((one) => decisionLines("Decision", one)),
    ...grantLines(verdict),
    line("Ended", `${verdict.endedAt}, ${ENDED_BY[verdict.endedBy]}`),
    ...(redeemed === null ? [] : [line("Redeemed", `${redeemed.at} by ${visible(redeemed.by.name)} (${redeemed.by.id})`)]),
    ...(outcome === null ? [] : [line("Outcome", `${outcome.status}, reported at ${outcome.at}`)]),
    ...detailLines(verdict),
    line("Log", `${visible(log.origin)}, leaf ${log.index} of ${log.size}, root ${log.root}`),
    ...(witnesses ?? []).map(({ name, timeSeconds }) => line("Witness", `${visible(name)} at ${witnessTime(timeSeconds)}`)),
    "",
    `On the trust of the log key and the origin that you gave${witnesses === null ? "" : ", and of the witnesses in the policy"}.`,
    keysInWords(verdict),
    "",
  ].join("\n");
}

function detailLines({ outcome, runByTheGate }: ReceiptVerdict): string[] {
  if (outcome === null || outcome.detail === null) return [];
  const result = runByTheGate ? readCallDetail(outcome.detail) : null;
  return [line("", result === null ? visible(outcome.detail) : `result SHA-256 ${result.result_hash}, ${result.bytes} bytes`)];
}

/** What people gave with an approval; or by what they had given something passed. */
function grantLines({ grant, passedBy }: ReceiptVerdict): string[] {
  const lines = grant !== null ? givenLines(grant) : passedBy !== null ? passedLines(passedBy) : [];
  const told = lines.map((one, nth) => line(nth === 0 ? "Grant" : "", one));
  return [...told, ...(passedBy?.given.decisions ?? []).flatMap((one) => decisionLines("Given", one))];
}

function keysInWords({ keys, decisions, passedBy }: ReceiptVerdict): string {
  const whose = keys === "named by the verifier" ? "those that you named" : `${keys}; name them with --approver to rely on nobody's word`;
  if (decisions.length > 0) return `The passkeys are ${whose}.`;
  return passedBy === null ? "No passkey signed." : `No passkey signed this. Those that gave the grant are ${whose}.`;
}

const decisionDocument = ({ person, verdict, at, eligibleFrom, comment, commentErased, keyFingerprint }: VerifiedDecision) => ({
  person,
  verdict,
  at,
  eligible_from: eligibleFrom,
  comment,
  comment_erased: commentErased,
  key_fingerprint: keyFingerprint,
});

const passedDocument = ({ grant, use, usedAt, argumentsAreCompared, given }: PassedByGrant) => ({
  grant,
  use,
  used_at: usedAt,
  arguments_compared: argumentsAreCompared,
  given: { request: given.request, ended_at: given.endedAt, decisions: given.decisions.map(decisionDocument) },
});

/** For programs; its members are named as in the receipt. */
export const verdictDocument = (verdict: ReceiptVerdict) => ({
  valid: true,
  status: verdict.status,
  ended_by: verdict.endedBy,
  ended_at: verdict.endedAt,
  basis: verdict.basis,
  rule: verdict.rule,
  policy_version: verdict.policyVersion,
  run_by_the_gate: verdict.runByTheGate,
  chain: verdict.chain,
  risk: verdict.risk,
  request: verdict.request,
  preview_hash: verdict.previewHash,
  payload_kept: verdict.payloadIsKept,
  decisions: verdict.decisions.map(decisionDocument),
  grant: verdict.grant,
  passed_by: verdict.passedBy && passedDocument(verdict.passedBy),
  redeemed: verdict.redeemed,
  outcome: verdict.outcome,
  keys: verdict.keys,
  log: verdict.log,
  witnesses: verdict.witnesses?.map(({ name, timeSeconds }) => ({ name, time: timeSeconds })) ?? null,
});
