/** No receipt survives a change but those that docs/formats.md names: everything else in it is under a hash or a signature. */
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type JsonValue, parseJson } from "#countersign/json/canonical-json.ts";
import { parseReceipt, type Status, verifyReceipt } from "#countersign/verifier.ts";
import { makeGrantReceipt } from "#test/support/documents/grant-receipt.ts";
import { makePolicyReceipt, type PolicyRecipe } from "#test/support/documents/policy-receipt.ts";
import { makeReceipt, makeWorld, type Recipe, type World } from "#test/support/documents/sealed-receipt.ts";
import { manyOr, oneIn } from "#test/support/every-case.ts";

const RECIPES = {
  approved: {
    status: "approved",
    decisions: [
      { by: "alex", verdict: "approved", comment: "Fine." },
      { by: "blair", verdict: "approved" },
    ],
    outcome: "succeeded",
  },
  denied: { status: "denied" },
  expired: { status: "expired" },
  cancelled: { status: "cancelled" },
} satisfies Record<Status, Recipe>;
/** Of version 2. */
const POLICY_RECIPES = {
  "approved under a policy": {
    status: "approved",
    decisions: [
      { by: "alex", verdict: "denied", comment: "Why today?" },
      { by: "blair", verdict: "approved", batched: true },
    ],
    outcome: "failed",
    detail: "Timed out.",
  },
  "let pass by a policy": { status: "approved", basis: "policy" },
} satisfies Record<string, PolicyRecipe>;
const GRANTED = "let pass by a grant";
const STATUSES = [...Object.keys(RECIPES), ...Object.keys(POLICY_RECIPES), GRANTED];

let world: World;
const texts = new Map<string, string>();
beforeAll(async () => {
  world = await makeWorld();
  for (const [status, recipe] of Object.entries(RECIPES)) texts.set(status, (await makeReceipt(world, recipe)).text);
  for (const [status, recipe] of Object.entries(POLICY_RECIPES)) texts.set(status, (await makePolicyReceipt(world, recipe)).text);
  texts.set(GRANTED, (await makeGrantReceipt(world)).text);
});
const textOf = (status: string): string => texts.get(status) ?? "";

async function isValid(text: string): Promise<boolean> {
  const receipt = parseReceipt(text);
  return receipt.ok && (await verifyReceipt(receipt.value, { ...world.trust, allowBasis: ["policy", "grant"] })).ok;
}

/** Whether two texts are one JSON document, as white space and escapes leave it. */
function isSameDocument(left: string, right: string): boolean {
  const [l, r] = [parseJson(left), parseJson(right)];
  return l.ok && r.ok && isDeepStrictEqual(l.value, r.value);
}

/** The document with one thing in it changed: each value, each member left out, a member more in each object. */
function* changesOf(value: JsonValue): Generator<JsonValue> {
  if (value === null) yield {};
  if (typeof value === "boolean") yield !value;
  if (typeof value === "number") yield value + 1;
  if (typeof value === "string") {
    yield `${value}A`;
    yield value.slice(1);
    yield value.slice(0, -1) + (value.endsWith("A") ? "B" : "A");
  }
  if (Array.isArray(value)) {
    yield [...value, null];
    yield [...value, ...value.slice(-1)].slice(value.length === 0 ? 1 : 0);
    for (const [at, item] of value.entries()) for (const changed of changesOf(item)) yield value.with(at, changed);
  } else if (typeof value === "object" && value !== null) {
    yield { ...value, "": null };
    for (const [name, member] of Object.entries(value)) {
      yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== name));
      for (const changed of changesOf(member)) yield { ...value, [name]: changed };
    }
  }
}

describe.each(STATUSES)("the receipt of a request that was %s", (status) => {
  it("is valid as it is", async () => {
    expect(await isValid(textOf(status))).toBe(true);
  });

  it("is refused with any one character replaced", async () => {
    const text = textOf(status);
    const stillValid: string[] = [];
    // Every receipt has one character in three of its own; what is alike in all of them is in the others.
    const places = Array.from({ length: text.length }, (_, at) => at);
    for (const at of oneIn(3, places, STATUSES.indexOf(status))) {
      const replaced = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
      if (await isValid(replaced)) stillValid.push(`character ${at}: ${replaced.slice(at - 20, at + 20)}`);
    }
    expect(stillValid).toEqual([]);
  });

  it("is refused with anything inserted, deleted or overwritten, unless it still is the same document", async () => {
    const change = fc.record({
      at: fc.nat(),
      deleted: fc.nat(3),
      inserted: fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom("\\u0041", " ", "0", "e0", ".0", '","', "}", "null", "A")),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, deleted, inserted }) => {
        const text = textOf(status);
        const start = at % text.length;
        const changed = text.slice(0, start) + inserted + text.slice(start + deleted);
        expect(await isValid(changed)).toBe(isSameDocument(changed, text));
      }),
      { numRuns: manyOr(250, 1_000) },
    );
  });

  it("is refused with any one value, member or item of it changed", async () => {
    const parsed = parseJson(textOf(status));
    if (!parsed.ok) throw new Error("not JSON");
    let changes = 0;
    for (const changed of changesOf(parsed.value)) {
      changes++;
      if (isDeepStrictEqual(changed, parsed.value)) continue;
      if (await isValid(JSON.stringify(changed))) expect.fail(`valid with change ${changes}: ${JSON.stringify(changed)}`);
    }
    expect(changes).toBeGreaterThan(100);
  });
});
