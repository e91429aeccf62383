/**
 * Verifies a receipt offline (docs/formats.md, "Receipt"): from the payload up to the signed root of the log, with nothing
 * fetched. What is trusted is an argument. Runs in Node, Workers and browsers.
 */
import { rpIdOf } from "./webauthn/assertion.ts";
import {
  formFailure,
  grantingReceiptOf,
  type Receipt,
  RECEIPT_CHECKS,
  type ReceiptFailure,
  type ReceiptFailureCode,
} from "./documents/receipt.ts";
import {
  type Approvers,
  assertionFailure,
  basisFailure,
  enrolmentFailure,
  payloadFailure,
  quorumFailure,
  statementFailure,
  timesFailure,
  verdictFailure,
} from "./receipt-rules.ts";
import type { Basis } from "./documents/record.ts";
import {
  givenGrantFailure,
  grantRiskFailure,
  grantTimesFailure,
  grantUsesFailure,
  usedGrantFailure,
  withinGranting,
} from "./grant-rules.ts";
import { findInLog } from "./receipt-log.ts";
import { type ReceiptVerdict, verdictOf } from "./receipt-verdict.ts";
import { accept, refuse, type Result } from "./result.ts";
import { parseVkey } from "./tlog/note.ts";
import type { WitnessPolicy } from "./tlog/witness-policy.ts";
import { type LogTrust, type UnverifiedCheckpoint, verifyCheckpoint } from "./tlog/verify-checkpoint.ts";

export {
  MAX_RECEIPT_BYTES,
  parseReceipt,
  type Receipt,
  RECEIPT_CHECKS,
  RECEIPT_TOO_LARGE,
  type ReceiptFailure,
  type ReceiptFailureCode,
} from "./documents/receipt.ts";
export type { PassedByGrant, ReceiptVerdict, Status, VerifiedDecision } from "./receipt-verdict.ts";

/** What the verifier takes for true; everything else it checks. */
export interface Trust {
  /** The log's verifier key, `<origin line>+<key id>+<key>`. May be left out if the policy lists logs: then it is any of those. */
  vkey?: string;
  /** Where decisions are made, such as `https://gate.example.com`. */
  origin: string;
  /** If given, every decision must be by one of these people with one of these keys. Otherwise the log's operator is believed. */
  approvers?: Approvers;
  /** If given, its witnesses must have cosigned the checkpoint. */
  policy?: WitnessPolicy;
  /** What besides people may have let it pass; if not given, nothing. */
  allowBasis?: readonly Basis[];
}

/** People and their keys as they are typed, `usr_…=<SHA-256>` each; what is not of that form is left for `trustProblem` to name. */
export function readApprovers(typed: readonly string[]): Approvers {
  const approvers = new Map<string, Set<string>>();
  for (const one of typed) {
    const [person = "", ...fingerprint] = one.split("=");
    const known = approvers.get(person) ?? new Set();
    approvers.set(person, known.add(fingerprint.join("=")));
  }
  return approvers;
}

/** What is wrong with what is said of the log and its witnesses, null if it can be used. */
export function logTrustProblem({ vkey, policy }: Pick<Trust, "vkey" | "policy">): string | null {
  const logs = policy?.logs ?? [];
  if (vkey === undefined && logs.length === 0) return "no log key is given, and no policy that lists a log";
  if (vkey !== undefined && !parseVkey(vkey).ok)
    return "the log key is not an Ed25519 verifier key such as gate.example.com/log+1a2b3c4d+AZ…";
  if (vkey !== undefined && logs.length > 0 && !logs.some((log) => log.vkey === vkey)) return "the log key is none of those in the policy";
  return null;
}

/** What is wrong with the arguments, null if they can be used. */
export function trustProblem({ origin, approvers, ...log }: Trust): string | null {
  const problem = logTrustProblem(log);
  if (problem !== null) return problem;
  if (rpIdOf(origin) === null) return "the origin is not of the form https://gate.example.com";
  for (const [person, fingerprints] of approvers ?? []) {
    if (!/^usr_[A-Za-z0-9_-]+$/.test(person)) return `${person} is not a person's id`;
    for (const one of fingerprints) if (!/^[0-9a-f]{64}$/.test(one)) return `${one} is not a SHA-256 in lowercase hexadecimal`;
  }
  return null;
}

/** The checks that are made under this trust, in their order: without policy nobody looks for witnesses. */
export const checksUnder = ({ policy }: Trust): ReceiptFailureCode[] =>
  RECEIPT_CHECKS.filter((check) => check !== "witnesses_missing" || policy !== undefined);

