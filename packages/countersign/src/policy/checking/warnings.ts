/** What is allowed to be published and worth a second look: rules that can never match, and what passes without anybody. */
import type { Misplaced } from "../document/field.ts";
import type { PolicyDocument, PolicyMatch, PolicyRule } from "../document/policy-document.ts";
import { globTakes } from "../judging/glob.ts";
import { warnOfAnomaly } from "./check-anomaly.ts";
import type { KnownTool } from "./check-arguments.ts";
import { listedNames, takesTool } from "./taken-tools.ts";

/** How names of tools begin that only read. */
const READS =
  /^(?:check|count|describe|explain|fetch|find|get|head|list|look_?up|ping|preview|query|read|search|show|stat|status|view)(?:[_\-.A-Z*?]|$)/;

/** Everything worth a second look but what stands in conditions. `tools`: those that were accepted, as far as they are known. */
export function findWarnings(document: PolicyDocument, tools: readonly KnownTool[] = []): Misplaced[] {
  const { defaults, rules = [] } = document;
  const ofDefaults: Misplaced[] =
    defaults?.effect === "allow"
      ? [{ code: "allow_unconditional", path: ["defaults", "effect"], message: "what no rule matches passes without anybody", hint: null }]
      : [];
  return [
    ...ofDefaults,
    ...rules.flatMap((rule, index) => warningsOf(rule, index, tools)),
    ...shadowedRules(rules),
    ...warnOfAnomaly(document, tools),
  ];
}

function warningsOf({ effect, mode, match = {} }: PolicyRule, index: number, tools: readonly KnownTool[]): Misplaced[] {
  if (effect !== "allow" || mode === "observe") return [];
  const found: Misplaced[] = [];
  const more = match.when === undefined ? doesMore(match, tools) : null;
  if (more !== null) {
    const message = `this lets ${more} pass that may do more than read, without any condition`;
    found.push({ code: "allow_unconditional", path: ["rules", index, "effect"], message, hint: null });
  }
  if (match.source !== "call" && !(Array.isArray(match.source) && match.source.every((source) => source === "call"))) {
    const message = "this also lets asks pass, whose tool and action are the agent's own word";
    found.push({ code: "allow_takes_asks", path: ["rules", index, "effect"], message, hint: null });
  }
  return found;
}

/** What a match takes that may do more than read, as far as the accepted tools that it takes say, or else the names that it gives. */
function doesMore(match: PolicyMatch, tools: readonly KnownTool[]): string | null {
  if (match.hints?.readOnlyHint === true) return null;
  const taken = match.source === "ask" ? [] : tools.filter((one) => takesTool(match, one));
  const found = taken.find(({ hints }) => hints?.readOnlyHint !== true);
  if (found !== undefined) return `the tool ${found.tool} of ${found.server}`;
  const isNamed = listedNames(match.tool)?.every((glob) => READS.test(glob)) ?? false;
  return taken.length > 0 || isNamed ? null : "a tool";
}

/** Globs that are compared to find rules that never match: more than any policy needs that people have written. */
const MOST_COMPARED = 2_000_000;

/** Rules of which an earlier one takes everything. It has no condition, or the same one. Where comparing would take too long, none. */
function shadowedRules(rules: readonly PolicyRule[]): Misplaced[] {
  const found: Misplaced[] = [];
  let compared = 0;
  const takesGlob = (one: string, other: string) => {
    compared += 1;
    return compared <= MOST_COMPARED && globTakes(one, other, true);
  };
  rules.forEach((rule, index) => {
    const earlier = rules
      .slice(0, index)
      .find((other) => other.mode !== "observe" && coversMatch(other.match ?? {}, rule.match ?? {}, takesGlob));
    if (earlier === undefined) return;
    const message = `this can never match: ${earlier.name} takes everything before it`;
    found.push({ code: "shadowed", path: ["rules", index, "name"], message, hint: null });
  });
  return found;
}

function coversMatch(wide: PolicyMatch, narrow: PolicyMatch, takesGlob: (one: string, other: string) => boolean): boolean {
  if (wide.when !== undefined && wide.when !== narrow.when) return false;
  const isCovered = (
    name: "source" | "server" | "tool" | "action" | "agent" | "groups",
    covers: (one: string, other: string) => boolean,
  ) => {
    const [all, some] = [listedNames(wide[name]), listedNames(narrow[name])];
    return all === null || (some?.every((other) => all.some((one) => covers(one, other))) ?? false);
  };
  const isSame = (one: string, other: string) => one === other;
  const named = (["server", "tool", "action", "agent"] as const).every((name) => isCovered(name, takesGlob));
  const hinted = Object.entries(wide.hints ?? {}).every(([hint, value]) => narrow.hints?.[hint as keyof typeof narrow.hints] === value);
  return named && hinted && isCovered("source", isSame) && isCovered("groups", isSame);
}
