import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quorumMet } from "#countersign/quorum.ts";
import type { QuorumSlot as Slot } from "#countersign/documents/request.ts";

type QuorumSlot = Pick<Slot, "name" | "required" | "eligible">;

const slot = (required: number, ...eligible: string[]): QuorumSlot => ({ name: "slot", required, eligible });
const met = (quorum: QuorumSlot[], ...approvers: string[]) => quorumMet(quorum, new Set(approvers));

/** Tries every assignment of people to seats. */
function metByTrying(seats: readonly QuorumSlot[], approvers: readonly string[]): boolean {
  const [seat, ...others] = seats;
  if (seat === undefined) return true;
  return approvers.some(
    (person) =>
      seat.eligible.includes(person) &&
      metByTrying(
        others,
        approvers.filter((other) => other !== person),
      ),
  );
}

describe("quorum", () => {
  it("is met by one eligible person where one is required", () => {
    expect(met([slot(1, "a", "b")], "b")).toBe(true);
    expect(met([slot(1, "a", "b")], "c")).toBe(false);
    expect(met([slot(1, "a", "b")])).toBe(false);
  });

  it("needs as many people as it has seats, each in one", () => {
    expect(met([slot(2, "a", "b", "c")], "a", "c")).toBe(true);
    expect(met([slot(2, "a", "b", "c")], "a")).toBe(false);
    expect(met([slot(1, "a"), slot(1, "a")], "a")).toBe(false);
    expect(met([slot(1, "a"), slot(1, "a")], "a", "b")).toBe(false);
    expect(met([slot(2, "a", "a")], "a", "b")).toBe(false);
  });

  it("finds the assignment in which somebody has to leave a seat for another", () => {
    expect(met([slot(1, "a", "b"), slot(1, "a")], "a", "b")).toBe(true);
    expect(met([slot(1, "a", "b"), slot(1, "b", "c"), slot(1, "a")], "a", "b", "c")).toBe(true);
    expect(met([slot(2, "a", "b", "c"), slot(1, "a"), slot(1, "b")], "a", "b", "c", "d")).toBe(false);
    expect(met([slot(2, "a", "b", "c", "e"), slot(1, "a"), slot(1, "b", "d")], "a", "b", "c", "d", "e")).toBe(true);
  });

  it("is never met when it is empty", () => {
    expect(met([])).toBe(false);
    expect(met([], "a")).toBe(false);
  });

  it("answers at once whatever a hostile request demands", () => {
    const people = Array.from({ length: 300 }, (_, at) => `usr_${at}`);
    const everyone = new Set(people);
    expect(quorumMet([slot(Number.MAX_SAFE_INTEGER, ...people)], everyone)).toBe(false);
    const shrinking = people.map((_, at) => slot(1, ...people.slice(0, at + 1))).toReversed();
    expect(quorumMet(shrinking, everyone)).toBe(true);
    const oneTooMany = people.map((_, at) => slot(1, ...people.slice(0, Math.max(at, 1)))).toReversed();
    expect(quorumMet(oneTooMany, everyone)).toBe(false);
  });

  it("is met exactly if some assignment of distinct people exists", () => {
    const names = fc.subarray(["a", "b", "c", "d", "e"]);
    const slots = fc.array(fc.record({ name: fc.constant("slot"), required: fc.integer({ min: 1, max: 3 }), eligible: names }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(slots, names, (quorum, approvers) => {
        const seats = quorum.flatMap((one) => Array.from({ length: one.required }, () => one));
        expect(quorumMet(quorum, new Set(approvers))).toBe(metByTrying(seats, approvers));
      }),
      { numRuns: 2_000 },
    );
  });
});
