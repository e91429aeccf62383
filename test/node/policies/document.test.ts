/** The document: what is read, what is refused and where, its hash, and its schema. */
import { readFileSync } from "node:fs";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/server/validators/cf-worker";
import { describe, expect, it, test } from "vitest";
import { schemaText } from "#countersign/cli/policy/init.ts";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { policySchema } from "#countersign/policy/document/policy-document.ts";
import { policyHash, readPolicyDocument } from "#countersign/policy/document/read-policy-document.ts";
import { saidOf } from "#test/support/policies/policy-facts.ts";

const read = (text: string) => readPolicyDocument(text);
const refusalOf = (text: string) => {
  const policy = read(text);
  return policy.ok
    ? []
    : policy.refusal.map(({ line, column, code, path, message, hint }) => ({ at: `${line}:${column}`, code, path, message, hint }));
};
const firstOf = (text: string) => {
  const [first] = refusalOf(text);
  return first === undefined ? null : `${first.at} ${first.code}`;
};

/** Every field that the document has, with a value that fits. */
const EVERYTHING = `type: countersign/policy@v1
mode: enforce
defaults:
  effect: require_approval
  risk: medium
  approvals: [{ required: 1 }]
  separation: true
  denials: 1
  expires_in: 15m
  use_within: 1h
  expires_in_max: 1d
  use_within_max: 2h
  escalate: [{ after: 5m, users: [ada] }]
  reason: required
  message: No.
  scan: { secrets: warn }
  mask: [{ path: $.a }, { key: token }, { pattern: "[0-9]+" }, { detector: card_number }]
  keep: hash
  limits: { per_minute: 10, per_day: 100, credits: 1, credits_per_day: 5, seconds: 60 }
  notify: { label: hidden, deny_from_chat: false }
  match_code: on
lists: { tables: [users, 7] }
anomaly:
  threshold: 60
  notice: 30
  approvals: [{ groups: [oncall] }]
  watch: [recipient]
  chains: [{ name: out, within: 10m, add: 40, steps: [{ tool: ["*read_*"], when: "true" }, { tool: http_* }] }]
rules:
  - name: everything
    mode: observe
    match:
      source: [ask, call]
      server: [one, "two*"]
      tool: "*"
      action: Deploy *
      agent: ["a?", b]
      groups: [internal]
      hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }
      when: args.env == "production"
    effect: require_approval
    risk: low
    approvals: [{ users: [ada], groups: [release], required: 2, when: has(args.x) }]
    separation: false
    denials: 2
    window: { days: [mon], from: "22:00", to: "02:00", zone: Europe/Berlin, except: [2026-12-24, 2026-12-31/2027-01-01], outside: [{ groups: [oncall] }] }
    expires_in: 30s
    use_within: 7d
    expires_in_max: 1d
    use_within_max: 7d
    escalate: [{ after: 10s, groups: [oncall] }]
    on_expiry: approve
    reason: required
    message: Not now.
    grants: { for: 30d, uses: 100 }
    preview: { tool: plan, args: "args", pick: $.diff }
    scan: { secrets: block }
    mask: [{ key: password }]
    keep: { what: full, days: 30 }
    limits: { per_day: 5 }
    execute: on_approval
    unattended: true
    unwrap: { tool: args.name, args: args.arguments }
    notify: { label: shown }
    match_code: off
`;

describe("a policy", () => {
  it("has these fields, all of them read", () => {
    expect(refusalOf(EVERYTHING)).toEqual([]);
  });

  it("is hashed as what was parsed, however it was written", () => {
    const yaml = read("type: countersign/policy@v1\nrules: # none\n  - { effect: deny, name: all }\n");
    const json = read('{"rules":[{"name":"all","effect":"deny"}],"type":"countersign/policy@v1"}');
    const hash = "12efb3cdfdaeb8cad2743f75b7d04f21d017d132871b80f821bdf079910f2e35";
    expect([yaml.ok && yaml.value.hash, json.ok && json.value.hash]).toEqual([hash, hash]);
    if (!yaml.ok) throw new Error("it is a policy");
    expect(canonicalize(yaml.value.document)).toBe('{"rules":[{"effect":"deny","name":"all"}],"type":"countersign/policy@v1"}');
    expect(policyHash(yaml.value.document)).toBe(hash);
  });

  it("takes words as YAML 1.2 does: no and on are text, and so are dates and times", () => {
    expect(refusalOf("type: countersign/policy@v1\nlists: { words: [no, on, 2026-01-01, 12:30, 1e3, 0o14, -1.5] }")).toEqual([]);
  });

  it("may have no rules, and is nothing but a map", () => {
    expect(refusalOf("type: countersign/policy@v1")).toEqual([]);
    expect([firstOf(""), firstOf("- a"), firstOf("null"), firstOf("{}")]).toEqual([
      "1:1 bad_type",
      "1:1 bad_type",
      "1:1 bad_type",
      "1:1 missing_key",
    ]);
  });
});

