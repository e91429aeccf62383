/** What is known of a condition once it was walked. Types of the CEL library are not here: what is exported must not name them. */
import type { FindingCode } from "../document/finding.ts";

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
  usesHistory: boolean;
  /** Members of `args`, and of those, that are named. */
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
  usesHistory: false,
  argumentMembers: [],
  textMembers: new Set(),
});
