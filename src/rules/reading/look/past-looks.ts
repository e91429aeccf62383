/**
 * What is new or out of proportion in a payload beside those like it that were approved before: where something goes, and how much. Where
 * none are known nothing is said: a first one is not unusual by that.
 */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { PlacedMark } from "../payload-marks.ts";
import { IS_AMOUNT, IS_TARGET } from "../texts.ts";
import { look, type Look } from "./look.ts";
import { kindOfPlace, type ValueAt, valuesOf } from "./values.ts";

/** A payload with what was found in it. */
interface Read {
  values: readonly ValueAt[];
  targets: readonly { at: readonly string[]; text: string; isWhole: boolean }[];
}

const plain = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s\u00a0]+/g, "");

/** Hosts, addresses and recipients: those marked in texts, and members whose whole value is one. */
function targetsOf(values: readonly ValueAt[], marks: readonly PlacedMark[]): Read["targets"] {
  const marked = new Map<string, PlacedMark[]>();
  for (const one of marks) {
    if (one.kind === "target") marked.set(JSON.stringify(one.at), [...(marked.get(JSON.stringify(one.at)) ?? []), one]);
  }
  return values.flatMap(({ at, name, value }) => {
    if (typeof value !== "string") return [];
    const isWhole = IS_TARGET.test(name);
    return (marked.get(JSON.stringify(at)) ?? [])
      .map(({ from, to }) => ({ at, text: value.slice(from, to), isWhole }))
      .filter(({ text }) => !/^(?:\+\+\+|---|\*\*\*) /.test(text));
  });
}

/** A number, however people group its digits; null if it is none. */
export function amountIn(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !/^-?[\d.,' ]{1,30}$/.test(value.trim())) return null;
  const digits = value.replaceAll(/[' ]/g, "");
  const decimal = /[.,](?=\d{1,2}$)/.exec(digits);
  const [whole, part] = decimal === null ? [digits, ""] : [digits.slice(0, decimal.index), digits.slice(decimal.index + 1)];
  const read = Number(`${whole.replaceAll(/[.,]/g, "")}.${part === "" ? "0" : part}`);
  return Number.isFinite(read) ? read : null;
}

/** What the amounts of one payload are compared by: the same place, in the same currency. */
const currencyBeside = (beside: JsonObject): string => {
  const name = Object.keys(beside).find((key) => /currency/i.test(key));
  const value = name === undefined ? undefined : beside[name];
  return typeof value === "string" ? value.toUpperCase() : "";
};
const kindOfAmount = ({ at, beside }: ValueAt): string => `${kindOfPlace(at)} ${currencyBeside(beside)}`;

/** So many times the usual is told, and is a warning. */
const UNUSUAL = 5;
const ALARMING = 10;

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
};

const lastOnes = (count: number): string => (count === 1 ? "the last one" : `the last ${count}`);

function looksOfAmounts(values: readonly ValueAt[], past: readonly Read[]): Look[] {
  const known = new Map<string, number[]>();
  for (const one of past.flatMap((read) => read.values)) {
    const amount = IS_AMOUNT.test(one.name) ? amountIn(one.value) : null;
    if (amount !== null) known.set(kindOfAmount(one), [...(known.get(kindOfAmount(one)) ?? []), Math.abs(amount)]);
  }
  return values.flatMap((one) => {
    const amount = IS_AMOUNT.test(one.name) ? amountIn(one.value) : null;
    const before = known.get(kindOfAmount(one)) ?? [];
    const [usual, most] = [median(before), Math.max(0, ...before)];
    if (amount === null || usual === 0 || Math.abs(amount) <= most) return [];
    const times = Math.floor(Math.abs(amount) / usual);
    if (times < UNUSUAL) return [];
    const says = `${times.toLocaleString("en")} times the usual of ${lastOnes(before.length)} approved`;
    return [look("amount", one.at, says, typeof one.value === "string" ? one.value : String(amount), times >= ALARMING)];
  });
}

/** Where money is, a new recipient is a warning. */
const movesMoney = (values: readonly ValueAt[]): boolean =>
  values.some(({ name, value }) => IS_AMOUNT.test(name) && amountIn(value) !== null);

function looksOfTargets({ values, targets }: Read, past: readonly Read[]): Look[] {
  const known = new Set(past.flatMap((read) => read.targets).map(({ text }) => plain(text)));
  // Only where such a place was given before can one be new.
  const places = new Set(past.flatMap((read) => read.targets).map(({ at }) => kindOfPlace(at)));
  const isPaid = movesMoney(values);
  return targets
    .filter(({ at, text }) => places.has(kindOfPlace(at)) && !known.has(plain(text)))
    .map(({ at, text, isWhole }) => look("recipient", at, `New, not in ${lastOnes(past.length)} approved`, text, isPaid && isWhole));
}

/** `past`: payloads of the same kind that people approved, with their marks. */
export function looksOfPast(
  payload: { values: readonly ValueAt[]; marks: readonly PlacedMark[] },
  past: readonly { payload: JsonObject; marks: readonly PlacedMark[] }[],
): Look[] {
  if (past.length === 0) return [];
  const read = past.map(({ payload: one, marks }): Read => {
    const values = valuesOf(one);
    return { values, targets: targetsOf(values, marks) };
  });
  const now = { values: payload.values, targets: targetsOf(payload.values, payload.marks) };
  return [...looksOfAmounts(payload.values, read), ...looksOfTargets(now, read)];
}
