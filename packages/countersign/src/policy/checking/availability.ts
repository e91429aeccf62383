/** Fields of the document that this version reads and does not carry out yet: publication refuses them, one by one. */
import type { Misplaced } from "../document/field.ts";
import type { Path } from "../document/finding.ts";
import type { PolicyDocument, PolicyRule } from "../document/policy-document.ts";

const unavailable = (path: Path, what: string): Misplaced => ({
  code: "not_available",
  path,
  message: `${what} is not available in this version`,
  hint: null,
  atKey: true,
});

const deniedFromChat = ({ notify }: Pick<PolicyRule, "notify">, path: Path): Misplaced[] =>
  notify?.deny_from_chat === true ? [unavailable([...path, "notify", "deny_from_chat"], "deny_from_chat: true")] : [];

/** Everything that publication has to refuse though its form is right. */
export const findUnavailable = ({ defaults = {}, rules = [] }: PolicyDocument): Misplaced[] => [
  ...deniedFromChat(defaults, ["defaults"]),
  ...rules.flatMap((rule, index) => deniedFromChat(rule, ["rules", index])),
];
