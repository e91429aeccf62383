/** The body that a relay of one's own takes: a JSON document in whose texts `{{to}}`, `{{subject}}`, `{{text}}` and `{{id}}` stand. */
import { type JsonValue, parseJson } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";

const PLACES = ["to", "subject", "text", "id"] as const;
export type RelayValues = Record<(typeof PLACES)[number], string>;

const PLACE = /\{\{(to|subject|text|id)\}\}/g;

/** Every text within a document that is not the name of a member, changed. */
function withTexts(value: JsonValue, change: (text: string) => string): JsonValue {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((one) => withTexts(one, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withTexts(member, change)]));
}

/** The document of a template. Refuses what is not JSON, and what names no receiver or no text. */
export function readRelayTemplate(template: string): Result<JsonValue, "template-malformed" | "template-incomplete"> {
  const parsed = parseJson(template);
  if (!parsed.ok) return refuse("template-malformed");
  const named = new Set<string>();
  withTexts(parsed.value, (text) => {
    for (const [, place = ""] of text.matchAll(PLACE)) named.add(place);
    return text;
  });
  return named.has("to") && named.has("text") ? accept(parsed.value) : refuse("template-incomplete");
}

/**
 * The template as JSON with the values in their places. The document is read first and filled after, once: a value is only ever part of
 * a text, and nothing in it is looked at again.
 */
export function fillRelayTemplate(template: string, values: RelayValues): Result<string, "template-malformed" | "template-incomplete"> {
  const read = readRelayTemplate(template);
  if (!read.ok) return read;
  const fill = (text: string) => text.replaceAll(PLACE, (_, place: keyof RelayValues) => values[place]);
  return accept(JSON.stringify(withTexts(read.value, fill)));
}
