/** `countersign/policy-cases@v1`: what a policy should do, as cases. What is given and expected is docs/policies.md, "Cases". */
import type { JsonObject, JsonValue } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { durationField } from "../document/duration.ts";
import {
  type DocumentField,
  listOf,
  mapOf,
  type Misplaced,
  type ReadBy,
  textLike,
  textUpTo,
  trueOrFalse,
  wholeNumber,
  wordOf,
} from "../document/field.ts";
import type { PolicyFinding } from "../document/finding.ts";
import { MOST_FINDINGS, readYaml } from "../document/read-yaml.ts";

const anyMap: DocumentField<JsonObject> = {
  schema: { type: "object" },
  read: (value: JsonValue, path, told) => {
    if (isObject(value)) return value;
    told.push({ code: "bad_type", path, message: "a map belongs here", hint: null });
    return undefined;
  },
};

const names = listOf(textUpTo(200), 1, 50);
const anyNames = listOf(textUpTo(200), 0, 1_000);

const given = mapOf(
  {},
  {
    source: wordOf("ask", "call"),
    now: textLike(/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/, "a time such as 2026-11-20T09:30:00Z"),
    agent: mapOf({}, { name: textUpTo(200), groups: names, owner: textUpTo(64), maker: textUpTo(64) }),
    caller: mapOf({}, { issuer: textUpTo(500), subject: textUpTo(500), groups: names }),
    server: textUpTo(200),
    tool: textUpTo(200),
    action: textUpTo(200),
    args: anyMap,
    hints: mapOf({}, { readOnlyHint: trueOrFalse, destructiveHint: trueOrFalse, idempotentHint: trueOrFalse, openWorldHint: trueOrFalse }),
    users: names,
    groups: names,
    required: wholeNumber(1, 50),
    expires_in: durationField,
    use_within: durationField,
    reason: textUpTo(2_000, 0),
  },
);

const expected = mapOf(
  {},
  {
    rule: textUpTo(64),
    effect: wordOf("allow", "require_approval", "deny"),
    risk: wordOf("low", "medium", "high", "critical"),
    approvers: anyNames,
    required: wholeNumber(0, 500),
    later: anyNames,
    code: wordOf("policy_denied", "outside_window", "reason_required", "no_eligible_approver"),
    message: textUpTo(500),
    carried: anyNames,
    observed: anyNames,
    expires_in: durationField,
    use_within: durationField,
  },
);

const casesField = mapOf(
  { type: wordOf("countersign/policy-cases@v1"), cases: listOf(mapOf({ name: textUpTo(200), expect: expected }, { given }), 1, 10_000) },
  { people: listOf(mapOf({ username: textUpTo(64) }, { groups: names }), 0, 1_000), given },
);

export type PolicyCases = ReadBy<typeof casesField>;
export type PolicyCase = PolicyCases["cases"][number];
export type CaseGiven = NonNullable<PolicyCase["given"]>;
export type CaseExpected = PolicyCase["expect"];

/** Reads cases. Refuses with everything that is wrong with their form. */
export function readPolicyCases(text: string): Result<PolicyCases, PolicyFinding[]> {
  const yaml = readYaml(text);
  if (!yaml.ok) return yaml;
  const told: Misplaced[] = [];
  const cases = casesField.read(yaml.value.value, [], told);
  return cases === undefined ? refuse(told.slice(0, MOST_FINDINGS).map((one) => yaml.value.place("error", one))) : accept(cases);
}
