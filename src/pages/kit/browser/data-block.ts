/** Reading a page's data block: strict JSON, of the right shape. */
import { parseJson } from "#countersign/json/canonical-json.ts";
import { refuse, type Result } from "#countersign/result.ts";
import { fit, type Shape } from "#countersign/json/shape.ts";

/** What the element of this id holds, or what is wrong with it. */
export function readDataBlock<T>(id: string, shape: Shape<T>): Result<T, string> {
  const parsed = parseJson(document.getElementById(id)?.textContent ?? "");
  return parsed.ok ? fit(shape, parsed.value) : refuse(parsed.refusal.message);
}
