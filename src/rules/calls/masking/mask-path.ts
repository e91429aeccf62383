/** Paths of `mask`: which values of a result one names. `$`, `.name`, `["name"]`, `[0]`, `[*]`, `.*`, and `..` before any of them. */
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

const STEP =
  /(?:(\.\.?)(?:(\*)|([^.[\]"'*\s]+))|(\.\.)?\[(?:(\*)|([0-9]{1,9})|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|'([^'\\]*)')\])/y;

/** Reads a path, or says why it is none. */
export function readMaskPath(text: string): Result<MaskPath, string> {
  if (!text.startsWith("$")) return refuse("a path begins with $");
  const steps: PathStep[] = [];
  let at = 1;
  while (at < text.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    if (match === null) return refuse(`this is no step of a path: ${text.slice(at, at + 20)}`);
    const [whole, dots, anyMember, name, dotsBefore, anyItem, index, quoted, single] = match;
    const isAnywhere = dots === ".." || dotsBefore !== undefined;
    const given = name ?? single ?? (quoted === undefined ? undefined : (JSON.parse(quoted) as string));
    const any = anyMember ?? anyItem;
    steps.push({ step: any === undefined ? (given ?? Number(index)) : null, isAnywhere });
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
