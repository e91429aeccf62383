/** What checking a bundle comes to: what it proves, or the first check that failed. */
import type { ReceiptVerdict } from "../receipt-verdict.ts";
import type { Manifest } from "./bundle-format.ts";

/** The checks of a bundle in their order, each by the code of its failure. */
export const BUNDLE_CHECKS = [
  "malformed",
  "checkpoint_invalid",
  "witnesses_missing",
  "manifest_invalid",
  "file_mismatch",
  "entries_mismatch",
  "policy_mismatch",
  "enrolment_mismatch",
  "receipt_invalid",
  "incomplete",
] as const;
type BundleCheck = (typeof BUNDLE_CHECKS)[number];

/** The first check that failed, in which file, and a sentence about it. */
export interface BundleFailure {
  code: BundleCheck;
  /** Null for the bundle as a whole. */
  file: string | null;
  message: string;
}

/** Ends a check wherever it is; `verifyBundle` makes a refusal of it, and nobody else sees one. */
export class BundleFault extends Error {
  readonly failure: BundleFailure;
  constructor(code: BundleCheck, file: string | null, message: string) {
    super(message);
    this.failure = { code, file, message };
  }
}

/** What a bundle proves, as far as the trust that was given. */
export interface BundleVerdict {
  manifest: Omit<Manifest, "files">;
  /** Who of the policy's witnesses has cosigned the signed checkpoint; null without policy. */
  witnesses: ReceiptVerdict["witnesses"];
  entries: {
    /** With their records. */
    shown: number;
    /** By their hashes alone. */
    withheld: number;
    /** How many of each kind are shown, by the names of the kinds. */
    kinds: Readonly<Record<string, number>>;
  };
  /** Of every request that is shown to have ended between the checkpoints, in the order of the log. */
  receipts: ReceiptVerdict[];
  policies: { version: number; hash: string; publishedAt: string; index: number }[];
  enrolments: { person: { id: string; username: string }; keyFingerprint: string; at: string; index: number }[];
}
