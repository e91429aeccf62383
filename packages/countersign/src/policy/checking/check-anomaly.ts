/** What `anomaly` may say that makes no sense: scores that nothing reaches, chains that nothing ends. */
import { durationMs, LONGEST_PAST_MS } from "../document/duration.ts";
import type { Misplaced } from "../document/field.ts";
import type { Path } from "../document/finding.ts";
import type { PolicyAnomaly, PolicyDocument, PolicyRule } from "../document/policy-document.ts";
import { mostOf } from "../judging/anomaly.ts";
import { NOTICE, THRESHOLD } from "../judging/compiled.ts";
import { globTakes } from "../judging/glob.ts";
import type { KnownTool } from "./check-arguments.ts";

/** Errors; its approvals are checked with all others. */
export function checkAnomaly({ anomaly }: PolicyDocument): Misplaced[] {
  const names = new Set<string>();
  return (anomaly?.chains ?? []).flatMap(({ name, within }, index): Misplaced[] => {
    const at: Path = ["anomaly", "chains", index];
    const isNew = !names.has(name);
    names.add(name);
    const found: Misplaced[] = [];
    if (!isNew) found.push({ code: "duplicate_name", path: [...at, "name"], message: `another chain is called ${name}`, hint: null });
    if (durationMs(within) > LONGEST_PAST_MS) {
      const message = "the past is known for at most 30d";
      found.push({ code: "bad_time", path: [...at, "within"], message, hint: "from 1s to 30d" });
    }
    return found;
  });
}

/** What is worth a second look. `tools`: those that were accepted, as far as they are known. */
export function warnOfAnomaly({ anomaly, rules = [] }: PolicyDocument, tools: readonly KnownTool[]): Misplaced[] {
  if (anomaly === undefined) return [];
  return [...warnOfScores(anomaly), ...warnOfChains(anomaly, rules, tools)];
}

function warnOfScores(anomaly: PolicyAnomaly): Misplaced[] {
  const { threshold = THRESHOLD, notice = NOTICE, watch = [], chains = [] } = anomaly;
  const most = mostOf({ watch, chains });
  const path: Path = ["anomaly"];
  if (anomaly.notice !== undefined && threshold < notice) {
    const message = `what reaches ${threshold} is held: nothing passes with a notice, from ${notice} on`;
    return [{ code: "threshold_below_notice", path: [...path, "notice"], message, hint: null }];
  }
  return (["threshold", "notice"] as const).flatMap((name): Misplaced[] => {
    const written = anomaly[name];
    if (written === undefined || written <= most) return [];
    return [{ code: "never_reached", path: [...path, name], message: `all that can be unusual comes to ${most} together`, hint: null }];
  });
}

type Step = NonNullable<PolicyAnomaly["chains"]>[number]["steps"][number];

const globsOf = ({ tool }: Step): readonly string[] => (tool === undefined ? ["*"] : typeof tool === "string" ? [tool] : tool);

function warnOfChains({ chains = [] }: PolicyAnomaly, rules: readonly PolicyRule[], tools: readonly KnownTool[]): Misplaced[] {
  return chains.flatMap(({ steps }, index) =>
    steps.flatMap((step, at): Misplaced[] => {
      const path: Path = ["anomaly", "chains", index, "steps", at];
      const globs = globsOf(step);
      if (step.tool === undefined && step.when === undefined) {
        return [{ code: "chain_of_anything", path, message: "every call is this step", hint: null }];
      }
      const denying = rules.find((rule) => refusesAll(rule) && globs.every((glob) => takesAll(rule, glob)));
      if (denying !== undefined) {
        const message = `this step never happens: ${denying.name} refuses it, and what is refused does not count`;
        return [{ code: "chain_never_met", path, message, hint: null }];
      }
      if (tools.length === 0 || globs.some((glob) => tools.some(({ tool }) => globTakes(glob, tool)))) return [];
      return [{ code: "chain_never_met", path, message: "no accepted tool is called that: only asks that say so count", hint: null }];
    }),
  );
}

/** Whether a rule refuses whatever its tools are asked for. */
const refusesAll = ({ effect, mode, match = {} }: PolicyRule): boolean =>
  effect === "deny" && mode !== "observe" && Object.keys(match).every((name) => name === "tool");

const takesAll = ({ match }: PolicyRule, glob: string): boolean => {
  const tool = match?.tool;
  return tool === undefined || (typeof tool === "string" ? [tool] : tool).some((one) => globTakes(one, glob, true));
};
