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
  "unknown_channel",
  "unknown_user",
  "unknown_zone",
  "impossible_quorum",
  "bad_window",
  "bad_time",
  "bad_condition",
  "bad_pattern",
  "bad_path",
  "unknown_argument",
  "too_costly",
  "hints_without_server",
  "approve_above_low",
  "grants_misplaced",
  "execute_misplaced",
  "not_idempotent",
  "preview_misplaced",
  "unwrap_misplaced",
  "unknown_tool",
  "not_read_only",
  "not_available",
] as const;

/** Codes of what is worth a second look. */
export const WARNING_CODES = [
  "shadowed",
  "allow_unconditional",
  "allow_takes_asks",
  "command_text",
  "threshold_below_notice",
  "never_reached",
  "chain_of_anything",
  "chain_never_met",
  "never_counts",
  "not_kept",
] as const;

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
  /** What to do about it. */
  hint: string;
}

/** A path as people write it: `rules[2].match.when`. */
export const pathText = (path: Path): string =>
  path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
    .join("")
    .replace(/^\./, "");

/** What to do where a finding has no better hint of its own. */
export const HINTS: Readonly<Record<FindingCode, string>> = {
  too_large: "shorten lists and messages, or take out rules",
  not_yaml: "write YAML 1.2 or JSON",
  too_deep: "no field of a policy lies that deep",
  duplicate_key: "keep one of them",
  not_plain: "write the value out where it stands",
  bad_number: "write it as text",
  bad_text: "leave it out",
  bad_type: "docs/policies.md says what belongs to each key",
  bad_value: "docs/policies.md says what may stand here",
  unknown_key: "take it out",
  missing_key: "add it",
  duplicate_name: "give it a name of its own",
  unknown_group: "look at its spelling, or make the group first",
  unknown_channel: "look at its spelling, or add the channel first",
  unknown_user: "look at its spelling, or invite them first",
  unknown_zone: "such as Europe/Berlin, or UTC",
  impossible_quorum: "name more people, or require fewer",
  bad_window: "write days as 2026-12-24, or 2026-12-24/2026-12-26",
  bad_time: "times go from 30s to 7d, and shorter ones come first",
  bad_condition: "docs/policies.md says what conditions are made of",
  bad_path: "paths begin with $, such as $.users[*].email",
  unknown_argument: "look at its spelling: the tool was accepted without it",
  bad_pattern: "patterns are RE2, without look-around and back references",
  too_costly: "make it shorter, or several rules of it",
  hints_without_server: 'add server, such as server: "*"',
  approve_above_low: "leave it out, or make the risk low",
  grants_misplaced: "leave grants out here",
  execute_misplaced: "leave it out here",
  preview_misplaced: "leave it out here",
  unwrap_misplaced: "leave it out here",
  unknown_tool: "look at its spelling, or accept it first",
  not_read_only: "name a tool that says readOnlyHint: true of itself",
  not_idempotent: "leave execute out, name other tools, or say unattended: true",
  not_available: "leave it out until it is",
  shadowed: "move it up, or take it out",
  allow_unconditional: "add when, or name tools that only read",
  allow_takes_asks: "add source: call if calls are meant",
  command_text: "what is gated for sure is the tool",
  threshold_below_notice: "make the threshold the higher one",
  never_reached: "make it lower, or watch for more",
  chain_of_anything: "name tools, or a condition",
  chain_never_met: "look at its spelling, or take the chain out",
  never_counts: "look at its spelling: globs are on names of tools",
  not_kept: "keep masked, where this has to be known",
};
