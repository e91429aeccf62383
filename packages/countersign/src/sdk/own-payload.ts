/**
 * A payload as a program holds it, before anything is sent: a copy of JSON's own values, refused as the service would refuse it.
 * What JSON.stringify would leave out, turn into null or have replaced by toJSON is refused too: people sign what is used, not
 * what became of it on the way.
 */
import {
  JSON_RULES,
  type JsonObject,
  type JsonValue,
  MAX_PAYLOAD_BYTES,
  MAX_PAYLOAD_DEPTH,
  placeBelow,
  readPayload,
} from "../json/canonical-json.ts";
import { accept, refuse, type Result } from "../result.ts";
import type { Refused } from "./answers.ts";

/** Leaves the copying from any depth; never leaves this module. */
class NoPayload extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const notCanonical = (place: string, message: string): never => {
  throw new NoPayload("payload_not_canonical", `The payload cannot be shown and signed exactly, at ${place}: ${message}.`);
};

const tooLarge = () =>
  new NoPayload("payload_too_large", `The payload is too large: a payload has at most ${MAX_PAYLOAD_BYTES} bytes in canonical form.`);

/** An object that is written with braces, of whichever realm, or one without a prototype. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Copies one value at a time, and stops where the copy is larger than any payload. */
class Copying {
  #values = 0;

  value(value: unknown, place: string, levels: number): JsonValue {
    // Each value takes at least a byte; what refers to itself, or twice to the same many times over, would have no end.
    if (++this.#values > MAX_PAYLOAD_BYTES) throw tooLarge();
    switch (typeof value) {
      case "boolean":
        return value;
      case "string":
        return value.isWellFormed() ? value : notCanonical(place, JSON_RULES["lone-surrogate"]);
      case "number":
        if (Object.is(value, -0)) return notCanonical(place, JSON_RULES["negative-zero"]);
        return Number.isFinite(value) ? value : notCanonical(place, `${value} is not a number in JSON`);
      case "object":
        return value === null ? null : this.#members(value, place, levels);
      case "undefined":
      case "function":
      case "symbol":
      case "bigint":
        return notCanonical(place, `JSON has no ${typeof value}`);
    }
  }

  #members(value: object, place: string, levels: number): JsonValue {
    if (levels === 0) return notCanonical(place, `a payload has at most ${MAX_PAYLOAD_DEPTH} levels`);
    // By index and not by what is there, so that a hole counts as the undefined that it is.
    if (Array.isArray(value)) return Array.from(value, (item: unknown, index) => this.value(item, placeBelow(place, index), levels - 1));
    if (!isPlain(value) || Object.getOwnPropertySymbols(value).length > 0) return notCanonical(place, "this is not a plain object");
    const copy: JsonObject = {};
    for (const [name, member] of Object.entries(value) as [string, unknown][]) {
      const below = placeBelow(place, name);
      if (name === "__proto__") return notCanonical(below, JSON_RULES["proto-key"]);
      if (!name.isWellFormed()) return notCanonical(below, JSON_RULES["lone-surrogate"]);
      copy[name] = this.value(member, below, levels - 1);
    }
    return copy;
  }
}

const refusal = ({ code, message }: Pick<Refused, "code" | "message">) => refuse<Refused>({ code, message, status: null });

/**
 * The payload, copied. Refuses with `invalid_request` what is no object, with `payload_not_canonical` what JSON cannot hold or would
 * not give back the same, and with `payload_too_large` what has more than 65,536 bytes. Throws nothing but what a getter throws.
 */
export function readOwnPayload(value: unknown): Result<JsonObject, Refused> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refusal({ code: "invalid_request", message: "payload: a payload is a JSON object." });
  }
  try {
    const read = readPayload(new Copying().value(value, "payload", MAX_PAYLOAD_DEPTH));
    return read.ok ? accept(read.value) : refusal(tooLarge());
  } catch (error) {
    if (error instanceof NoPayload) return refusal(error);
    throw error;
  }
}
