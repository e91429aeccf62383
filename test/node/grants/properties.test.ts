/** What holds of every grant and every action, tried on thousands of made ones: nothing passes that is more than was shown. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Grant } from "#countersign/documents/grant.ts";
import { checkGrantShown, MAX_GRANT_MS, spanShown } from "#countersign/grants/check-grant-shown.ts";
import { grantKey, grantPlace, valuesUnder } from "#countersign/grants/grant-key.ts";
import type { GrantedAction } from "#countersign/grants/granted-action.ts";
import { matchGrant } from "#countersign/grants/match-grant.ts";
import { isDeepStrictEqual } from "node:util";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { aName, aValue, GRANT, grantFor, pointerOf, SHOWN, someArguments } from "#test/support/grants/made-grants.ts";

const RUNS = { numRuns: 3_000 };
const shownAnd = fc
  .tuple(someArguments, fc.constantFrom(null, "srv_bank"))
  .map(([args, server]): GrantedAction => ({ ...SHOWN, args, server }))
  .chain((shown) => fc.record({ shown: fc.constant(shown), grant: grantFor(shown), seed: fc.nat() }));

/** Written anew, by what was shown and not by the grant's form. */
function isNoMore(shown: GrantedAction, grant: Grant, action: GrantedAction): boolean {
  const names = new Set([...Object.keys(shown.args), ...Object.keys(action.args)]);
  return [...names].every((name) => {
    if (!Object.hasOwn(shown.args, name) || !Object.hasOwn(action.args, name)) return false;
    const [was, is] = [shown.args[name], action.args[name]];
    const fixed = grant.fixed.find((one) => one.pointer === pointerOf(name));
    if (fixed !== undefined) return isDeepStrictEqual(was, is);
    const bound = grant.free.find((one) => one.pointer === pointerOf(name))?.bound;
    if (bound === "any") return true;
    if (bound !== undefined && "one_of" in bound) return bound.one_of.some((text) => text === is);
    return typeof was === "number" && typeof is === "number" && is <= was && is >= (bound?.from === was ? was : Math.min(was, 0));
  });
}

const matches = (grant: Grant, action: GrantedAction): boolean => matchGrant(grant, action).ok;

it("what is granted as it was shown covers what was shown, and is found by its keys", () => {
  fc.assert(
    fc.property(shownAnd, ({ shown, grant }) => {
      expect(checkGrantShown(grant, shown)).toEqual({ ok: true, value: null });
      expect(matchGrant(grant, shown)).toEqual({ ok: true, value: null });
      const { place, members, values } = grantKey(grant);
      expect([grantPlace(shown), valuesUnder(members, shown.args)]).toEqual([place, values]);
    }),
    RUNS,
  );
});

it("nothing passes that is more than was shown, and what passes is found by the keys", () => {
  let passed = 0;
  const changed = fc.record({ name: aName, value: aValue, isGone: fc.boolean(), isAtRandom: fc.boolean() });
  fc.assert(
    fc.property(shownAnd, fc.array(changed, { maxLength: 2 }), ({ shown, grant, seed }, changes) => {
      const args = { ...shown.args };
      for (const { name, value, isGone, isAtRandom } of changes) {
        const of = isAtRandom ? name : (Object.keys(args)[seed % (Object.keys(args).length || 1)] ?? name);
        if (isGone) Reflect.deleteProperty(args, of);
        else args[of] = value;
      }
      const action = { ...shown, args };
      const isMatched = matches(grant, action);
      if (isMatched) passed++;
      expect(isMatched).toBe(isNoMore(shown, grant, action));
      const { members, values } = grantKey(grant);
      if (isMatched) expect(valuesUnder(members, args)).toBe(values);
    }),
    RUNS,
  );
  expect(passed).toBeGreaterThan(RUNS.numRuns / 20);
});

