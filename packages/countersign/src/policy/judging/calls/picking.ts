/** What counts of a tool's result, as a policy says. It loads what compiles expressions: whoever seldom needs it imports it late. */
import type { JsonObject, JsonValue } from "../../../json/canonical-json.ts";
import { compilePick } from "../../conditions/expression.ts";

/** Undefined where it is not in the result, or could take too long to find, and for what is no expression, which publication refuses. */
export function pickedOf(source: string, result: JsonObject): JsonValue | undefined {
  const compiled = compilePick(source);
  return compiled.ok ? compiled.value.value(result) : undefined;
}
