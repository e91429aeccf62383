/** Whether calls of a tool could need the evidence of a passkey, whatever its arguments and the time: what is listed to agents says so. */
import type { AuthenticatorClass } from "../../documents/words.ts";
import type { CompiledPolicy, CompiledRule } from "./compiled.ts";
import type { CallOfTool } from "./could-hold.ts";
import { strictestHandling } from "./handling.ts";
import { fitsMatch } from "./matching.ts";

/** The strictest class of passkeys that some call of it could need; null where none ever does. Conditions are not looked into. */
export function couldVerify(policy: CompiledPolicy | null, { server, tool, hints, agent }: CallOfTool): AuthenticatorClass | null {
  if (policy === null || policy.observes) return null;
  const call = { source: "call", server, tool, action: null, hints, agent } as const;
  const possible: CompiledRule[] = [];
  for (const rule of policy.rules) {
    if (rule.observes || !fitsMatch(rule, call)) continue;
    if (rule.effect !== "deny") possible.push(rule);
    // Without a condition it matches: none behind it is judged.
    if (rule.when === null) break;
  }
  return strictestHandling(possible).verified ?? null;
}