it("a grant of which anything is wider than shown is never given", () => {
  const text = fc.string({ maxLength: 3 });
  const wider: fc.Arbitrary<(grant: Grant, shown: GrantedAction) => Grant> = fc.oneof(
    fc.constantFrom("rule", "agent", "tool").map((name) => (grant: Grant) => ({ ...grant, [name]: "agt_other" })),
    fc.constant((grant: Grant) => ({ ...grant, server: grant.server === null ? "srv_bank" : null })),
    fc.constant((grant: Grant) => ({ ...grant, schema_hash: null })),
    fc.integer({ min: 101, max: 1e9 }).map((uses) => (grant: Grant) => ({ ...grant, uses })),
    fc
      .integer({ min: 1, max: 1e12 })
      .map((ms) => (grant: Grant, shown: GrantedAction) => ({ ...grant, until: new Date(shown.atMs + MAX_GRANT_MS + ms).toISOString() })),
    fc.tuple(aName, aValue).map(
      ([name, value]) =>
        (grant: Grant, { args }: GrantedAction) =>
          Object.hasOwn(args, name) ? { ...grant, uses: 0 } : { ...grant, fixed: [...grant.fixed, { pointer: pointerOf(name), value }] },
    ),
    text.map((pointer) => (grant: Grant) => ({ ...grant, free: [...grant.free, { pointer: `/${pointer}/0`, bound: "any" as const }] })),
    fc.nat().map((nth) => (grant: Grant, shown: GrantedAction) => widened(grant, shown, nth)),
  );
  fc.assert(
    fc.property(shownAnd, wider, ({ shown, grant }, widen) => {
      expect(checkGrantShown(widen(grant, shown), shown).ok).toBe(false);
    }),
    RUNS,
  );
});

/** One member of it forgotten, spoken of twice, fixed to something else, or bounded by more. */
function widened(grant: Grant, shown: GrantedAction, nth: number): Grant {
  const names = Object.keys(shown.args);
  const name = names[nth % (names.length || 1)];
  if (name === undefined) return { ...grant, uses: 0 };
  const [pointer, was] = [pointerOf(name), shown.args[name] as JsonValue];
  const [fixed, free] = [grant.fixed.filter((one) => one.pointer !== pointer), grant.free.filter((one) => one.pointer !== pointer)];
  switch (nth % 4) {
    case 0:
      return { ...grant, fixed, free };
    case 1:
      return { ...grant, free: [...grant.free, { pointer, bound: "any" }] };
    case 2:
      return { ...grant, free, fixed: [...fixed, { pointer, value: [was, 1] }] };
    default: {
      if (typeof was !== "number") return { ...grant, fixed, free: [...free, { pointer, bound: { one_of: ["none of these"] } }] };
      const { from, to } = spanShown(was);
      const more = Math.max(1, Math.abs(was));
      const bound = nth % 8 < 4 ? { from, to: to + more } : { from: from - more, to };
      // No document holds what is not finite.
      return Number.isFinite(bound.to - bound.from) ? { ...grant, fixed, free: [...free, { pointer, bound }] } : { ...grant, uses: 0 };
    }
  }
}

it("another pointer, bound, value, use or time than was granted covers nothing that the first would not have been given for", () => {
  fc.assert(
    fc.property(shownAnd, aName, aValue, ({ shown, grant, seed }, name, value) => {
      const action = { ...shown, args: { ...shown.args, [name]: value } };
      const entries = [...grant.fixed, ...grant.free];
      const entry = entries[seed % (entries.length || 1)];
      if (entry === undefined) return;
      const moved = (one: { pointer: string }) => (one === entry ? { ...one, pointer: pointerOf(name) } : one);
      const altered: Grant = { ...grant, fixed: grant.fixed.map(moved) as Grant["fixed"], free: grant.free.map(moved) as Grant["free"] };
      if (matches(altered, action) && !matches(grant, action)) expect(checkGrantShown(altered, shown).ok).toBe(false);
    }),
    RUNS,
  );
});

it("a grant by hand is like the made ones", () => {
  expect(checkGrantShown(GRANT, SHOWN)).toEqual({ ok: true, value: null });
});
