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
import { checkView, failureSentences, sentence, stateOf, witnessSentence } from "./check-view.ts";
import { EVIDENCE } from "./evidence.ts";
import { givenSentences, passedSentences } from "./grant-evidence.ts";
import { group } from "./rows.ts";

/** The checks that can fail here: this page lets every basis pass, and says which it was. */
type Shown = Exclude<ReceiptFailureCode, "basis_not_allowed">;

const TITLES: Readonly<Record<Shown, string>> = {
  malformed: "It is a receipt",
  payload_mismatch: "The payload is the one that was decided on",
  statement_mismatch: "Request, statements and comments belong together",
  assertion_invalid: "The passkeys’ signatures hold",
  not_enrolled: "The passkeys are enrolled for those people",
  verdict_mismatch: "Verdicts and end agree",
  quorum_not_met: "Those who decided were eligible, and enough",
  times_out_of_order: "The times are in order",
  not_included: "Every record is in the log",
  checkpoint_invalid: "The log has signed what it holds",
  witnesses_missing: "Enough witnesses have seen the log in this state",
};

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
  return granting === null ? rows : [...rows, group("The approval that gave the grant", ...EVIDENCE[check](granting, trust))];
}

function receiptCheckView(check: Shown, { receipt, trust, held, outcome }: Checked): ViewElement {
  const failure = !outcome.ok && outcome.refusal.code === check ? outcome.refusal : null;
  const state = stateOf(held.has(check), failure);
  const rows = receipt === null || state === "unreached" ? [] : evidenceOf(check, receipt, trust);
  const isBare = check === "payload_mismatch" && receipt?.payload === null;
  return checkView({ code: check, title: isBare ? "The payload is not in it, only its hash" : TITLES[check], state, failure, rows });
}

/** Every check in the order of docs/formats.md. */
export const checkViews = (checked: Checked): ViewElement[] =>
  checksUnder(checked.trust).flatMap((check) => (check === "basis_not_allowed" ? [] : [receiptCheckView(check, checked)]));

/** The result in two words. */
export const statusOf = ({ outcome }: Checked): string =>
  outcome.ok ? `Valid: ${outcome.value.basis === "passkeys" ? outcome.value.status : "passed without a person"}` : "Not valid";

const ENDINGS: Readonly<Record<ReceiptVerdict["endedBy"], string>> = {
  passkeys: " was decided.",
  deadline: " expired: its deadline came before enough people had approved it.",
  requester: " was cancelled: the agent withdrew it before it was decided.",
  stop: " was cancelled by a stop before it was decided.",
  revocation: " was cancelled by a revocation before it was decided.",
  policy: " passed without a person.",
  grant: " passed without a person.",
  timeout: " passed without a person: nobody had answered in time.",
};

function whatHappened(proven: ReceiptVerdict): ViewElement[] {
  const { status, endedBy, decisions, request, payloadIsKept, redeemed, outcome, runByTheGate } = proven;
  const deciding = decisions.filter(({ verdict }) => verdict === status).map(({ person }) => person.username);
  const action = ["“", textView(request.action), "”"];
  const names = [...new Set(deciding)].join(" and ");
  const ending =
    names === ""
      ? sentence(...action, ENDINGS[endedBy])
      : sentence(
          textView(names),
          ` ${status} `,
          ...action,
          payloadIsKept ? ", with the payload below." : ", with a payload that is not kept any more.",
        );
  const use =
    redeemed &&
    (runByTheGate
      ? sentence("It was run by the gate itself, for ", textView(redeemed.by.name), `, on ${timeText(redeemed.at)}. That is done once.`)
      : sentence(textView(redeemed.by.name), ` redeemed it, on ${timeText(redeemed.at)}. That can be done once.`));
  const report =
    outcome && sentence(`The ${runByTheGate ? "gate" : "agent"} reported the outcome: ${outcome.status}. That is its own word.`);
  const words = outcome?.detail && detailView(outcome.detail, runByTheGate);
  const granted = [...(proven.grant ? givenSentences(proven.grant) : []), ...(proven.passedBy ? passedSentences(proven.passedBy) : [])];
  return [ending, ...granted, ...howJudged(proven), use, report, words || null].filter((one) => one !== null);
}

/** Of what the gate has run it says which result came. */
function detailView(detail: string, runByTheGate: boolean): ViewElement {
  const result = runByTheGate ? readCallDetail(detail) : null;
  if (result === null) return sentence("“", textView(detail), "”");
  return sentence("The result has ", `${result.bytes} bytes and the SHA-256 `, hashView(result.result_hash), ".");
}

/** By which rule of a policy, how risky it was found, and who could decide only later. */
function howJudged({ rule, policyVersion, risk, decisions, previewHash, runByTheGate, outcome }: ReceiptVerdict): ViewElement[] {
  const found = risk === null ? "" : `, which found its risk ${risk.level}`;
  const later = decisions.flatMap(({ person, eligibleFrom }) =>
    eligibleFrom === null ? [] : [sentence(textView(person.username), ` could decide from ${timeText(eligibleFrom)} on.`)],
  );
  return [
    ...(policyVersion === 0 ? [] : [sentence("Judged by the rule “", textView(rule), `” of policy version ${policyVersion}${found}.`)]),
    ...later,
    ...(previewHash === null
      ? []
      : [sentence("What its server said that it would do was shown before, with the SHA-256 ", hashView(previewHash), ".")]),
    ...(runByTheGate && outcome === null ? [sentence("The call is run by the gate itself, once it is used.")] : []),
  ];
}

const WHOSE_WORD = {
  both: "the log key and the origin that this page filled in, which are this service’s word for itself",
  vkey: "the log key that this page filled in, which is this service’s word for itself, and the origin that you gave",
  origin: "the log key that you gave, and the origin that this page filled in",
  none: "the log key and the origin that you gave",
} as const;

function whatItRestsOn({ keys, decisions, passedBy }: ReceiptVerdict, filledIn: FilledIn): ViewElement {
  const given = WHOSE_WORD[filledIn.vkey && filledIn.origin ? "both" : filledIn.vkey ? "vkey" : filledIn.origin ? "origin" : "none"];
  const whose =
    keys === "named by the verifier"
      ? "The passkeys are those that you named."
      : "Whose passkeys these are rests on this operator’s word: you named none yourself.";
  const isBare = decisions.length === 0;
  const passkeys = isBare ? `No passkey signed${passedBy === null ? "." : ` this; those of the grant did. ${whose}`}` : whose;
  return sentence(`This rests on ${given}. ${passkeys}`);
}

const LIMITS =
  "A receipt does not prove what the screen showed, that nobody else used the passkey, or that the service’s clock was right; nor what happened after it was made.";

/** The verdict, what it rests on, and what it does not say. */
export function conclusionView({ outcome }: Checked, filledIn: FilledIn): ViewElement[] {
  if (!outcome.ok) return failureSentences(outcome.refusal.message);
  const seen = outcome.value.witnesses === null ? [] : [witnessSentence(outcome.value.witnesses)];
  return [...whatHappened(outcome.value), ...seen, whatItRestsOn(outcome.value, filledIn), styled("p", "quiet", LIMITS)];
}
