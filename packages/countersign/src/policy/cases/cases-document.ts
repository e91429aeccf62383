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
import type { Path, PolicyFinding } from "../document/finding.ts";
import { MOST_FINDINGS, readYaml } from "../document/read-yaml.ts";
import { ANOMALY_KINDS } from "../judging/anomaly.ts";

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

const moment = textLike(/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/, "a time such as 2026-11-20T09:30:00Z");

/** One call of before, or several like it: `times` of them, `every` so long, the last one at `at` or `ago`. */
const before = mapOf(
  { tool: textUpTo(200) },
  { at: moment, ago: durationField, server: textUpTo(200), args: anyMap, times: wholeNumber(1, 10_000), every: durationField },
);

const given = mapOf(
  {},
  {
    source: wordOf("ask", "call"),
    now: moment,
    past: listOf(before, 0, 1_000),
    agent: mapOf({}, { name: textUpTo(200), groups: names, owner: textUpTo(64), maker: textUpTo(64), chain: names }),
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
    code: wordOf("policy_denied", "outside_window", "reason_required", "no_eligible_approver", "unwrap_failed"),
    message: textUpTo(500),
    carried: anyNames,
    observed: anyNames,
    expires_in: durationField,
    use_within: durationField,
    unwrapped: textUpTo(200),
    preview: textUpTo(200),
    execute: wordOf("on_collect", "on_approval"),
    anomaly: listOf(wordOf(...ANOMALY_KINDS), 0, ANOMALY_KINDS.length),
    score: wholeNumber(0, 100_000),
    notice: trueOrFalse,
  },
);

const casesField = mapOf(
  { type: wordOf("countersign/policy-cases@v1"), cases: listOf(mapOf({ name: textUpTo(200), expect: expected }, { given }), 1, 10_000) },
  { people: listOf(mapOf({ username: textUpTo(64) }, { groups: names }), 0, 1_000), given },
);

/** A Wednesday morning: where a case names no time, none is meant. */
export const DEFAULT_NOW = "2026-01-07T10:00:00Z";

export type PolicyCases = ReadBy<typeof casesField>;
export type PolicyCase = PolicyCases["cases"][number];
export type CaseGiven = NonNullable<PolicyCase["given"]>;
export type CaseExpected = PolicyCase["expect"];

/** Calls of before that all cases may have together, repeated ones counted. */
const MOST_CALLS = 100_000;

/** Each has one time, and none comes after what is judged. */
function checkPasts({ given: shared = {}, cases }: PolicyCases): Misplaced[] {
  const all: [CaseGiven, Path][] = [
    [shared, ["given"]],
    ...cases.map(({ given: own = {} }, index): [CaseGiven, Path] => [own, ["cases", index, "given"]]),
  ];
  let calls = 0;
  return all.flatMap(([{ past = [], now = shared.now }, path]) =>
    past.flatMap(({ at, ago, times = 1, every }, index): Misplaced[] => {
      const place: Path = [...path, "past", index];
      calls += times;
      if (calls > MOST_CALLS)
        return [{ code: "too_large", path: place, message: `cases have at most ${MOST_CALLS} calls of before`, hint: null }];
      if ((at === undefined) === (ago === undefined)) {
        const hint = "such as ago: 10m, or at: 2026-11-20T09:30:00Z";
        return [{ code: "bad_value", path: place, message: "it has one time: at, or ago", hint }];
      }
      if (every !== undefined && times === 1) return [{ code: "missing_key", path: place, message: "every belongs to times", hint: null }];
      if (at === undefined || Date.parse(at) < Date.parse(now ?? DEFAULT_NOW)) return [];
      return [{ code: "bad_time", path: [...place, "at"], message: "this is not before what is judged", hint: null }];
    }),
  );
}

/** Reads cases. Refuses with everything that is wrong with their form. */
export function readPolicyCases(text: string): Result<PolicyCases, PolicyFinding[]> {
  const yaml = readYaml(text);
  if (!yaml.ok) return yaml;
  const told: Misplaced[] = [];
  const cases = casesField.read(yaml.value.value, [], told);
  if (cases !== undefined) told.push(...checkPasts(cases));
  return cases === undefined || told.length > 0
    ? refuse(told.slice(0, MOST_FINDINGS).map((one) => yaml.value.place("error", one)))
    : accept(cases);
}
