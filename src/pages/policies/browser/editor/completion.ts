/** What may be typed at a place of a policy: keys and words of the document's own schema, and the names that there are here. */
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import policySchema from "../../../../../schemas/policy.schema.json" with { type: "json" };
import { typedPlace, type TypedPlace } from "./place.ts";

/** A part of the schema, as far as it is looked at. */
interface Part {
  properties?: Record<string, Part>;
  items?: Part;
  anyOf?: Part[];
  oneOf?: Part[];
  enum?: (string | boolean)[];
  const?: string;
  type?: string;
  description?: string;
}

/** Names that a policy may use. */
export interface KnownWords {
  groups: readonly string[];
  users: readonly string[];
  agentGroups: readonly string[];
}

const alternatives = (part: Part): Part[] => [
  part,
  ...[...(part.anyOf ?? []), ...(part.oneOf ?? []), ...(part.items === undefined ? [] : [part.items])].flatMap(alternatives),
];

const partsAt = (path: readonly string[]): Part[] =>
  path.reduce<Part[]>(
    (parts, key) => parts.flatMap(({ properties = {} }) => (Object.hasOwn(properties, key) ? alternatives(properties[key] ?? {}) : [])),
    alternatives(policySchema),
  );

const keysAt = (path: readonly string[]): Completion[] =>
  partsAt(path).flatMap(({ properties = {} }) =>
    Object.entries(properties).map(([label, { description }]) => ({
      label,
      apply: `${label}: `,
      type: "property",
      ...(description === undefined ? {} : { info: description }),
    })),
  );

function valuesAt(path: readonly string[], { groups, users, agentGroups }: KnownWords): Completion[] {
  const last = path.at(-1);
  const names = last === "users" ? users : last === "groups" ? (path.at(-2) === "match" ? agentGroups : groups) : [];
  const words = partsAt(path).flatMap((part) => {
    const own = part.enum ?? (part.const === undefined ? [] : [part.const]);
    return own.length === 0 && part.type === "boolean" ? ["true", "false"] : own.map(String);
  });
  return [...words.map((label) => ({ label, type: "enum" })), ...names.map((label) => ({ label, type: "text" }))];
}

/** Everything that fits there. */
export function wordsAt({ path, valueOf }: TypedPlace, known: KnownWords): Completion[] {
  if (valueOf !== null) return valuesAt([...path, valueOf], known);
  const keys = keysAt(path);
  return keys.length > 0 ? keys : valuesAt(path, known);
}

/** Offers words for what is typed, or for what could be, if that is asked for. */
export const completing =
  (known: KnownWords) =>
  (context: CompletionContext): CompletionResult | null => {
    const typed = context.matchBefore(/[\w.-]*/);
    const from = typed?.from ?? context.pos;
    if (from === context.pos && !context.explicit) return null;
    const options = wordsAt(typedPlace(context.state.sliceDoc(0, from)), known);
    return options.length === 0 ? null : { from, options, validFor: /^[\w.-]*$/ };
  };