/** After `type: …` in the first line. */
test.each([
  ["an unknown key, with the right one", "rules:\n  - { name: a, effct: deny }", ["error 3:5 missing_key", "error 3:16 unknown_key"]],
  ["a key twice", "rules: []\nrules: []", ["error 3:1 duplicate_key"]],
  ["an anchor", "lists: &a { x: [1] }", ["error 2:11 not_plain"]],
  ["an alias", "lists: *a", ["error 2:8 not_plain"]],
  ["a tag", "lists: { x: [!!str 1] }", ["error 2:20 not_plain"]],
  ["a tag that nobody knows", "lists: { x: [!mine 1] }", ["error 2:14 not_plain", "error 2:20 not_plain"]],
  ["a merge key", "defaults: { <<: { effect: deny } }", ["error 2:13 unknown_key"]],
  ["a second document", "---\nrules: []", ["error 2:1 not_plain"]],
  ["not a number", "lists: { x: [.nan] }", ["error 2:14 bad_number"]],
  ["infinity", "lists: { x: [1, -.inf] }", ["error 2:17 bad_number"]],
  ["a number that loses digits", "lists: { x: [12345678901234567890] }", ["error 2:14 bad_number"]],
  ["negative zero", "lists: { x: [-0] }", ["error 2:14 bad_number"]],
  ["half a character", 'lists: { x: ["\\uD800"] }', ["error 2:14 bad_text"]],
  ["the key __proto__", "lists: { __proto__: [1] }", ["error 2:10 bad_text"]],
  ["a key that is no text", "lists: { [a]: [1] }", ["error 2:10 not_yaml"]],
  ["a tab", "rules:\n\t- { name: a }", ["error 3:1 not_yaml"]],
  ["a list where a map belongs", "rules: [[]]", ["error 2:9 bad_type"]],
  ["text where a list belongs", "rules: none", ["error 2:8 bad_type"]],
  ["a wrong word", "rules: [{ name: a, effect: alow }]", ["error 2:28 bad_value"]],
  ["a bad name", "rules: [{ name: A B, effect: deny }]", ["error 2:17 bad_value"]],
  ["a bad time", "defaults: { expires_in: 15 minutes }", ["error 2:25 bad_value"]],
  ["a number as a time", "defaults: { expires_in: 15 }", ["error 2:25 bad_type"]],
  ["an empty list of approvals", "defaults: { approvals: [] }", ["error 2:24 bad_value"]],
  ["a slot of nobody", "defaults: { approvals: [{ users: [] }] }", ["error 2:34 bad_value"]],
  ["a slot that needs nobody", "defaults: { approvals: [{ required: 0 }] }", ["error 2:37 bad_value"]],
  ["a bad name of a list", "lists: { Tables: [1] }", ["error 2:10 bad_value"]],
  [
    "a hint that there is none of",
    'rules: [{ name: a, effect: deny, match: { server: "*", hints: { readonlyHint: true } } }]',
    ["error 2:65 unknown_key"],
  ],
])("refused, with its place: %s", (_, rest, said) => {
  expect(saidOf(rest)).toEqual(said);
});

test("what is wrong comes with what is meant", () => {
  expect(refusalOf("type: countersign/policy@v1\nrules:\n  - name: a\n    effct: deny\n")[1]).toEqual({
    at: "4:5",
    code: "unknown_key",
    path: "rules[0].effct",
    message: 'there is no key "effct" here',
    hint: "is effect meant?",
  });
  // Without quotes the text ends at its comma.
  expect(
    refusalOf("type: countersign/policy@v1\nrules:\n  - { name: a, effect: deny, match: { when: args.a.all(b, b > 1) } }"),
  ).toMatchObject([{ code: "unknown_key", hint: "a text with a comma or a colon in it belongs in quotes" }]);
});

test("a directive is refused: %YAML 1.1 would read other values", () => {
  expect(firstOf("%YAML 1.1\n---\ntype: countersign/policy@v1\nlists: { a: [no] }")).toBe("1:1 not_plain");
  expect(firstOf("%TAG ! tag:example.com,2026:\n---\ntype: countersign/policy@v1")).toBe("1:1 not_plain");
});

describe("schemas/policy.schema.json", () => {
  const kept = readFileSync(new URL("../../../schemas/policy.schema.json", import.meta.url), "utf8");

  it("is what the description says", () => {
    expect(JSON.parse(kept)).toEqual(policySchema());
    expect(JSON.parse(schemaText())).toEqual(policySchema());
  });

  it("explains every field of a rule, and lets no other stand", () => {
    interface Described {
      description?: string;
    }
    const { properties } = JSON.parse(kept) as {
      properties: { rules: { items: { properties: Record<string, Described>; additionalProperties: boolean } } };
    };
    const { items } = properties.rules;
    const silent = Object.entries(items.properties).filter(([, { description }]) => description === undefined);
    expect([silent, items.additionalProperties, Object.keys(items.properties).length]).toEqual([[], false, 30]);
  });

  it("takes and refuses what the reader does, wherever something is changed", () => {
    const { $schema: _, ...schema } = policySchema();
    const isValid = new CfWorkerJsonSchemaValidator().getValidator(schema);
    const whole = readPolicyDocument(EVERYTHING);
    if (!whole.ok) throw new Error("it is a policy");
    const original = JSON.stringify(whole.value.document);
    const places = placesIn(JSON.parse(original) as Json);
    expect(places.length).toBeGreaterThan(150);
    const differing: string[] = [];
    let refused = 0;
    for (const place of places) {
      for (const wrong of ["?", 0, true, [], {}, null, "x".repeat(5_000)]) {
        const document = JSON.parse(original) as Json;
        put(document, place, wrong);
        const taken = readPolicyDocument(JSON.stringify(document)).ok;
        if (!taken) refused += 1;
        if (taken !== isValid(document).valid) differing.push(`${place.join(".")}: ${JSON.stringify(wrong).slice(0, 20)}`);
      }
    }
    expect(differing).toEqual([]);
    expect(refused).toBeGreaterThan(500);
  });
});

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Every place below a document, as keys and indices. */
const placesIn = (value: Json, path: string[] = []): string[][] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, member]) => [[...path, key], ...placesIn(member, [...path, key])])
    : [];

function put(document: Json, place: readonly string[], value: Json): void {
  const parent = place.slice(0, -1).reduce<Json>((below, key) => (below as Record<string, Json>)[key] as Json, document);
  (parent as Record<string, Json>)[place.at(-1) ?? ""] = value;
}
