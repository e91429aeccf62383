/** Fields of the document that this version reads and does not carry out yet: publication refuses them, one by one. */
import type { Misplaced } from "../document/field.ts";
import type { Path } from "../document/finding.ts";
import type { PolicyDefaults, PolicyDocument, PolicyRule } from "../document/policy-document.ts";

const SHARED = ["match_code"] satisfies (keyof PolicyDefaults)[];

const unavailable = (path: Path, what: string): Misplaced => ({
  code: "not_available",
  path,
  message: `${what} is not available in this version`,
  hint: null,
  atKey: true,
});

const given = (fields: object, names: readonly string[], path: Path): Misplaced[] =>
  names.filter((name) => Object.hasOwn(fields, name)).map((name) => unavailable([...path, name], name));

const deniedFromChat = ({ notify }: Pick<PolicyRule, "notify">, path: Path): Misplaced[] =>
  notify?.deny_from_chat === true ? [unavailable([...path, "notify", "deny_from_chat"], "deny_from_chat: true")] : [];

/** Everything that publication has to refuse though its form is right. */
export function findUnavailable({ defaults = {}, rules = [] }: PolicyDocument): Misplaced[] {
  return [
    ...given(defaults, SHARED, ["defaults"]),
    ...deniedFromChat(defaults, ["defaults"]),
    ...rules.flatMap((rule, index) => [...given(rule, SHARED, ["rules", index]), ...deniedFromChat(rule, ["rules", index])]),
  ];
}
