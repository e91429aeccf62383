/** A grant in words. */
import type { View } from "#pages/kit/view.ts";

export const grantWordsTexts = {
  isWhatWasShown: "is exactly what was shown",
  isExactly: (value: View) => ["is exactly ", value],
  anything: "anything",
  between: (from: number | string, to: number | string) => `a number from ${from} to ${to}`,
  oneOf: (values: string) => `one of ${values}`,
  is: (bound: View) => ["is ", bound],
  isOneOf: (values: readonly View[]) => ["is one of ", ...values],
  nothingElse: "and nothing else is in it.",
  mayDo: (agent: View, action: View, howOften: View) => [agent, " may do ", action, " ", howOften, " without anybody being asked, where"],
  timesUntil: (uses: number, until: View) => [uses === 1 ? "one more time" : `${uses} more times`, " until ", until],
} as const;
