/** What an accepted tool says of itself in its annotations, as policies see it. Pure. */
import type { JsonObject } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import type { ToolHints } from "./facts.ts";

const HINTS = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] as const;

/** Whether calling it once more changes nothing more, as it says itself; of what says nothing it is not so. */
export const isIdempotent = (hints: ToolHints | null): boolean => hints?.idempotentHint === true || hints?.readOnlyHint === true;

/** Null for what is no accepted tool; of one that is, a hint that is no yes or no is not said. */
export function hintsOf(definition: JsonObject | null): ToolHints | null {
  if (definition === null) return null;
  const annotations = definition["annotations"];
  const said = isObject(annotations) ? annotations : {};
  return Object.fromEntries(HINTS.flatMap((name) => (typeof said[name] === "boolean" ? [[name, said[name]]] : [])));
}
