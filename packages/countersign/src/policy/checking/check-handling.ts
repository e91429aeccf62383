/** What rules and defaults say of how calls are handled: masks that name something there is, limits that let anything through. */
import { checkPattern } from "../conditions/pattern.ts";
import type { TextFinding } from "../document/field.ts";
import type { Path } from "../document/finding.ts";
import { maskPathFault } from "../document/masking.ts";
import type { PolicyDefaults, PolicyDocument, PolicyRule } from "../document/policy-document.ts";

/** What all patterns of masks may weigh together, as those of conditions. */
const HEAVIEST_MASKS = 5_000;

type Said = PolicyDefaults | PolicyRule;

const error = (told: TextFinding["told"], offset?: number): TextFinding => ({
  level: "error",
  told,
  ...(offset !== undefined && { offset }),
});

export function checkHandling({ defaults, rules = [] }: PolicyDocument): TextFinding[] {
  const all: [Said, Path][] = [[defaults ?? {}, ["defaults"]], ...rules.map((rule, index): [Said, Path] => [rule, ["rules", index]])];
  const weight = { left: HEAVIEST_MASKS };
  return all.flatMap(([said, path]) => [...checkLimits(said, path), ...checkMasks(said, path, weight)]);
}

function checkLimits({ limits }: Said, path: Path): TextFinding[] {
  if (limits === undefined) return [];
  const at: Path = [...path, "limits"];
  if (Object.keys(limits).length === 0) return [error({ code: "missing_key", path: at, message: "no limit stands here", hint: null })];
  const { credits, credits_per_day: most } = limits;
  if (credits !== undefined && most === undefined) {
    const message = "credits count towards credits_per_day, which is missing here";
    return [error({ code: "missing_key", path: [...at, "credits"], message, hint: "say how many may be spent a day" })];
  }
  if (credits === undefined || most === undefined || credits <= most) return [];
  const message = `one call costs more than the ${most} of a day: none ever passes`;
  return [error({ code: "bad_value", path: [...at, "credits"], message, hint: "deny says so plainly" })];
}

function checkMasks({ mask = [] }: Said, path: Path, weight: { left: number }): TextFinding[] {
  return mask.flatMap((entry, index) => {
    const at: Path = [...path, "mask", index];
    const found: TextFinding[] = [];
    if (Object.keys(entry).length === 0) {
      const hint = "path, key, pattern or detector; with several, all of them have to be met";
      found.push(error({ code: "missing_key", path: at, message: "this masks nothing", hint }));
    }
    const fault = entry.path === undefined ? null : maskPathFault(entry.path);
    if (fault !== null) {
      const message = `this is no path from here on: ${JSON.stringify(entry.path?.slice(fault, fault + 20))}`;
      const hint = 'such as $.users[*].email, $.rows[0]["e-mail"], $.*.id or $..token';
      found.push(error({ code: "bad_path", path: [...at, "path"], message, hint }, fault));
    }
    if (entry.pattern !== undefined) found.push(...checkMaskPattern(entry.pattern, [...at, "pattern"], weight));
    return found;
  });
}

function checkMaskPattern(pattern: string, path: Path, weight: { left: number }): TextFinding[] {
  if (weight.left < 0) return [];
  const checked = checkPattern(pattern);
  if (!checked.ok) {
    const message = `this pattern cannot be used: ${checked.refusal}`;
    return [error({ code: "bad_pattern", path, message, hint: null }, offsetIn(pattern, checked.refusal))];
  }
  weight.left -= checked.value;
  if (weight.left >= 0) return [];
  const message = "the patterns of this policy's masks are too many or too large";
  return [error({ code: "too_costly", path, message, hint: "from here on none was checked" })];
}

/** RE2 tells which part it cannot read, in back quotes at the end. */
function offsetIn(pattern: string, refusal: string): number {
  const part = /`([^`]+)`$/.exec(refusal)?.[1];
  return part === undefined ? 0 : Math.max(0, pattern.indexOf(part));
}
