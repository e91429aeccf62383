/** Kinds of entries in words; one that only a later version knows is its own name. */
import { auditTexts as texts } from "#texts/audit.ts";

const kindsInWords: Readonly<Record<string, string>> = texts.kinds;
const groupsInWords: Readonly<Record<string, string>> = texts.groups;

export const kindText = (kind: string): string => kindsInWords[kind] ?? kind;

/** What a select offers: each kind, and before the first of those that begin alike, all of them at once. */
export function kindChoices(): { value: string; name: string }[] {
  const kinds = Object.keys(texts.kinds).toSorted();
  const alone = kinds.filter((kind) => !kind.includes("."));
  const groups = Object.entries(groupsInWords).flatMap(([group, name]) => {
    const own = kinds.filter((kind) => kind.startsWith(`${group}.`));
    // Calls through the gateway are a kind by this name, and outcomes are kinds of their own.
    const all = own.length > 1 && group !== "call" ? [{ value: group, name: texts.search.allOf(name) }] : [];
    return [...all, ...own.map((kind) => ({ value: kind, name: kindText(kind) }))];
  });
  return [...alone.map((kind) => ({ value: kind, name: kindText(kind) })), ...groups];
}
