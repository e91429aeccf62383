/** What a judgement says of how a call is handled besides whether it passes: fields of the rule that decided (docs/policies.md). Types only. */
import type { CallLimits, Keep } from "./admission.ts";

/** One entry of `mask`; several members mean all of them. */
export interface MaskRule {
  /** A path into the result, such as `$.structuredContent.users[*].email`. */
  path: string | null;
  /** The name of a member, at any depth. */
  key: string | null;
  /** RE2. */
  pattern: string | null;
  /** The name of a detector (`DETECTORS`). */
  detector: string | null;
}

export interface CallHandling {
  limits: CallLimits | null;
  /** What a secret in the arguments does; null: it is not looked for. */
  scan: "block" | "warn" | null;
  mask: readonly MaskRule[];
  keep: Keep;
  /** Seconds that the call may take; null: as the server's limits say. */
  seconds: number | null;
}
