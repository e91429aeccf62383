/** Which rules of a policy may decide a call of one tool, as people are shown it: by names alone, in the order in which they are looked at. */
import type { CompiledPolicy, CompiledRule } from "#countersign/policy/judging/compiled.ts";
import { globTakes } from "#countersign/policy/judging/glob.ts";
import type { ToolHints } from "#countersign/policy/judging/facts.ts";

/** `always`: whoever calls it and with whatever arguments, if none before it matched. */
export interface GatingRule {
  name: string;
  effect: CompiledRule["effect"];
  always: boolean;
  /** Whether people could be asked by it, at some time. */
  asks: boolean;
}

type Names = string | readonly string[] | undefined;

const gatingOf = ({ name, effect, outside }: CompiledRule, always: boolean): GatingRule => {
  const asks = effect === "require_approval" || (effect === "allow" && outside !== null);
  return { name, effect, always, asks };
};

const takes = (globs: Names, name: string): boolean =>
  globs === undefined || (typeof globs === "string" ? [globs] : globs).some((glob) => globTakes(glob, name));

function mayMatch({ match }: CompiledRule, server: string, tool: string, hints: ToolHints): boolean {
  if (match.action !== undefined || !takes(match.source, "call") || !takes(match.server, server) || !takes(match.tool, tool)) return false;
  return Object.entries(match.hints ?? {}).every(([hint, value]) => hints[hint as keyof ToolHints] === value);
}

/** The rules that a call of that tool may meet, up to the first that takes every one; those that only observe decide nothing. */
export function gatingRules({ rules, defaults }: CompiledPolicy, server: string, tool: string, hints: ToolHints): GatingRule[] {
  const found: GatingRule[] = [];
  for (const rule of rules) {
    if (rule.observes || !mayMatch(rule, server, tool, hints)) continue;
    const always = rule.when === null && rule.match.agent === undefined && rule.match.groups === undefined;
    found.push(gatingOf(rule, always));
    if (always) return found;
  }
  return [...found, gatingOf(defaults, true)];
}
