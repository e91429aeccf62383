/** What the gate says of a call that it has run itself: the words behind the outcome's `detail_hash` (docs/formats.md, "Requests for calls"). */
import { canonicalize, parseJson } from "../json/canonical-json.ts";
import { fit, object, type Of } from "../json/shape.ts";
import { count, hash } from "./words.ts";

const callDetailShape = object({ result_hash: hash, bytes: count });

/** `result_hash`: SHA-256 of the result as text, in hexadecimal; `bytes`: its length. */
export type CallDetail = Of<typeof callDetailShape>;

export const writeCallDetail = (detail: CallDetail): string => canonicalize({ ...detail });

/** Null if the words are any others. */
export function readCallDetail(text: string): CallDetail | null {
  const json = parseJson(text);
  const detail = json.ok ? fit(callDetailShape, json.value) : json;
  return detail.ok && writeCallDetail(detail.value) === text ? detail.value : null;
}
