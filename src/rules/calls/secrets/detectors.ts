/** What can be looked for in a text, by the names that policies use. How each is found is beside this file. */
import type { DETECTORS } from "#countersign/policy/judging/handling.ts";

export type Detector = (typeof DETECTORS)[number];

/** Those that `scan: { secrets }` looks for: what lets somebody act as another, or pay. */
export const SECRETS: ReadonlySet<Detector> = new Set<Detector>(["card_number", "iban", "jwt", "private_key", "token", "high_entropy"]);

export interface Detected {
  start: number;
  end: number;
  by: Detector;
  /** What it is, such as `aws_access_key_id`. Never what it says. */
  what: string;
}
