/** Which rules hold at a value, by its path and by the names above it. */
import { AT_ROOT, follow, type Followed, isAtEnd } from "./mask-path.ts";
import type { CompiledMask, Masks } from "./masks.ts";

/** Of one rule, at one value. */
interface Reached {
  followed: Followed;
  /** At what its path names, or within it; true without a path. The same for its key. */
  inPath: boolean;
  inKey: boolean;
}

/** Of each rule, in their order. */
export type Located = readonly Reached[];

const reached = (rule: CompiledMask, followed: Followed, before: Reached | null, isKey: boolean): Reached => ({
  followed,
  inPath: rule.path === null || before?.inPath === true || isAtEnd(rule.path, followed),
  inKey: rule.key === null || before?.inKey === true || isKey,
});

/** At `$`, or where no path leads. */
export const locatedAt = ({ rules }: Masks, isRoot: boolean): Located =>
  rules.map((rule) => reached(rule, isRoot ? AT_ROOT : [], null, false));

/** One step below. */
export const locatedBelow = ({ rules }: Masks, above: Located, step: string | number): Located =>
  rules.map((rule, index) => {
    const before = above[index];
    const followed = rule.path === null || before === undefined ? [] : follow(rule.path, before.followed, step);
    return reached(rule, followed, before ?? null, rule.key === step);
  });

/**
 * At the outermost value of a text that is JSON: it lies where the text lies, and is `$` by itself, and, since servers send their
 * structured content as text once more, as `$.structuredContent`.
 */
export const locatedWithin = ({ rules }: Masks, text: Located): Located =>
  rules.map((rule, index) => {
    const before = text[index] ?? null;
    const ways = rule.path === null ? [] : [...(before?.followed ?? []), ...AT_ROOT, ...follow(rule.path, AT_ROOT, "structuredContent")];
    return reached(rule, [...new Set(ways)], before, false);
  });

/** The first rule that masks the whole value here. */
export const maskingWhole = ({ rules }: Masks, at: Located): CompiledMask | null =>
  rules.find((rule, index) => {
    const here = at[index];
    const hasPlace = rule.path !== null || rule.key !== null;
    return hasPlace && rule.pattern === null && rule.detector === null && here?.inPath === true && here.inKey;
  }) ?? null;

/** The rules that mask parts of texts here. `isCarried`: only those that name a path or key. */
export const maskingParts = ({ rules }: Masks, at: Located, isCarried: boolean): CompiledMask[] =>
  rules.filter((rule, index) => {
    const here = at[index];
    const isPart = rule.pattern !== null || rule.detector !== null;
    return isPart && here?.inPath === true && here.inKey && !(isCarried && rule.path === null && rule.key === null);
  });
