/** Whether a rule matches. What the judged thing does not have does not match. */
import { type RuleCondition, type ConditionFacts, longestIn, PastFacts, STEPS_A_JUDGEMENT, type Workload } from "../conditions/workload.ts";
import type { CompiledPolicy, CompiledRule } from "./compiled.ts";
import type { PolicyFacts } from "./facts.ts";
import { globTakes } from "./glob.ts";

/** Facts as conditions see them. What an ask does not name is empty. */
export function workloadOf({ lists, longestInLists }: CompiledPolicy, facts: PolicyFacts): Workload {
  const { agent, args, caller } = facts;
  const seen: ConditionFacts = {
    args,
    action: facts.action ?? "",
    tool: { server: facts.server ?? "", name: facts.tool ?? "", hints: { ...facts.hints } },
    agent: { name: agent.name, owner: agent.owner.username, groups: agent.groups, chain: agent.chain ?? [] },
    caller: caller ?? { issuer: "", subject: "", groups: [] },
    now: new Date(facts.nowMs),
    lists,
    history: new PastFacts(facts.past),
  };
  const longest = Math.max(
    longestInLists,
    longestIn(args),
    facts.action?.length ?? 0,
    agent.groups.length,
    agent.chain?.length ?? 0,
    caller?.groups.length ?? 0,
  );
  return { facts: seen, longest, stepsLeft: STEPS_A_JUDGEMENT };
}

type Names = string | readonly string[] | undefined;

const listOfNames = (names: Names): readonly string[] | null => (names === undefined ? null : typeof names === "string" ? [names] : names);

const takes = (globs: Names, name: string | null): boolean => {
  const all = listOfNames(globs);
  return all === null || (name !== null && all.some((glob) => globTakes(glob, name)));
};

/** What a rule looks at besides its condition. */
type MatchedFacts = Pick<PolicyFacts, "source" | "server" | "tool" | "action" | "hints"> & {
  agent: Pick<PolicyFacts["agent"], "name" | "groups">;
};

/** Everything that a rule asks for but its condition. */
export function fitsMatch({ match }: Pick<CompiledRule, "match">, facts: MatchedFacts): boolean {
  const { source, server, tool, action, agent, groups, hints } = match;
  if (source !== undefined && !listOfNames(source)?.includes(facts.source)) return false;
  if (!takes(server, facts.server) || !takes(tool, facts.tool) || !takes(action, facts.action) || !takes(agent, facts.agent.name))
    return false;
  const wanted = listOfNames(groups);
  if (wanted !== null && !wanted.some((group) => facts.agent.groups.includes(group))) return false;
  if (hints === undefined) return true;
  const { hints: given, server: on } = facts;
  if (given === null || on === null) return false;
  return Object.entries(hints).every(([hint, value]) => given[hint as keyof typeof given] === value);
}

/** Whether a condition holds; null if it fails. One that is not there holds. */
export const conditionHolds = (when: RuleCondition | null, work: Workload): boolean | null => (when === null ? true : when.holds(work));
