/** Grants and what they are held against: one by hand, and thousands of made ones. */
import fc from "fast-check";
import type { Grant } from "#countersign/documents/grant.ts";
import { grantShape } from "#countersign/documents/grant.ts";
import { spanShown } from "#countersign/grants/check-grant-shown.ts";
import type { GrantedAction } from "#countersign/grants/granted-action.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { fit } from "#countersign/json/shape.ts";

export const GRANTED_AT = "2026-11-20T09:00:00.000Z";

/** What was shown when it was granted: 50 to Ada. */
export const SHOWN: GrantedAction = {
  rule: "payments",
  agent: "agt_payer",
  server: "srv_bank",
  tool: "transfer",
  schemaHash: "5".repeat(64),
  args: { to: "Ada", amount: 50, memo: "Lunch", tags: ["a", 1], "a/b~c": null },
  atMs: Date.parse(GRANTED_AT),
};

export const GRANT: Grant = {
  id: "grt_lunch",
  rule: "payments",
  agent: "agt_payer",
  server: "srv_bank",
  tool: "transfer",
  schema_hash: "5".repeat(64),
  fixed: [
    { pointer: "/to", value: "Ada" },
    { pointer: "/tags", value: ["a", 1] },
    { pointer: "/a~1b~0c", value: null },
  ],
  free: [
    { pointer: "/amount", bound: { from: 0, to: 50 } },
    { pointer: "/memo", bound: "any" },
  ],
  uses: 5,
  until: "2026-11-27T09:00:00.000Z",
};

/** As it comes out of a document. */
export function asRead(grant: object): Grant {
  const read = fit(grantShape, JSON.parse(JSON.stringify(grant)) as JsonValue);
  if (!read.ok) throw new Error(read.refusal);
  return read.value;
}

const name = fc.oneof(
  fc.constantFrom("to", "amount", "", "a/b", "~", "~1", "/", "constructor", "toString", "length", "ä", "a\u0308", "0", "01"),
  fc.string({ maxLength: 4, unit: "grapheme" }).filter((text) => text.isWellFormed() && text !== "__proto__"),
);
const number = fc.oneof(fc.integer({ min: -1_000, max: 1_000 }), fc.double({ noNaN: true, noDefaultInfinity: true })).map((one) => one + 0);
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  number,
  fc.string({ maxLength: 4, unit: "grapheme" }).filter((text) => text.isWellFormed()),
  fc.constantFrom<JsonValue>(null, true, false, [], {}, [1], ["1"], { a: 1 }, { a: { b: [1] } }, "1", 1),
);
export const aValue = value;
export const aName = name;
/** From JSON, so that no member is special. */
export const someArguments: fc.Arbitrary<JsonObject> = fc
  .uniqueArray(fc.tuple(name, value), { selector: ([one]) => one, maxLength: 5 })
  .map((members) => Object.fromEntries(members));

/** Written anew, so that a fault of the one under test is not one here too. */
export const pointerOf = (member: string): string => `/${Array.from(member, (one) => ({ "~": "~0", "/": "~1" })[one] ?? one).join("")}`;

type Choice = "fixed" | "any" | "bounded" | "narrow";

/** A grant that lets pass no more than was shown: each member fixed, free, or within its bounds. */
export const grantFor = (shown: GrantedAction): fc.Arbitrary<Grant> =>
  fc.array(fc.constantFrom<Choice>("fixed", "any", "bounded", "narrow"), { minLength: 5, maxLength: 5 }).map((choices) => {
    const [fixed, free]: [Grant["fixed"], Grant["free"]] = [[], []];
    for (const [index, [member, given]] of Object.entries(shown.args).entries()) {
      const pointer = pointerOf(member);
      const choice = choices[index];
      if (choice === "any") free.push({ pointer, bound: "any" });
      else if (choice !== "fixed" && typeof given === "number")
        free.push({ pointer, bound: choice === "narrow" ? { from: given, to: given } : spanShown(given) });
      else if (choice !== "fixed" && typeof given === "string")
        free.push({ pointer, bound: { one_of: given === "other" ? [given] : ["other", given] } });
      else fixed.push({ pointer, value: given });
    }
    const { rule, agent, server, tool, schemaHash } = shown;
    return { ...GRANT, rule, agent, server, tool, schema_hash: schemaHash, fixed, free };
  });
