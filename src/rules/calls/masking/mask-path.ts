/** Paths of `mask`: which values of a result one names. `$`, `.name`, `["name"]`, `[0]`, `[*]`, `.*`, `..name`; either star is any value. */
import { maskPathFault } from "#countersign/policy/document/masking.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";

interface PathStep {
  /** Null: any member and any item. */
  step: string | number | null;
  /** At any depth. */
  isAnywhere: boolean;
}

export type MaskPath = readonly PathStep[];

/** How far a path has been followed, in each of the ways that lead to a value: how many of its steps are behind. */
export type Followed = readonly number[];

const STEP = /(\.\.?)([^.[\]"'*\s]+)|\.(\*)|\[(?:(\*)|([0-9]{1,9})|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"))\]/y;

/** Reads a path that may be published (`maskPathFault` of the policy), or says why it is none. */
export function readMaskPath(text: string): Result<MaskPath, string> {
  const fault = maskPathFault(text);
  if (fault !== null) return refuse(`this is no path from here on: ${text.slice(fault, fault + 20)}`);
  const steps: PathStep[] = [];
  let at = 1;
  while (at < text.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    if (match === null) throw new Error("maskPathFault lets pass what is no step");
    const [whole, dots, name, anyMember, anyItem, index, quoted] = match;
    const given = name ?? (quoted === undefined ? undefined : (JSON.parse(quoted) as string));
    const isAny = anyMember !== undefined || anyItem !== undefined;
    steps.push({ step: isAny ? null : (given ?? Number(index)), isAnywhere: dots === ".." });
    at += whole.length;
  }
  return accept(steps);
}

/** At `$`. */
export const AT_ROOT: Followed = [0];

/** One step further down. */
export function follow(path: MaskPath, followed: Followed, step: string | number): Followed {
  const next: number[] = [];
  for (const behind of followed) {
    const one = path[behind];
    if (one === undefined) continue;
    if (one.isAnywhere) next.push(behind);
    if (one.step === null || one.step === step) next.push(behind + 1);
  }
  return next.length > 1 ? [...new Set(next)] : next;
}

/** Whether the value is one that the path names. */
export const isAtEnd = (path: MaskPath, followed: Followed): boolean => followed.includes(path.length);
