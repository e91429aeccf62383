/** What a rule may be about, before any call comes: its accepted tools, and whether it asks people about calls at all. */
import type { PolicyMatch, PolicyRule } from "../document/policy-document.ts";
import { globTakes } from "../judging/glob.ts";
import type { KnownTool } from "./check-arguments.ts";

export const listedNames = (one: string | readonly string[] | undefined): readonly string[] | null =>
  one === undefined ? null : typeof one === "string" ? [one] : one;

/** Whether a rule may match calls of the tool, whatever its condition says. */
export const takesTool = ({ server, tool, hints = {} }: PolicyMatch, one: KnownTool): boolean =>
  (listedNames(server)?.some((glob) => globTakes(glob, one.server)) ?? true) &&
  (listedNames(tool)?.some((glob) => globTakes(glob, one.tool)) ?? true) &&
  Object.entries(hints).every(([hint, value]) => one.hints?.[hint as keyof typeof one.hints] === value);

/** Whether it takes calls, as far as it says what it takes. */
export const takesCalls = ({ source, action }: PolicyMatch): boolean =>
  action === undefined && listedNames(source)?.includes("call") !== false;

/** Whether people may come to be asked about calls by it. */
export function asksAboutCalls({ effect, window, match = {} }: PolicyRule): boolean {
  const asksOutside = window?.outside !== undefined && window.outside !== "deny";
  return takesCalls(match) && (effect === "require_approval" || (effect === "allow" && asksOutside));
}
