/** The ways in which each of some writes can fail. */
import { oneIn } from "#test/support/every-case.ts";
import type { End, Fault, How } from "./fault-plan.ts";

/** Of one write: its place among them, and its name. */
export interface NamedFault extends Fault {
  at: number;
  name: string;
}

const PAIRS: readonly (readonly [How, End])[][] = [
  [
    ["absent", "goes on"],
    ["present", "dies"],
  ],
  [
    ["absent", "dies"],
    ["present", "goes on"],
  ],
];

/**
 * Each write fails, absent and present. What an object makes (`isMortal`, or all) also has the object gone: `npm test` runs one pair of
 * these four, and of the next write the other.
 */
export function faultsOf(writes: readonly string[], isMortal: (name: string, at: number) => boolean = () => true): NamedFault[] {
  return writes.flatMap((name, at) =>
    isMortal(name, at)
      ? oneIn(2, PAIRS, at).flatMap((pair) => pair.map(([how, end]) => ({ name, at, how, end })))
      : (["absent", "present"] as const).map((how) => ({ name, at, how, end: "goes on" as const })),
  );
}
