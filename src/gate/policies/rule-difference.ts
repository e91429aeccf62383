/** What one policy changes against another, by the names of its rules. */
import { canonicalize, type JsonValue } from "#countersign/json/canonical-json.ts";
import type { PolicyDocument, PolicyRule } from "#countersign/policy/document/policy-document.ts";

export interface RuleDifference {
  added: string[];
  removed: string[];
  /** With the members that differ. */
  changed: { rule: string; members: string[] }[];
  /** Whether rules that both have stand in another order. */
  reordered: boolean;
  /** Parts of the document besides its rules. */
  other: string[];
}

const membersThatDiffer = (one: object, other: object): string[] => {
  const [before, after] = [one, other].map((document) => new Map(Object.entries(document))) as [Map<string, unknown>, Map<string, unknown>];
  const textOf = (value: unknown) => (value === undefined ? "" : canonicalize(value as JsonValue));
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => textOf(before.get(name)) !== textOf(after.get(name)));
};

const byName = (rules: readonly PolicyRule[] = []): Map<string, PolicyRule> => new Map(rules.map((rule) => [rule.name, rule]));

/** `before` null: version 0, which has no rules. */
export function ruleDifference(before: PolicyDocument | null, after: PolicyDocument): RuleDifference {
  const [old, fresh] = [byName(before?.rules), byName(after.rules)];
  const changed = [...fresh].flatMap(([rule, said]) => {
    const was = old.get(rule);
    const members = was === undefined ? [] : membersThatDiffer(was, said);
    return members.length === 0 ? [] : [{ rule, members }];
  });
  const kept = (rules: Map<string, PolicyRule>, others: Map<string, PolicyRule>) =>
    [...rules.keys()].filter((name) => others.has(name)).join();
  const { rules: _, type: _type, ...otherBefore } = before ?? { type: after.type };
  const { rules: _rules, type: _same, ...otherAfter } = after;
  return {
    added: [...fresh.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !fresh.has(name)),
    changed,
    reordered: kept(old, fresh) !== kept(fresh, old),
    other: membersThatDiffer(otherBefore, otherAfter),
  };
}
