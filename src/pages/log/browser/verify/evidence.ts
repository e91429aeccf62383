/**
 * What each check of a receipt looked at, as rows of names and values. The values are computed with the functions that the
 * verifier uses; nothing here judges them. The leaves and the checkpoint are log-evidence.ts.
 */
import { readAuthenticatorData, rpIdOf } from "#countersign/webauthn/assertion.ts";
import { fromB64u, fromUtf8, hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import { challengeOf, keyFingerprint } from "#countersign/receipt-rules.ts";
import { type Decision, decisionsOf } from "#countersign/documents/record.ts";
import { eligibleFrom, payloadHash, requestHash, slotsOf } from "#countersign/documents/request.ts";
import { saltedTextHash } from "#countersign/documents/statement.ts";
import type { Receipt, ReceiptFailureCode, Trust } from "#countersign/verifier.ts";
import { exactTimeView as at, hashView, term } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { element, styled, type ViewElement } from "#pages/kit/view.ts";
import { grantGroup, usedLeafOf, useGroups } from "./grant-evidence.ts";
import { checkpointEvidence, inclusionEvidence, policyLeafOf, witnessEvidence } from "./log-evidence.ts";
import { codeView, group } from "./rows.ts";

const ALGORITHMS: Readonly<Record<number, string>> = { [-7]: "ES256", [-8]: "EdDSA", [-257]: "RS256" };

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;
const decidedIn = ({ final }: Receipt): readonly Decision[] => decisionsOf(final.record);
const nobodySigned = (receipt: Receipt): ViewElement[] => (decidedIn(receipt).length > 0 ? [] : [term("Passkeys", "none signed")]);

/** One group of rows for each decision, headed by what it is and whose. */
const forEachDecision = (receipt: Receipt, what: string, rows: (decision: Decision) => ViewElement[]): ViewElement[] => [
  ...nobodySigned(receipt),
  ...decidedIn(receipt).map((decision) => group(`${what} of ${decision.statement.approver.username}`, ...rows(decision))),
];

function claims(receipt: Receipt): ViewElement[] {
  const { type, final, passkeys, redeemed, outcome } = receipt;
  const { request, kind } = final.record;
  const decisions = decidedIn(receipt);
  const { requested_by: agent } = request;
  const held = [counted(decisions.length, "decision"), counted(passkeys.length, "enrolment")];
  if (redeemed !== null) held.push("a redemption");
  if (outcome !== null) held.push("an outcome");
  if (policyLeafOf(receipt) !== null) held.push("a policy");
  if (usedLeafOf(receipt) !== null) held.push("the use of a grant", "the approval that gave it");
  return [
    term("Format", codeView(type)),
    term("Claims", codeView(kind)),
    term("Action", textView(request.action)),
    term("Reason", request.reason === null ? "none given" : textView(request.reason)),
    term("Agent", textView(agent.name), " ", codeView(agent.id)),
    term("Request", codeView(request.id)),
    term("Contains", held.join(", ")),
  ];
}

const payload = ({ payload: shown, final }: Receipt): ViewElement[] => [
  ...(shown === null
    ? [term("Payload", "not kept any more, so not compared")]
    : [group("Payload", styled("div", "payload", objectView(shown))), term("Its SHA-256", hashView(payloadHash(shown)))]),
  term("Request says", hashView(final.record.request.payload_hash)),
];

function commentView({ comments }: Receipt, committed: string | null): ViewElement | string {
  if (committed === null) return "none";
  const opened = comments.find(({ text, salt }) => saltedTextHash("countersign/comment/v1", salt, text) === committed);
  return opened === undefined ? "erased since, or not in this receipt" : textView(opened.text);
}

function statements(receipt: Receipt): ViewElement[] {
  const { final, redeemed, outcome } = receipt;
  return [
    term("Request’s SHA-256", hashView(requestHash(final.record.request))),
    ...forEachDecision(receipt, "Statement", ({ statement }) => [
      term("Verdict", statement.verdict),
      term("Approver", statement.approver.username, " ", codeView(statement.approver.id)),
      term("Comment", commentView(receipt, statement.comment_hash)),
      term("Request", hashView(statement.request_hash)),
      term("Payload", hashView(statement.payload_hash)),
      ...(statement.grant === null ? [] : [grantGroup(statement.grant)]),
      term("Nonce", codeView(statement.nonce)),
      term("Its SHA-256", hashView(hex(hashJson(statement)))),
    ]),
    ...useGroups(receipt),
    redeemed &&
      group(
        "Redemption",
        term("By", textView(redeemed.record.redeemed_by.name), " ", codeView(redeemed.record.redeemed_by.id)),
        term("Request", hashView(redeemed.record.request_hash)),
        term("Payload", hashView(redeemed.record.payload_hash)),
      ),
    outcome && group("Outcome", term("Reported", codeView(outcome.record.kind)), term("Request", hashView(outcome.record.request_hash))),
  ].filter((row) => row !== null);
}

/** Flags of authenticator data in words. */
function flagsText(authenticatorData: string): string {
  const bytes = fromB64u(authenticatorData) ?? new Uint8Array();
  const read = readAuthenticatorData(bytes);
  if (read === null) return "cannot be read";
  const words = [read.userPresent ? "person present" : "person not present", read.userVerified ? "person verified" : "person not verified"];
  if (read.backupEligible) words.push(read.backedUp ? "key is backed up" : "key can be backed up");
  return `0x${hex(bytes.subarray(32, 33))}: ${words.join(", ")}`;
}

function signatures(receipt: Receipt, trust: Trust): ViewElement[] {
  const algorithmOf = new Map(receipt.passkeys.map(({ record: { credential } }) => [credential.id, credential.alg]));
  return [
    term("Trusted origin", codeView(trust.origin)),
    term("Request’s origin", textView(receipt.final.record.request.origin, "id")),
    term("RP id", codeView(rpIdOf(trust.origin) ?? "")),
    ...forEachDecision(receipt, "Signature", (decision) => [
      term("Challenge", hashView(hex(challengeOf(decision, trust.origin)))),
      term("Client data", textView(fromUtf8(fromB64u(decision.assertion.client_data_json) ?? new Uint8Array()) ?? "not UTF-8", "id")),
      term("Flags", flagsText(decision.assertion.authenticator_data)),
      term("Algorithm", ALGORITHMS[algorithmOf.get(decision.credential_id) ?? 0] ?? "unknown"),
      term("Signature", codeView(decision.assertion.signature)),
    ]),
  ];
}

const enrolments = (receipt: Receipt, { approvers }: Trust): ViewElement[] => [
  ...nobodySigned(receipt),
  ...receipt.passkeys.map(({ record: { person, credential, at: enrolledAt } }) => {
    const fingerprint = keyFingerprint(credential.public_key);
    const isNamed = approvers?.get(person.id)?.has(fingerprint) === true;
    return group(
      `Passkey of ${person.username}`,
      term("Person", person.username, " ", codeView(person.id)),
      term("Enrolled", at(enrolledAt)),
      term("Credential", codeView(credential.id)),
      term("Key’s SHA-256", hashView(fingerprint)),
      term("Trusted", approvers === undefined ? "as enrolled by this operator" : isNamed ? "named by you" : "not named by you"),
    );
  }),
];

const endedBy = ({ final: { record } }: Receipt): string => ("basis" in record ? record.basis : record.ended_by);

const verdicts = (receipt: Receipt): ViewElement[] => [
  term("End", codeView(receipt.final.record.kind)),
  term("Ended by", endedBy(receipt)),
  ...decidedIn(receipt).map(({ statement }) => term(statement.approver.username, statement.verdict)),
];

function quorum(receipt: Receipt): ViewElement[] {
  const verdictOf = new Map(decidedIn(receipt).map(({ statement }) => [statement.approver.id, statement.verdict]));
  return slotsOf(receipt.final.record.request).map((slot) => {
    const { name, required } = slot;
    const people = Array.from(eligibleFrom([slot]), ([id, from]) =>
      element("li", {}, codeView(id), ...(from === "" ? [] : [" from ", at(from)]), verdictOf.has(id) ? ` ${verdictOf.get(id)}` : null),
    );
    return styled(
      "div",
      "member",
      styled("dt", "name", textView(name)),
      element("dd", {}, `${required} of these:`, element("ul", {}, ...people)),
    );
  });
}

function times(receipt: Receipt): ViewElement[] {
  const { final, redeemed, outcome } = receipt;
  const { request, at: endedAt } = final.record;
  const used = usedLeafOf(receipt);
  return [
    term("Asked", at(request.requested_at)),
    ...decidedIn(receipt).map((decision) => term(`${decision.statement.approver.username} decided`, at(decision.at))),
    ...(used === null ? [] : [term("Grant used", at(used.record.at))]),
    term("Ended", at(endedAt)),
    ...(redeemed === null ? [] : [term("Redeemed", at(redeemed.record.at))]),
    ...(outcome === null ? [] : [term("Outcome", at(outcome.record.at))]),
    term("Expires", at(request.expires_at)),
    term("To be used by", at(request.use_by)),
  ];
}

/** The rows of each check. */
export const EVIDENCE: Readonly<
  Record<Exclude<ReceiptFailureCode, "basis_not_allowed">, (receipt: Receipt, trust: Trust) => ViewElement[]>
> = {
  malformed: claims,
  payload_mismatch: payload,
  statement_mismatch: statements,
  assertion_invalid: signatures,
  not_enrolled: enrolments,
  verdict_mismatch: verdicts,
  quorum_not_met: quorum,
  times_out_of_order: times,
  not_included: inclusionEvidence,
  checkpoint_invalid: checkpointEvidence,
  witnesses_missing: witnessEvidence,
};
