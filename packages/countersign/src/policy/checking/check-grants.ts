/** Where a rule lets people remember: only where it asks them, never what is critical, and no longer than any grant lasts. */
import { MAX_GRANT_MS } from "../../grants/check-grant-shown.ts";
import { durationMs, SHORTEST_TIME_MS } from "../document/duration.ts";
import type { Misplaced } from "../document/field.ts";
import type { Path } from "../document/finding.ts";
import type { PolicyDefaults, PolicyRule } from "../document/policy-document.ts";

export function checkRememberedRule({ grants, effect, risk: own }: PolicyRule, defaults: PolicyDefaults, path: Path): Misplaced[] {
  if (grants === undefined) return [];
  const at: Path = [...path, "grants"];
  const risk = own ?? defaults.risk ?? "medium";
  const misplaced = (message: string, hint: string): Misplaced => ({ code: "grants_misplaced", path: at, message, hint, atKey: true });
  const found: Misplaced[] = [];
  if (effect !== "require_approval")
    found.push(misplaced("this rule asks nobody, so that there is nothing to remember", "leave grants out, or ask with require_approval"));
  if (risk === "critical") found.push(misplaced("what is critical is asked about each time", "leave grants out, or lower the risk"));
  const ms = durationMs(grants.for);
  if (ms < SHORTEST_TIME_MS || ms > MAX_GRANT_MS)
    found.push({ code: "bad_time", path: [...at, "for"], message: "this is from 30s to 30d", hint: null });
  return found;
}
