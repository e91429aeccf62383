/**
 * Expressions (CEL) that give a value: which call a call really is, what is asked before people are, and what counts of the answer. What
 * is no JSON fails, as does what a condition would fail by.
 */
import type { JsonObject, JsonValue } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { type CompiledExpression, compileOver, type Gives, type Over, runExpression } from "./compiling.ts";
import { type ConditionFault, emptyOutline, type Outline } from "./outline.ts";
import { longestIn, STEPS_A_JUDGEMENT, type Workload } from "./workload.ts";

const TEXT: Gives = { types: [/^string$/], told: "the name of a tool is a text", mixes: true };
const MAP: Gives = { types: [/^map\b/], told: "arguments are a map", mixes: true };
const ANYTHING: Gives = {
  types: [/^(?:bool|int|uint|double|string|null|null_type|list\b.*|map\b.*)$/],
  told: "what counts of an answer is JSON",
  mixes: true,
};

/** `value` gives undefined where it fails. */
interface ValueExpression<Given, Value> {
  outline: Outline;
  value: (given: Given) => Value | undefined;
}
export type TextExpression = ValueExpression<Workload, string>;
export type MapExpression = ValueExpression<Workload, JsonObject>;
/** Over a tool's result. */
export type PickExpression = ValueExpression<JsonObject, JsonValue>;

/** The value as JSON; undefined where some part of it is none. Whole numbers that no double holds are none. */
export function jsonOf(value: unknown): JsonValue | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
  if (Array.isArray(value)) {
    const items = (value as unknown[]).map(jsonOf);
    return items.some((item) => item === undefined) ? undefined : (items as JsonValue[]);
  }
  if (typeof value !== "object") return undefined;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== null && prototype !== Object.prototype) return undefined;
  const entries = Object.entries(value).map(([name, member]) => [name, jsonOf(member)] as const);
  return entries.some(([, member]) => member === undefined) ? undefined : (Object.fromEntries(entries) as JsonObject);
}

function compileValue(over: Over, source: string, lists: readonly string[], gives: Gives): Result<CompiledExpression, ConditionFault[]> {
  const compiled = compileOver(over, source, lists, gives);
  if (!compiled.ok || compiled.value.outline.asksPast.length === 0) return compiled;
  return refuse([{ code: "bad_condition", offset: 0, message: "only conditions ask what the agent did before", hint: "use when" }]);
}

/** Gives the name of a tool, over what is judged. */
export function compileText(source: string, lists: readonly string[]): Result<TextExpression, ConditionFault[]> {
  const compiled = compileValue("judged", source, lists, TEXT);
  if (!compiled.ok) return compiled;
  const value: TextExpression["value"] = (work) => {
    const given = runExpression(compiled.value, work);
    return typeof given === "string" ? given : undefined;
  };
  return accept({ outline: compiled.value.outline, value });
}

/** Gives arguments, over what is judged. */
export function compileMap(source: string, lists: readonly string[]): Result<MapExpression, ConditionFault[]> {
  const compiled = compileValue("judged", source, lists, MAP);
  if (!compiled.ok) return compiled;
  const value: MapExpression["value"] = (work) => {
    const given = jsonOf(runExpression(compiled.value, work));
    return isObject(given) ? given : undefined;
  };
  return accept({ outline: compiled.value.outline, value });
}

/** Gives what counts of a tool's result. */
export function compilePick(source: string): Result<PickExpression, ConditionFault[]> {
  const compiled = compileValue("answer", source, [], ANYTHING);
  if (!compiled.ok) return compiled;
  const value: PickExpression["value"] = (result) => {
    const work = { facts: { result, lists: {} }, longest: longestIn(result), stepsLeft: STEPS_A_JUDGEMENT };
    return jsonOf(runExpression(compiled.value, work));
  };
  return accept({ outline: compiled.value.outline, value });
}

/** In the place of an expression that cannot be used: it fails, always. */
export const failingExpression = { outline: emptyOutline(), value: () => undefined };
