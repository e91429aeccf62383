/** What is known of a condition once it was walked. Types of the CEL library are not here: what is exported must not name them. */
import type { FindingCode } from "../document/finding.ts";
import type { PastQuestion } from "../judging/past/question.ts";

/** What is wrong with a condition. `offset` is counted in its text. */
export interface ConditionFault {
  code: FindingCode;
  offset: number;
  message: string;
  hint: string | null;
}

/** A member by the names that lead to it, and where it stands. */
export interface NamedMember {
  path: string[];
  offset: number;
}

/** What a condition is made of. */
export interface Outline {
  faults: ConditionFault[];
  nodes: number;
  /** How deep its loops are nested, those over lists that the condition itself writes out included. */
  depth: number;
  /** How deep they are nested that go over what is given; those over written lists repeat what they hold `factor` times at most. */
  givenDepth: number;
  factor: number;
  /** What reads through a whole text or list, by the number of loops over what is given that it stands in. */
  scans: [number, number, number];
  /** Lists and texts that are put together: what comes out is longer than what went in. */
  joins: number;
  /** What its patterns weigh. */
  patternWeight: number;
  /** What it asks of the past. */
  asksPast: PastQuestion[];
  /** Conditions on past calls that are in it, and where their texts stand. */
  pastConditions: { source: string; offset: number }[];
  /** How often it names `args`. */
  argumentUses: number;
  /** Members of `args`, and of those, that are named; what is above a member is there too. */
  argumentMembers: NamedMember[];
  /** Functions on text, with the member of `args` that they are called on. */
  textMembers: Set<string>;
}

/** Of a condition that holds nothing. */
export const emptyOutline = (): Outline => ({
  faults: [],
  nodes: 0,
  depth: 0,
  givenDepth: 0,
  factor: 1,
  scans: [0, 0, 0],
  joins: 0,
  patternWeight: 0,
  asksPast: [],
  pastConditions: [],
  argumentUses: 0,
  argumentMembers: [],
  textMembers: new Set(),
});
