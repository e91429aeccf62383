/** Whether calls of a tool could need the evidence of a passkey, whatever its arguments and the time: what is listed to agents says so. */
import type { AuthenticatorClass } from "../../../documents/words.ts";
import type { CompiledPolicy, CompiledRule } from "../compiled.ts";
import type { CallOfTool } from "./could-hold.ts";
import { strictestHandling } from "../handling.ts";
import { fitsMatch } from "../matching.ts";

/** The strictest class of passkeys that some call of it could need; null where none ever does. Conditions are not looked into. */
export function couldVerify(policy: CompiledPolicy | null, called: CallOfTool): AuthenticatorClass | null {
  if (policy === null || policy.observes) return null;
  const { server, tool, hints, agent } = called;
  const outer = possibleRules(policy.rules, (rule) =>
    fitsMatch(rule, { source: "call", server, tool, action: null, hints, agent }) ? { always: rule.when === null } : null,
  );
  const inner = outer.some(({ unwrap }) => unwrap !== null) ? possibleWithin(policy.rules, called) : [];
  return strictestHandling([...outer, ...inner]).verified ?? null;
}

/** Of the call that one of it may hold, whose tool is not known, nor what that says of itself. */
function possibleWithin(rules: readonly CompiledRule[], { server, agent }: CallOfTool): CompiledRule[] {
  const call = { source: "call", server, tool: null, action: null, hints: null, agent } as const;
  return possibleRules(rules, ({ match: { tool, hints, ...match }, when }) =>
    fitsMatch({ match }, call) ? { always: when === null && tool === undefined && hints === undefined } : null,
  );
}

/** Those that may decide, up to the first that takes every call: none behind it is judged. What observes or refuses wants no evidence. */
function possibleRules(rules: readonly CompiledRule[], takes: (rule: CompiledRule) => { always: boolean } | null): CompiledRule[] {
  const possible: CompiledRule[] = [];
  for (const rule of rules) {
    const taken = rule.observes ? null : takes(rule);
    if (taken === null) continue;
    if (rule.effect !== "deny") possible.push(rule);
    if (taken.always) break;
  }
  return possible;
}
