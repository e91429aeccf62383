/** What is called before people are asked about a call, as the rules that ask say. Pure. */
import type { JsonObject } from "../../../json/canonical-json.ts";
import type { Workload } from "../../conditions/workload.ts";
import type { CompiledRule } from "../compiled.ts";

/** A tool of the same server. `args` null: they could not be told. `pick` null: all of its result counts. */
export interface WantedPreview {
  /** The rule that says so. */
  rule: string;
  tool: string;
  args: JsonObject | null;
  pick: string | null;
}

/** Of the rule of that name, or else of the first that has one. */
export function previewOf(decides: string, asking: readonly CompiledRule[], work: Workload): WantedPreview | null {
  const having = asking.filter(({ preview }) => preview !== null);
  const rule = having.find(({ name }) => name === decides) ?? having[0];
  if (rule === undefined || rule.preview === null) return null;
  const { tool, args, pick } = rule.preview;
  return { rule: rule.name, tool, args: args.value(work) ?? null, pick };
}
