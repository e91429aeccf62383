/**
 * What is alike in many cases: `npm test` runs a part of them, chosen so that each value occurs with others of each kind, and
 * `npm run verify:cases` all.
 */
import { inject } from "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    everyCase: boolean;
  }
}

/** Of what a loop would go through, that which it has to: one in `of`, another one for each `turn`. */
export const oneIn = <Case>(of: number, cases: readonly Case[], turn = 0): Case[] =>
  cases.filter((_, n) => inject("everyCase") || n % of === turn % of);

/** Of what goes on from the first to the last, these two. */
export const outermost = <Case>(cases: readonly Case[]): Case[] =>
  cases.filter((_, n) => inject("everyCase") || n === 0 || n === cases.length - 1);

/** So many, or a few of them. */
export const manyOr = (few: number, many: number): number => (inject("everyCase") ? many : few);
