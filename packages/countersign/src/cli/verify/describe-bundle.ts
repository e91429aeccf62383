/** What a bundle proves, in words and as a document. */
import { witnessTime } from "../../documents/words.ts";
import type { BundleVerdict } from "../../evidence/bundle-verdict.ts";
import type { ReceiptVerdict } from "../../verifier.ts";
import { visible } from "../visible.ts";
import { verdictDocument } from "./describe.ts";

const line = (label: string, content: string): string => `  ${label.padEnd(11)}${content}`;
const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** Who decided, or what let it pass without people, and by which rule. */
function receiptLines({ request, status, endedAt, endedBy, rule, policyVersion, decisions, redeemed, outcome }: ReceiptVerdict): string[] {
  const by = policyVersion === 0 ? "" : `, under ${visible(rule)} of policy version ${policyVersion}`;
  const went = [redeemed === null ? null : `used ${redeemed.at}`, outcome && `${outcome.status} ${outcome.at}`].filter(
    (one) => one !== null,
  );
  return [
    `  ${endedAt}  ${status.padEnd(9)}  ${visible(request.action)}`,
    line("", `${request.id} by ${visible(request.requested_by.name)}${by}`),
    ...(decisions.length === 0 ? [line("", `nobody signed: ended by ${endedBy}`)] : []),
    ...decisions.map(({ person, verdict, at, keyFingerprint }) =>
      line("", `${verdict} by ${visible(person.username)} (${person.id}) at ${at}, key SHA-256 ${keyFingerprint}`),
    ),
    ...(went.length === 0 ? [] : [line("", went.join(", "))]),
  ];
}

/** Several lines for a person to read, ending in a newline. */
export function describeBundle({ manifest, witnesses, entries, receipts, policies, enrolments }: BundleVerdict): string {
  const { first, last, signed, from, to, missing_receipts: missing } = manifest;
  const namedKeys = receipts.some(({ keys }) => keys === "named by the verifier");
  return [
    `Valid: nothing is missing between leaf ${first.size} and leaf ${last.size} of ${visible(manifest.log)}.`,
    "",
    line("Period", `${from ?? "the log's beginning"} to ${to ?? manifest.generated_at}`),
    line(
      "Made",
      `${manifest.generated_at} for ${visible(manifest.generated_by.username)} (${manifest.generated_by.id}), by ${visible(manifest.origin)}`,
    ),
    line(
      "Leaves",
      `${counted(entries.shown + entries.withheld, "leaf", "leaves")}: ${entries.shown} shown, ${entries.withheld} withheld or erased`,
    ),
    ...(manifest.scope === "everything"
      ? []
      : [line("", "records of requests and of single calls are withheld from whoever asked for it")]),
    ...Object.entries(entries.kinds)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([kind, count]) => line("", `${kind}: ${count}`)),
    line("Signed", `${signed.size} leaves, root ${signed.root}`),
    ...(witnesses ?? []).map(({ name, timeSeconds }) => line("Witness", `${visible(name)} at ${witnessTime(timeSeconds)}`)),
    ...policies.map(({ version, hash, publishedAt }) => line("Policy", `version ${version} of ${publishedAt}, SHA-256 ${hash}`)),
    ...enrolments.map(({ person, keyFingerprint, at }) =>
      line("Passkey", `${visible(person.username)} (${person.id}) since ${at}, key SHA-256 ${keyFingerprint}`),
    ),
    "",
    `${counted(receipts.length, "request")} ended${receipts.length === 0 ? "." : ":"}`,
    ...receipts.flatMap(receiptLines),
    ...missing.map(({ request, reason }) => `  ${request} ended too; its receipt cannot be made any more (${reason}).`),
    "",
    `On the trust of the log key and the origin that you gave${witnesses === null ? "" : ", and of the witnesses in the policy"}.`,
    namedKeys
      ? "The passkeys are those that you named."
      : "The passkeys are as enrolled by this operator; name them with --approver to rely on nobody's word.",
    "",
  ].join("\n");
}

/** For programs; its members are named as in the manifest and in receipts. */
export const bundleDocument = ({ manifest, witnesses, entries, receipts, policies, enrolments }: BundleVerdict) => ({
  valid: true,
  ...manifest,
  witnesses: witnesses?.map(({ name, timeSeconds }) => ({ name, time: timeSeconds })) ?? null,
  entries,
  receipts: receipts.map(verdictDocument),
  policies: policies.map(({ version, hash, publishedAt, index }) => ({ version, hash, published_at: publishedAt, index })),
  enrolments: enrolments.map(({ person, keyFingerprint, at, index }) => ({ person, key_fingerprint: keyFingerprint, at, index })),
});
