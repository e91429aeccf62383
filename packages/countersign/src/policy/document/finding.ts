/** What is said against a policy: a code, the place in the text, a sentence, and what to do about it. */

/** Keys and indices from the top of the document. */
export type Path = readonly (string | number)[];

/** Codes of what makes a policy unusable. */
export const ERROR_CODES = [
  "too_large",
  "not_yaml",
  "too_deep",
  "duplicate_key",
  "not_plain",
  "bad_number",
  "bad_text",
  "bad_type",
  "bad_value",
  "unknown_key",
  "missing_key",
  "duplicate_name",
  "unknown_group",
  "unknown_user",
  "unknown_zone",
  "impossible_quorum",
  "bad_window",
  "bad_time",
  "bad_condition",
  "bad_pattern",
  "too_costly",
  "hints_without_server",
  "approve_above_low",
  "not_available",
] as const;

/** Codes of what is worth a second look. */
export const WARNING_CODES = ["shadowed", "allow_unconditional", "allow_takes_asks", "command_text"] as const;

export type FindingCode = (typeof ERROR_CODES)[number] | (typeof WARNING_CODES)[number];

export interface PolicyFinding {
  level: "error" | "warning";
  code: FindingCode;
  /** Both from 1. */
  line: number;
  column: number;
  /** Such as `rules[2].match.when`; empty for the document itself. */
  path: string;
  message: string;
  /** What to do about it; null where the message says all. */
  hint: string | null;
}

/** A path as people write it: `rules[2].match.when`. */
export const pathText = (path: Path): string =>
  path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
    .join("")
    .replace(/^\./, "");
