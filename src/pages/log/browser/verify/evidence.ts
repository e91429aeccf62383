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
import { evidenceTexts as texts } from "#texts/browser/log/evidence.ts";
import { grantGroup, usedLeafOf, useGroups } from "./grant-evidence.ts";
import { checkpointEvidence, inclusionEvidence, policyLeafOf, witnessEvidence } from "./log-evidence.ts";
import { codeView, group } from "./rows.ts";

const ALGORITHMS: Readonly<Record<number, string>> = { [-7]: "ES256", [-8]: "EdDSA", [-257]: "RS256" };

const decidedIn = ({ final }: Receipt): readonly Decision[] => decisionsOf(final.record);
const nobodySigned = (receipt: Receipt): ViewElement[] =>
  decidedIn(receipt).length > 0 ? [] : [term(texts.evidence.passkeys, texts.evidence.noneSigned)];

/** One group of rows for each decision, headed by what it is and whose. */
const forEachDecision = (
  receipt: Receipt,
  nameOf: (username: string) => string,
  rows: (decision: Decision) => ViewElement[],
): ViewElement[] => [
  ...nobodySigned(receipt),
  ...decidedIn(receipt).map((decision) => group(nameOf(decision.statement.approver.username), ...rows(decision))),
];

function claims(receipt: Receipt): ViewElement[] {
  const { type, final, passkeys, redeemed, outcome } = receipt;
  const { request, kind } = final.record;
  const decisions = decidedIn(receipt);
  const { requested_by: agent } = request;
  const held = [texts.evidence.decisions(decisions.length), texts.evidence.enrolments(passkeys.length)];
  if (redeemed !== null) held.push(texts.evidence.aRedemption);
  if (outcome !== null) held.push(texts.evidence.anOutcome);
  if (policyLeafOf(receipt) !== null) held.push(texts.evidence.aPolicy);
  if (usedLeafOf(receipt) !== null) held.push(texts.evidence.useOfGrant, texts.evidence.approvalOfGrant);
  return [
    term(texts.evidence.format, codeView(type)),
    term(texts.evidence.claims, codeView(kind)),
    term(texts.evidence.action, textView(request.action)),
    term(texts.evidence.reason, request.reason === null ? texts.evidence.noneGiven : textView(request.reason)),
    term(texts.evidence.agent, textView(agent.name), " ", codeView(agent.id)),
    term(texts.evidence.request, codeView(request.id)),
    term(texts.evidence.contains, held.join(", ")),
  ];
}

const payload = ({ payload: shown, final }: Receipt): ViewElement[] => [
  ...(shown === null
    ? [term(texts.evidence.payload, texts.evidence.notKept)]
    : [
        group(texts.evidence.payload, styled("div", "payload", objectView(shown))),
        term(texts.evidence.itsSha, hashView(payloadHash(shown))),
      ]),
  term(texts.evidence.requestSays, hashView(final.record.request.payload_hash)),
];

function commentView({ comments }: Receipt, committed: string | null): ViewElement | string {
  if (committed === null) return texts.evidence.none;
  const opened = comments.find(({ text, salt }) => saltedTextHash("countersign/comment/v1", salt, text) === committed);
  return opened === undefined ? texts.evidence.erased : textView(opened.text);
}

function statements(receipt: Receipt): ViewElement[] {
  const { final, redeemed, outcome } = receipt;
  return [
    term(texts.evidence.requestsSha, hashView(requestHash(final.record.request))),
    ...forEachDecision(receipt, texts.evidence.statementOf, ({ statement }) => [
      term(texts.evidence.verdict, statement.verdict),
      term(texts.evidence.approver, statement.approver.username, " ", codeView(statement.approver.id)),
      term(texts.evidence.comment, commentView(receipt, statement.comment_hash)),
      term(texts.evidence.request, hashView(statement.request_hash)),
      term(texts.evidence.payload, hashView(statement.payload_hash)),
      ...(statement.grant === null ? [] : [grantGroup(statement.grant)]),
      term(texts.evidence.nonce, codeView(statement.nonce)),
      term(texts.evidence.itsSha, hashView(hex(hashJson(statement)))),
    ]),
    ...useGroups(receipt),
    redeemed &&
      group(
        texts.evidence.redemption,
        term(texts.evidence.by, textView(redeemed.record.redeemed_by.name), " ", codeView(redeemed.record.redeemed_by.id)),
        term(texts.evidence.request, hashView(redeemed.record.request_hash)),
        term(texts.evidence.payload, hashView(redeemed.record.payload_hash)),
      ),
    outcome &&
      group(
        texts.evidence.outcome,
        term(texts.evidence.reported, codeView(outcome.record.kind)),
        term(texts.evidence.request, hashView(outcome.record.request_hash)),
      ),
  ].filter((row) => row !== null);
}

