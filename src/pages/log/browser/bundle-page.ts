/**
 * Checking an evidence bundle on the page `/verify`, and what comes of it as views. Loaded by that page's script (`data-bundle` of its form)
 * once somebody gives it a zip file, which few do. The judge is countersign/evidence/verify-bundle.ts.
 */
import type { BundleFailure, BundleVerdict } from "#countersign/evidence/bundle-verdict.ts";
import { verifyBundle } from "#countersign/evidence/verify-bundle.ts";
import { readZip } from "#countersign/evidence/zip-files.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ReceiptVerdict, Trust } from "#countersign/verifier.ts";
import { hashView, term, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { evidenceScriptTexts as texts } from "#texts/browser/evidence.ts";
import { checkView, sentence, witnessSentence } from "./verify/check-view.ts";
import { codeView, group } from "./verify/rows.ts";

const MAX_ZIP_BYTES = 20 * 1024 * 1024;
/** What a page can hold in memory, one file after the other. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;

/** As the page shows what it has checked. */
interface ShownBundle {
  valid: boolean;
  status: string;
  conclusion: ViewElement[];
  checks: ViewElement[];
}

/** What to show of a file that is a bundle, or says to be one; in words why it is not looked at. */
export async function checkBundle(file: File, trust: Trust): Promise<Result<ShownBundle, string>> {
  if (file.size > MAX_ZIP_BYTES) return refuse(texts.tooLarge);
  const files = readZip(new Uint8Array(await file.arrayBuffer()), MAX_UNPACKED_BYTES);
  const judged = files.ok
    ? await verifyBundle(files.value, trust)
    : refuse<BundleFailure>({ code: "malformed", file: null, message: files.refusal });
  return accept(judged.ok ? shownValid(judged.value) : shownFailure(judged.refusal));
}

function shownFailure(failure: BundleFailure): ShownBundle {
  const { code, file, message } = failure;
  return {
    valid: false,
    status: texts.notValid,
    conclusion: [
      ...(file === null ? [] : [sentence(...texts.failure.inFile<View>(codeView(file)))]),
      sentence(textView(message)),
      sentence(texts.failure.first),
    ],
    checks: [checkView({ code, title: texts.checks[code], state: "failed", failure, rows: [] })],
  };
}

function shownValid(verdict: BundleVerdict): ShownBundle {
  const { manifest, witnesses, entries, receipts } = verdict;
  const says = texts.conclusion;
  const isNamed = receipts.some(({ keys }) => keys === "named by the verifier");
  return {
    valid: true,
    status: texts.valid,
    conclusion: [
      sentence(...says.complete<View>(codeView(manifest.log), manifest.first.size, manifest.last.size)),
      sentence(says.counted(entries.shown, entries.withheld)),
      sentence(says.ended(receipts.length, manifest.missing_receipts.length)),
      ...(manifest.scope === "everything" ? [] : [sentence(says.withoutRequests)]),
      ...(witnesses === null ? [] : [witnessSentence(witnesses)]),
      sentence(says.restsOn, " ", isNamed ? says.namedKeys : says.operatorsKeys),
      styled("p", "quiet", says.limits),
    ],
    checks: checksOf(verdict),
  };
}

function checksOf({ manifest, entries, receipts, policies, enrolments }: BundleVerdict): ViewElement[] {
  const { rows } = texts;
  const holds = (code: keyof typeof texts.checks, looked: ViewElement[]): ViewElement =>
    checkView({ code, title: texts.checks[code], state: "holds", failure: null, rows: looked });
  const kinds = Object.entries(entries.kinds).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const { signed, from, to } = manifest;
  return [
    holds("checkpoint_invalid", [
      term(rows.log, codeView(manifest.log)),
      term(rows.leaves, String(signed.size)),
      term(rows.root, hashView(signed.root)),
    ]),
    holds("manifest_invalid", [
      term(rows.madeAt, timeView(manifest.generated_at)),
      term(rows.madeFor, textView(manifest.generated_by.username)),
      term(rows.from, from === null ? rows.beginning : timeView(from)),
      term(rows.to, to === null ? rows.now : timeView(to)),
    ]),
    holds(
      "entries_mismatch",
      kinds.map(([kind, count]) => term(kind, String(count))),
    ),
    holds(
      "policy_mismatch",
      policies.map(({ version, hash }) => term(rows.version(version), hashView(hash))),
    ),
    holds(
      "enrolment_mismatch",
      enrolments.map(({ person, keyFingerprint }) => term(person.username, hashView(keyFingerprint))),
    ),
    holds("receipt_invalid", [
      ...receipts.map(receiptView),
      ...manifest.missing_receipts.map(({ request, reason }) =>
        term(rows.missingReceipt, ...rows.missing<View>(codeView(request), reason)),
      ),
    ]),
  ];
}

/** Who decided what, under which rule, by which keys. */
function receiptView({
  request,
  status,
  endedAt,
  endedBy,
  rule,
  policyVersion,
  decisions,
  redeemed,
  outcome,
}: ReceiptVerdict): ViewElement {
  const { rows } = texts;
  const version = policyVersion === 0 ? "" : rows.policyVersion(policyVersion);
  return group(
    request.action,
    term(rows.ended, status, " ", timeView(endedAt)),
    term(rows.request, codeView(request.id)),
    term(rows.agent, textView(request.requested_by.name)),
    term(rows.rule, textView(rule), version),
    ...(decisions.length === 0 ? [term(rows.decision, rows.nobody(endedBy))] : []),
    ...decisions.map(({ person, verdict, at, keyFingerprint }) =>
      term(rows.decision, ...rows.decided<View>(verdict, textView(person.username), timeView(at)), " ", hashView(keyFingerprint)),
    ),
    ...(redeemed === null ? [] : [term(rows.used, timeView(redeemed.at))]),
    ...(outcome === null ? [] : [term(rows.outcome, outcome.status)]),
  );
}
