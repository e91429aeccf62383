/** The values of a payload, each with the name that it has and where it stands. */
import { isObject } from "#countersign/json/shape.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import type { ValuePlace } from "../payload-marks.ts";

export interface ValueAt {
  at: ValuePlace;
  /** Of the member that it is, or that it is an item of. */
  name: string;
  value: JsonValue;
  /** The object that it is a member of. */
  beside: JsonObject;
}

/** Array.isArray makes anything of what is read of it. */
const isListOfValues = (value: JsonValue): value is JsonValue[] => Array.isArray(value);

/** All of them, lists and objects before what they hold: no more than a payload has bytes. */
export function valuesOf(payload: JsonObject): ValueAt[] {
  const found: ValueAt[] = [];
  const read = (one: ValueAt): void => {
    found.push(one);
    const { value, at, name, beside } = one;
    if (isListOfValues(value)) value.forEach((item, i) => read({ at: [...at, String(i + 1)], name, value: item, beside }));
    else if (isObject(value))
      for (const [key, member] of Object.entries(value)) read({ at: [...at, key], name: key, value: member, beside: value });
  };
  for (const [name, value] of Object.entries(payload)) read({ at: [name], name, value, beside: payload });
  return found;
}

/** The place of a value without the numbers of items: the same in payloads of one kind. */
export const kindOfPlace = (at: ValuePlace): string => JSON.stringify(at.filter((name) => !/^\d+$/.test(name)));