/** Flags of authenticator data in words. */
function flagsText(authenticatorData: string): string {
  const bytes = fromB64u(authenticatorData) ?? new Uint8Array();
  const read = readAuthenticatorData(bytes);
  if (read === null) return texts.evidence.cannotBeRead;
  const words: string[] = [
    read.userPresent ? texts.evidence.personPresent : texts.evidence.personNotPresent,
    read.userVerified ? texts.evidence.personVerified : texts.evidence.personNotVerified,
  ];
  if (read.backupEligible) words.push(read.backedUp ? texts.evidence.keyIsBackedUp : texts.evidence.keyCanBeBackedUp);
  return `0x${hex(bytes.subarray(32, 33))}: ${words.join(", ")}`;
}

function signatures(receipt: Receipt, trust: Trust): ViewElement[] {
  const algorithmOf = new Map(receipt.passkeys.map(({ record: { credential } }) => [credential.id, credential.alg]));
  return [
    term(texts.evidence.trustedOrigin, codeView(trust.origin)),
    term(texts.evidence.requestsOrigin, textView(receipt.final.record.request.origin, "id")),
    term(texts.evidence.rpId, codeView(rpIdOf(trust.origin) ?? "")),
    ...forEachDecision(receipt, texts.evidence.signatureOf, (decision) => [
      term(texts.evidence.challenge, hashView(hex(challengeOf(decision, trust.origin)))),
      term(
        texts.evidence.clientData,
        textView(fromUtf8(fromB64u(decision.assertion.client_data_json) ?? new Uint8Array()) ?? texts.evidence.notUtf, "id"),
      ),
      term(texts.evidence.flags, flagsText(decision.assertion.authenticator_data)),
      term(texts.evidence.algorithm, ALGORITHMS[algorithmOf.get(decision.credential_id) ?? 0] ?? texts.evidence.unknown),
      term(texts.evidence.signature, codeView(decision.assertion.signature)),
    ]),
  ];
}

const enrolments = (receipt: Receipt, { approvers }: Trust): ViewElement[] => [
  ...nobodySigned(receipt),
  ...receipt.passkeys.map(({ record: { person, credential, at: enrolledAt } }) => {
    const fingerprint = keyFingerprint(credential.public_key);
    const isNamed = approvers?.get(person.id)?.has(fingerprint) === true;
    return group(
      texts.evidence.passkeyOf(person.username),
      term(texts.evidence.person, person.username, " ", codeView(person.id)),
      term(texts.evidence.enrolled, at(enrolledAt)),
      term(texts.evidence.credential, codeView(credential.id)),
      term(texts.evidence.keysSha, hashView(fingerprint)),
      term(
        texts.evidence.trusted,
        approvers === undefined ? texts.evidence.asEnrolled : isNamed ? texts.evidence.namedByYou : texts.evidence.notNamedByYou,
      ),
    );
  }),
];

const endedBy = ({ final: { record } }: Receipt): string => ("basis" in record ? record.basis : record.ended_by);

const verdicts = (receipt: Receipt): ViewElement[] => [
  term(texts.evidence.end, codeView(receipt.final.record.kind)),
  term(texts.evidence.endedBy, endedBy(receipt)),
  ...decidedIn(receipt).map(({ statement }) => term(statement.approver.username, statement.verdict)),
];

function quorum(receipt: Receipt): ViewElement[] {
  const verdictOf = new Map(decidedIn(receipt).map(({ statement }) => [statement.approver.id, statement.verdict]));
  return slotsOf(receipt.final.record.request).map((slot) => {
    const { name, required } = slot;
    const people = Array.from(eligibleFrom([slot]), ([id, from]) =>
      element(
        "li",
        {},
        codeView(id),
        ...(from === "" ? [] : texts.evidence.from(at(from))),
        verdictOf.has(id) ? ` ${verdictOf.get(id)}` : null,
      ),
    );
    return styled(
      "div",
      "member",
      styled("dt", "name", textView(name)),
      element("dd", {}, texts.evidence.ofThese(required), element("ul", {}, ...people)),
    );
  });
}

function times(receipt: Receipt): ViewElement[] {
  const { final, redeemed, outcome } = receipt;
  const { request, at: endedAt } = final.record;
  const used = usedLeafOf(receipt);
  return [
    term(texts.evidence.asked, at(request.requested_at)),
    ...decidedIn(receipt).map((decision) => term(texts.evidence.decided(decision.statement.approver.username), at(decision.at))),
    ...(used === null ? [] : [term(texts.evidence.grantUsed, at(used.record.at))]),
    term(texts.evidence.ended, at(endedAt)),
    ...(redeemed === null ? [] : [term(texts.evidence.redeemed, at(redeemed.record.at))]),
    ...(outcome === null ? [] : [term(texts.evidence.outcome, at(outcome.record.at))]),
    term(texts.evidence.expires, at(request.expires_at)),
    term(texts.evidence.toBeUsedBy, at(request.use_by)),
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
