/** Everything that can be said of a policy before it is published: what publication refuses, and what it warns of. */
import { accept, type Result } from "../../result.ts";
import type { PolicyFinding } from "../document/finding.ts";
import type { PolicyDocument } from "../document/policy-document.ts";
import { type ReadPolicy, readPolicyDocument } from "../document/read-policy-document.ts";
import { findUnavailable } from "./availability.ts";
import { checkConditions } from "./check-conditions.ts";
import { checkHandling } from "./check-handling.ts";
import { checkMeaning, type KnownNames } from "./check-meaning.ts";
import { findWarnings } from "./warnings.ts";

/** Of each level: who has to mend more of them mends these first. */
const MOST_OF_A_LEVEL = 100;

/** A policy that can be read, with all that is said of it, errors first, each in the order of its text. It may be published if no finding is an error. */
export interface CheckedPolicy {
  document: PolicyDocument;
  hash: string;
  findings: PolicyFinding[];
}

/**
 * Checks a policy's text. Refuses what cannot be read as a policy. `known` are the groups, users, people, channels and accepted tools that
 * there are; what is left out is not checked.
 */
export function checkPolicy(text: string, known: KnownNames = {}): Result<CheckedPolicy, PolicyFinding[]> {
  const read = readPolicyDocument(text);
  if (!read.ok) return read;
  const { document, hash } = read.value;
  return accept({ document, hash, findings: findingsOf(read.value, known) });
}

function findingsOf({ document, place }: ReadPolicy, known: KnownNames): PolicyFinding[] {
  const found = [
    ...checkMeaning(document, known).map((told) => place("error", told)),
    ...[...checkConditions(document, known.tools), ...checkHandling(document)].map(({ level, told, offset }) => place(level, told, offset)),
    ...findUnavailable(document).map((told) => place("error", told)),
    ...findWarnings(document, known.tools).map((told) => place("warning", told)),
  ];
  const sorted = found.toSorted((one, other) => one.line - other.line || one.column - other.column);
  return (["error", "warning"] as const).flatMap((level) => sorted.filter((one) => one.level === level).slice(0, MOST_OF_A_LEVEL));
}
