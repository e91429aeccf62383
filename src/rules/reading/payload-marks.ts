/** The marks on a whole payload: what of its texts is code and what that does, where something goes, and how much. Pure and deterministic. */
import { isObject } from "#countersign/json/shape.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { gravestOf, marksInOrder, type Mark, mark, MARK_KINDS } from "./mark.ts";
import { shellMarks } from "./shell.ts";
import { sqlMarks } from "./sql.ts";
import { IS_AMOUNT, IS_TARGET, patchMarks, targetMarks } from "./texts.ts";

/** Names from the payload down to a value, items by their number from 1. */
export type ValuePlace = readonly string[];

/** A mark on the value at a place. */
export interface PlacedMark extends Mark {
  at: ValuePlace;
}

/** Of a payload; of more the gravest stand. */
export const MOST_MARKS = 400;
/** Longer ones are no address. */
const LONGEST_TARGET = 320;
/** Items that a list begins with and that could be the words of one command. */
const MOST_WORDS = 64;

const marksOfText = (text: string, name: string): Mark[] => [
  ...sqlMarks(text, name),
  ...shellMarks(text),
  ...patchMarks(text),
  ...targetMarks(text),
  ...(IS_TARGET.test(name) && text !== "" && text.length <= LONGEST_TARGET ? [mark("target", 0, text.length)] : []),
  ...(IS_AMOUNT.test(name) && /^[\d.,' ]{1,30}$/.test(text) ? [mark("amount", 0, text.length)] : []),
];

/** What the words of a command say together that none says alone, each at its own place. */
function marksOfWords(words: readonly string[], at: ValuePlace): PlacedMark[] {
  const joined = shellMarks(words.join(" "));
  let start = 0;
  return words.flatMap((word, i) => {
    const [from, to] = [start, start + word.length];
    start = to + 1;
    const own = joined.map((one) => ({ ...one, from: Math.max(one.from, from) - from, to: Math.min(one.to, to) - from }));
    return marksInOrder([...own.filter((one) => one.from < one.to), ...marksOfText(word, "")]).map((one) => ({
      ...one,
      at: [...at, String(i + 1)],
    }));
  });
}

/** Array.isArray makes anything of what is read of it. */
const isList = (value: JsonValue): value is JsonValue[] => Array.isArray(value);

function collect(value: JsonValue, name: string, at: ValuePlace, found: PlacedMark[]): void {
  if (typeof value === "string") found.push(...marksInOrder(marksOfText(value, name)).map((one) => ({ ...one, at })));
  else if (typeof value === "number") {
    if (IS_AMOUNT.test(name)) found.push({ ...mark("amount", 0, String(value).length), at });
  } else if (isList(value)) {
    const others = value.findIndex((one) => typeof one !== "string");
    const words = value.slice(0, others < 0 ? MOST_WORDS : 0).filter((one) => typeof one === "string");
    found.push(...marksOfWords(words, at));
    for (const [i, item] of value.entries()) if (i >= words.length) collect(item, name, [...at, String(i + 1)], found);
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) collect(member, key, [...at, key], found);
  }
}

/** Every mark, in the order of places as they come, those of one text in order. */
export function payloadMarks(payload: JsonObject): PlacedMark[] {
  const found: PlacedMark[] = [];
  collect(payload, "", [], found);
  return gravestOf(found, MOST_MARKS, ({ kind }) => MARK_KINDS.indexOf(kind));
}
