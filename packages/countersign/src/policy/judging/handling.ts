/** What a judgement says of how a call is handled besides whether it passes: what the rules that decide say, the strictest of each. */
import type { AuthenticatorClass } from "../../documents/words.ts";

/** How often an agent may do what one rule is about (docs/policies.md, `limits`). */
export interface CallLimits {
  /** Within any 60 seconds, and any 24 hours. */
  perMinute: number | null;
  perDay: number | null;
  /** What one call costs, and how much may be spent within any 24 hours. */
  credits: number;
  creditsPerDay: number | null;
}

/** What is kept of arguments and result, and for so many days; null: as long as the deployment keeps. */
export interface Keep {
  what: "full" | "masked" | "hash" | "none";
  days: number | null;
}

/** What can be looked for in a text, by the names that policies use. How each is found is the service's. */
export const DETECTORS = ["email", "phone", "card_number", "iban", "jwt", "private_key", "token", "ip_address", "high_entropy"] as const;

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
  /** Counted under the name of one rule: `PolicyJudgement.limitedBy`. */
  limits: CallLimits | null;
  /** What a secret in the arguments does; null: it is not looked for. */
  scan: "block" | "warn" | null;
  mask: readonly MaskRule[];
  keep: Keep;
  /** Seconds that the call may take; null: as the server's limits say. */
  seconds: number | null;
  /** Left out: no evidence of a passkey at the agent's client is needed. */
  verified?: AuthenticatorClass;
  /** Whether the server is told where the receipt is; left out: it is not. */
  receipt?: true;
}

/** Of a call that nothing is said of. */
export const DEFAULT_KEEP: Keep = { what: "masked", days: null };

/** A rule, as far as it says how a call is handled. */
interface Handling {
  name: string;
  handling: CallHandling;
}

/** Least kept first. */
const KEPT: readonly Keep["what"][] = ["none", "hash", "masked", "full"];

const leastOf = (numbers: readonly (number | null)[]): number | null => {
  const given = numbers.filter((one) => one !== null);
  return given.length === 0 ? null : Math.min(...given);
};

/** The strictest of all that rules say; without any, as if nothing was said. */
export function strictestHandling(rules: readonly Handling[]): CallHandling {
  const all = rules.map(({ handling }) => handling);
  const limits = all.flatMap((one) => one.limits ?? []);
  const kept = all.map(({ keep }) => keep);
  return {
    limits:
      limits.length === 0
        ? null
        : {
            perMinute: leastOf(limits.map(({ perMinute }) => perMinute)),
            perDay: leastOf(limits.map(({ perDay }) => perDay)),
            credits: Math.max(...limits.map(({ credits }) => credits)),
            creditsPerDay: leastOf(limits.map(({ creditsPerDay }) => creditsPerDay)),
          },
    scan: stricterScan(all.map(({ scan }) => scan)),
    mask: all.flatMap(({ mask }) => mask),
    keep: {
      what: KEPT.find((what) => kept.some((one) => one.what === what)) ?? DEFAULT_KEEP.what,
      days: leastOf(kept.map(({ days }) => days)),
    },
    seconds: leastOf(all.map(({ seconds }) => seconds)),
    ...verifiedBy(all),
    ...(all.some(({ receipt }) => receipt === true) && { receipt: true }),
  };
}

function verifiedBy(all: readonly CallHandling[]): Pick<CallHandling, "verified"> {
  const wanted = all.flatMap(({ verified }) => verified ?? []);
  if (wanted.length === 0) return {};
  return { verified: wanted.includes("cross-platform") ? "cross-platform" : "platform" };
}

/** Whether evidence of such a passkey, if there was any, is what is wanted. */
export const isEvidenceEnough = (wanted: CallHandling["verified"], was: CallHandling["verified"]): boolean =>
  wanted === undefined || was === wanted || was === "cross-platform";

export const stricterScan = (scans: readonly CallHandling["scan"][]): CallHandling["scan"] =>
  scans.includes("block") ? "block" : scans.includes("warn") ? "warn" : null;

/**
 * Under which rule's name the limits are counted; null where there are none. Carried rules come first: whose condition an agent made fail
 * goes on counting under the same name.
 */
export const limitedBy = (rules: readonly Handling[]): string | null =>
  rules.find(({ handling }) => handling.limits !== null)?.name ?? null;
