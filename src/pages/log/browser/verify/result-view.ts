/** The result of checking a receipt, as views: one sentence exactly as strong as what was checked, and every check in its order. */
import { grantingReceiptOf } from "#countersign/documents/receipt.ts";
import {
  checksUnder,
  type Receipt,
  type ReceiptFailure,
  type ReceiptFailureCode,
  type Trust,
  type ReceiptVerdict,
} from "#countersign/verifier.ts";
import { readCallDetail } from "#countersign/documents/call-detail.ts";
import { hashView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { styled, type ViewElement } from "#pages/kit/view.ts";
import { verifyTexts as texts } from "#texts/browser/log/verify.ts";
import { checkView, failureSentences, sentence, stateOf, witnessSentence } from "./check-view.ts";
import { EVIDENCE } from "./evidence.ts";
import { givenSentences, passedSentences } from "./grant-evidence.ts";
import { group } from "./rows.ts";

/** The checks that can fail here: this page lets every basis pass, and says which it was. */
type Shown = Exclude<ReceiptFailureCode, "basis_not_allowed">;

const TITLES: Readonly<Record<Shown, string>> = texts.result.titles;

/** What came of checking a receipt. */
export interface Checked {
  /** Null if the text is none. */
  receipt: Receipt | null;
  trust: Trust;
  /** Which checks hold. */
  held: ReadonlySet<ReceiptFailureCode>;
  outcome: { ok: true; value: ReceiptVerdict } | { ok: false; refusal: ReceiptFailure };
}

/** What of the trust the page itself has filled in. */
export interface FilledIn {
  vkey: boolean;
  origin: boolean;
}

/** What a check looked at, also in the approval that gave a grant; both are proven to one checkpoint, which is shown once. */
function evidenceOf(check: Shown, receipt: Receipt, trust: Trust): ViewElement[] {
  const rows = EVIDENCE[check](receipt, trust);
  const granting = check === "checkpoint_invalid" || check === "witnesses_missing" ? null : grantingReceiptOf(receipt);
  return granting === null ? rows : [...rows, group(texts.result.grantingApproval, ...EVIDENCE[check](granting, trust))];
}

function receiptCheckView(check: Shown, { receipt, trust, held, outcome }: Checked): ViewElement {
  const failure = !outcome.ok && outcome.refusal.code === check ? outcome.refusal : null;
  const state = stateOf(held.has(check), failure);
  const rows = receipt === null || state === "unreached" ? [] : evidenceOf(check, receipt, trust);
  const isBare = check === "payload_mismatch" && receipt?.payload === null;
  return checkView({ code: check, title: isBare ? texts.result.payloadNotThere : TITLES[check], state, failure, rows });
}

/** Every check in the order of docs/formats.md. */
export const checkViews = (checked: Checked): ViewElement[] =>
  checksUnder(checked.trust).flatMap((check) => (check === "basis_not_allowed" ? [] : [receiptCheckView(check, checked)]));

/** The result in two words. */
export const statusOf = ({ outcome }: Checked): string =>
  outcome.ok
    ? texts.result.valid(outcome.value.basis === "passkeys" ? outcome.value.status : texts.result.passedWithoutAPerson)
    : texts.result.notValid;

const ENDINGS: Readonly<Record<ReceiptVerdict["endedBy"], string>> = texts.result.endings;

function whatHappened(proven: ReceiptVerdict): ViewElement[] {
  const { status, endedBy, decisions, request, payloadIsKept, redeemed, outcome, runByTheGate } = proven;
  const deciding = decisions.filter(({ verdict }) => verdict === status).map(({ person }) => person.username);
  const action = textView(request.action);
  const names = [...new Set(deciding)].join(texts.result.and);
  const decided = payloadIsKept ? texts.result.decided : texts.result.decidedNotKept;
  const ending =
    names === "" ? sentence(...texts.result.ended(action, ENDINGS[endedBy])) : sentence(...decided(textView(names), status, action));
  const use =
    redeemed &&
    (runByTheGate
      ? sentence(...texts.result.runByGate(textView(redeemed.by.name), timeText(redeemed.at)))
      : sentence(...texts.result.redeemed(textView(redeemed.by.name), timeText(redeemed.at))));
  const report = outcome && sentence(runByTheGate ? texts.result.gateReported(outcome.status) : texts.result.agentReported(outcome.status));
  const words = outcome?.detail && detailView(outcome.detail, runByTheGate);
  const granted = [...(proven.grant ? givenSentences(proven.grant) : []), ...(proven.passedBy ? passedSentences(proven.passedBy) : [])];
  return [ending, ...granted, ...howJudged(proven), use, report, words || null].filter((one) => one !== null);
}

/** Of what the gate has run it says which result came. */
function detailView(detail: string, runByTheGate: boolean): ViewElement {
  const result = runByTheGate ? readCallDetail(detail) : null;
  if (result === null) return sentence("“", textView(detail), "”");
  return sentence(...texts.result.resultHas(result.bytes, hashView(result.result_hash)));
}

/** By which rule of a policy, how risky it was found, and who could decide only later. */
function howJudged({ rule, policyVersion, risk, decisions, previewHash, runByTheGate, outcome }: ReceiptVerdict): ViewElement[] {
  const found = risk === null ? "" : texts.result.foundRisk(risk.level);
  const later = decisions.flatMap(({ person, eligibleFrom }) =>
    eligibleFrom === null ? [] : [sentence(...texts.result.couldDecide(textView(person.username), timeText(eligibleFrom)))],
  );
  return [
    ...(policyVersion === 0 ? [] : [sentence(...texts.result.judgedBy(textView(rule), policyVersion, found))]),
    ...later,
    ...(previewHash === null ? [] : [sentence(...texts.result.previewed(hashView(previewHash)))]),
    ...(runByTheGate && outcome === null ? [sentence(texts.result.runOnceUsed)] : []),
  ];
}

const WHOSE_WORD = texts.result.whoseWord;

function whatItRestsOn({ keys, decisions, passedBy }: ReceiptVerdict, filledIn: FilledIn): ViewElement {
  const given = WHOSE_WORD[filledIn.vkey && filledIn.origin ? "both" : filledIn.vkey ? "vkey" : filledIn.origin ? "origin" : "none"];
  const whose = keys === "named by the verifier" ? texts.result.passkeysNamed : texts.result.passkeysNotNamed;
  const isBare = decisions.length === 0;
  const passkeys = !isBare ? whose : passedBy === null ? texts.result.noPasskeySigned : texts.result.passkeysOfGrant(whose);
  return sentence(texts.result.restsOn(given, passkeys));
}

const LIMITS = texts.result.limits;

/** The verdict, what it rests on, and what it does not say. */
export function conclusionView({ outcome }: Checked, filledIn: FilledIn): ViewElement[] {
  if (!outcome.ok) return failureSentences(outcome.refusal.message);
  const seen = outcome.value.witnesses === null ? [] : [witnessSentence(outcome.value.witnesses)];
  return [...whatHappened(outcome.value), ...seen, whatItRestsOn(outcome.value, filledIn), styled("p", "quiet", LIMITS)];
}
