/** The arguments of a call: what of them is the agent's reason, and whether the rest fits the schema that was accepted. */
import { Validator } from "@cfworker/json-schema";
import { type JsonObject, type JsonValue, placeBelow, readPayload } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { patternBroken } from "./patterns.ts";
import { weakened } from "./weakened-schema.ts";

/** What an argument for the agent's reason is called: the second where the tool has one of the first name itself. */
export const REASON_ARGUMENTS = ["_reason", "_approval_reason"] as const;
export const MOST_REASON = 2_000;

export interface BadArguments {
  /** A path such as `args.to[0]`. */
  field: string;
  message: string;
}

/** The name under which this tool takes the agent's reason. */
export function reasonArgument(inputSchema: JsonValue | undefined): (typeof REASON_ARGUMENTS)[number] {
  const properties = isObject(inputSchema) ? inputSchema["properties"] : undefined;
  return isObject(properties) && Object.hasOwn(properties, REASON_ARGUMENTS[0]) ? REASON_ARGUMENTS[1] : REASON_ARGUMENTS[0];
}

/** Takes the reason out of what an agent has sent, before anything else looks at it. */
export function withoutReason(
  given: JsonObject,
  inputSchema: JsonValue | undefined,
): Result<{ args: JsonObject; reason: string | null }, BadArguments> {
  const name = reasonArgument(inputSchema);
  if (!Object.hasOwn(given, name)) return accept({ args: given, reason: null });
  const { [name]: reason, ...args } = given;
  if (reason === null || (typeof reason === "string" && reason.length <= MOST_REASON)) return accept({ args, reason });
  return refuse({ field: name, message: `a text of at most ${MOST_REASON} characters` });
}

/** So many characters of what is told of a misfit. */
const MOST_TOLD = 200;

/** A JSON pointer in the library's form as a place here: `#/a/0` is `$.a[0]`. */
const placeOf = (pointer: string): string =>
  pointer
    .split("/")
    .slice(1)
    .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((place, step) => placeBelow(place, /^[0-9]+$/.test(step) ? Number(step) : step), "$");

/** Made once for each schema that an isolate has. */
const validators = new WeakMap<JsonObject, Validator>();

function validatorOf(schema: JsonObject): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const made = new Validator(weakened(schema) as object, "2020-12", true);
  validators.set(schema, made);
  return made;
}

/** Null if the arguments are a payload that can be shown and signed, and fit the schema. Nothing that the schema says is applied to them. */
export function misfitOf(args: JsonObject, inputSchema: JsonValue | undefined): BadArguments | null {
  const payload = readPayload(args);
  if (!payload.ok && payload.refusal.reason !== "too-large") return { field: payload.refusal.place, message: payload.refusal.message };
  if (!isObject(inputSchema)) return null;
  const broken = patternBroken(inputSchema, args, "$");
  if (broken !== null) return { field: broken, message: "does not match the pattern that its tool gives" };
  try {
    const { valid, errors } = validatorOf(inputSchema).validate(args);
    if (valid) return null;
    const [deepest] = errors.toSorted((a, b) => b.instanceLocation.length - a.instanceLocation.length);
    const field = placeOf(deepest?.instanceLocation ?? "#");
    return { field: field.slice(0, MOST_TOLD), message: (deepest?.error ?? "does not fit").slice(0, MOST_TOLD) };
  } catch {
    // It refers to what is not there, or to itself without end.
    return { field: "$", message: "the schema of this tool cannot be used" };
  }
}
