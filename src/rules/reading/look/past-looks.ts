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

/** What parts the whole of a number from its fraction: where there is one such sign, unless it may as well part thousands, which is null. */
function fractionAt(digits: string): number | null {
  const at = Math.max(digits.lastIndexOf("."), digits.lastIndexOf(","));
  if (at < 0) return digits.length;
  const [whole, sign] = [digits.slice(0, at), digits.charAt(at)];
  if (whole.includes(sign)) return digits.length;
  const isGroup = digits.length - at === 4 && /^-?[1-9]\d{0,2}$/.test(whole);
  return isGroup ? null : at;
}

/** A number, however people group its digits; null if it is none, or may be one of two. */
export function amountIn(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || !/^-?[\d.,' ]{1,30}$/.test(value.trim())) return null;
  const digits = value.trim().replaceAll(/[' ]/g, "");
  const at = fractionAt(digits);
  if (at === null) return null;
  const read = Number(`${digits.slice(0, at).replaceAll(/[.,]/g, "")}.${digits.slice(at + 1) || "0"}`);
  return Number.isFinite(read) ? read : null;
}

const amountOf = ({ name, value }: ValueAt): number | null => (IS_AMOUNT.test(name) ? amountIn(value) : null);

/** What the amounts of one payload are compared by: the same place, in the same currency. */
class AmountKinds {
  /** Of objects, which may hold many amounts and many other members. */
  readonly #currencies = new Map<JsonObject, string>();

  #currencyIn(beside: JsonObject): string {
    const name = Object.keys(beside).find((key) => /currency/i.test(key));
    const value = name === undefined ? undefined : beside[name];
    return typeof value === "string" ? value.toUpperCase() : "";
  }

  of({ at, beside }: ValueAt): string {
    const currency = this.#currencies.get(beside) ?? this.#currencyIn(beside);
    this.#currencies.set(beside, currency);
    return `${kindOfPlace(at)} ${currency}`;
  }
}

/** So many times the usual is told, and is a warning. */
const UNUSUAL = 5;
const ALARMING = 10;

const lastOnes = (count: number): string => (count === 1 ? "the last one" : `the last ${count}`);

/** What was usual of each kind of amount. */
function usualAmounts(past: readonly Read[], kinds: AmountKinds): ReadonlyMap<string, { usual: number; most: number }> {
  const known = new Map<string, number[]>();
  for (const one of past.flatMap(({ values }) => values)) {
    const amount = amountOf(one);
    if (amount === null) continue;
    const kind = kinds.of(one);
    const amounts = known.get(kind) ?? [];
    amounts.push(Math.abs(amount));
    known.set(kind, amounts);
  }
  return new Map(
    [...known].map(([kind, amounts]) => {
      const sorted = amounts.toSorted((a, b) => a - b);
      return [kind, { usual: sorted[sorted.length >> 1] ?? 0, most: sorted.at(-1) ?? 0 }];
    }),
  );
}

function looksOfAmounts(values: readonly ValueAt[], past: readonly Read[]): Look[] {
  const kinds = new AmountKinds();
  const known = usualAmounts(past, kinds);
  return values.flatMap((one) => {
    const amount = amountOf(one);
    const before = amount === null ? undefined : known.get(kinds.of(one));
    if (amount === null || before === undefined || before.usual === 0 || Math.abs(amount) <= before.most) return [];
    const times = Math.floor(Math.abs(amount) / before.usual);
    if (times < UNUSUAL) return [];
    const says = `${times.toLocaleString("en")} times the usual of ${lastOnes(past.length)} approved`;
    return [look("amount", one.at, says, typeof one.value === "string" ? one.value : String(amount), times >= ALARMING)];
  });
}

/** Where money is, a new recipient is a warning. */
const movesMoney = (values: readonly ValueAt[]): boolean => values.some((one) => amountOf(one) !== null);

/** A recipient is known where it was a recipient: what a text says of it in passing does not make it one. */
const kindOfTarget = ({ at, isWhole }: Read["targets"][number]): string => `${isWhole ? "is" : "has"} ${kindOfPlace(at)}`;

function looksOfTargets({ values, targets }: Read, past: readonly Read[]): Look[] {
  const before = past.flatMap((read) => read.targets);
  const known = new Set(before.map((one) => `${kindOfTarget(one)} ${plain(one.text)}`));
  // Only where such a place was given before can one be new.
  const places = new Set(before.map(kindOfTarget));
  const isPaid = movesMoney(values);
  return targets
    .filter((one) => places.has(kindOfTarget(one)) && !known.has(`${kindOfTarget(one)} ${plain(one.text)}`))
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