/** Whose signatures under a checkpoint are believed. Throws if the key is none. */
export function logTrustOf({ vkey, policy }: Pick<Trust, "vkey" | "policy">): LogTrust {
  const given = vkey === undefined ? null : parseVkey(vkey);
  if (given?.ok === false) throw new TypeError("not a verifier key");
  return { logKeys: given === null ? (policy?.logs ?? []).map(({ key }) => key) : [given.value], policy: policy ?? null };
}

type Find<Further extends unknown[]> = (receipt: Receipt, ...further: Further) => ReceiptFailure | null | Promise<ReceiptFailure | null>;

/** What has to hold inside a receipt, also in one that is in it, and after that what has to hold between the two. */
const RULES: readonly [ReceiptFailureCode, Find<[Trust]>, ((receipt: Receipt) => ReceiptFailure | null)?][] = [
  ["payload_mismatch", payloadFailure],
  ["statement_mismatch", (receipt) => statementFailure(receipt) ?? givenGrantFailure(receipt), usedGrantFailure],
  ["assertion_invalid", (receipt, { origin }) => assertionFailure(receipt, origin)],
  ["not_enrolled", (receipt, { approvers }) => enrolmentFailure(receipt, approvers)],
  ["verdict_mismatch", verdictFailure, grantRiskFailure],
  ["quorum_not_met", quorumFailure, grantUsesFailure],
  ["times_out_of_order", timesFailure, grantTimesFailure],
];

const within = (found: ReceiptFailure | null): ReceiptFailure | null => found && { ...found, message: withinGranting(found.message) };

/**
 * Checks everything that a receipt claims, in this order, and gives the first failure; `onHolds` is told of each check that
 * holds before it. Throws if the trust cannot be used (see `trustProblem`).
 */
export async function verifyReceipt(
  receipt: Receipt,
  trust: Trust,
  onHolds: (check: ReceiptFailureCode) => void = () => {},
): Promise<Result<ReceiptVerdict, ReceiptFailure>> {
  const problem = trustProblem(trust);
  if (problem !== null) throw new TypeError(problem);
  const unfit = formFailure(receipt);
  if (unfit !== null) return refuse(unfit);
  const granting = grantingReceiptOf(receipt);
  for (const [check, findFailure, findFurther] of RULES) {
    const failure = (await findFailure(receipt, trust)) ?? (granting && within(await findFailure(granting, trust)));
    const found = failure ?? findFurther?.(receipt) ?? null;
    if (found !== null) return refuse(found);
    onHolds(check);
  }
  const log = findInLog(receipt);
  if (!log.ok) return log;
  onHolds("not_included");
  const { text, index, grantingIndex } = log.value;
  const signed = await verifyCheckpoint(text, logTrustOf(trust));
  if (!signed.ok) {
    const failure = checkpointFailure(signed.refusal, log.value.origin);
    if (failure.code === "witnesses_missing") onHolds("checkpoint_invalid");
    return refuse(failure);
  }
  onHolds("checkpoint_invalid");
  if (trust.policy !== undefined) onHolds("witnesses_missing");
  const basis = basisFailure(receipt, trust.allowBasis);
  if (basis !== null) return refuse(basis);
  onHolds("basis_not_allowed");
  return accept(verdictOf(receipt, trust, { ...signed.value, index, grantingIndex }));
}

/** Why a checkpoint of the log with that origin line is not believed. */
export function checkpointFailure(
  refusal: UnverifiedCheckpoint,
  origin: string,
): { code: "checkpoint_invalid" | "witnesses_missing"; message: string } {
  switch (refusal) {
    case "malformed-note":
    case "too-many-signatures":
    case "malformed-checkpoint":
      return { code: "checkpoint_invalid", message: "The checkpoint cannot be read." };
    case "unknown-log":
      return { code: "checkpoint_invalid", message: `The checkpoint is of the log ${origin}, whose key is not the one you trust.` };
    case "bad-signature":
    case "no-known-signature":
      return { code: "checkpoint_invalid", message: "The checkpoint is not signed with the trusted log key." };
    case "bad-cosignature":
      return { code: "witnesses_missing", message: "The signature of one of the policy's witnesses under the checkpoint does not hold." };
    case "witnesses-missing":
      return { code: "witnesses_missing", message: "The checkpoint is not cosigned by as many witnesses as the policy asks for." };
  }
}
