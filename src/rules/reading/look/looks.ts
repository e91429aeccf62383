/** All that there is to look at in a payload, the gravest first. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { MOST_MARKS, type PlacedMark, payloadMarks } from "../payload-marks.ts";
import { look, looksInOrder, type Look } from "./look.ts";
import { looksOfPast } from "./past-looks.ts";
import { looksOfConditions, looksOfMarks, looksOfPlaces, looksOfSecrets, looksOfSettings } from "./plain-looks.ts";
import { valuesOf } from "./values.ts";

/** `action` is what it does, in the words of the request or of the tool; `past` are payloads like it that people approved. */
export function looksOf(
  payload: JsonObject,
  marks: readonly PlacedMark[],
  { action, past }: { action: string; past: readonly JsonObject[] },
): Look[] {
  const values = valuesOf(payload);
  const before = past.map((one) => ({ payload: one, marks: payloadMarks(one) }));
  const looks = looksInOrder([
    ...looksOfMarks(marks, values),
    ...looksOfConditions(action, values),
    ...looksOfSettings(values),
    ...looksOfPast({ values, marks }, before),
    ...looksOfSecrets(values),
    ...looksOfPlaces(values),
  ]);
  return marks.length < MOST_MARKS ? looks : [...looks, look("place", [], "Not all of it is marked", "")];
}
