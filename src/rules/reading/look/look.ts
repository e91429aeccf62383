/**
 * What to look at in a payload before deciding, in lines of a few words, each about one value. Nobody signs it and nothing rests on it: a
 * payload can always be written so that nothing is found.
 */
import { gravestOf } from "../mark.ts";
import type { ValuePlace } from "../payload-marks.ts";

/** What a line is about. The earlier stands first. */
export const LOOK_ABOUT = ["destroys", "recipient", "amount", "secret", "place"] as const;
export type LookAbout = (typeof LOOK_ABOUT)[number];

export interface Look {
  /** The value that it is about. */
  at: ValuePlace;
  about: LookAbout;
  /** In words of the service. */
  says: string;
  /** The stretch of the payload that it is about; empty where that is not to be said again. */
  shown: string;
  isWarning: boolean;
}

/** As many as anybody unfolds. */
const MOST_LOOKS = 40;
/** Characters that are said again. */
const LONGEST_SHOWN = 80;

const shortened = (text: string): string => {
  const characters = Array.from(text);
  return characters.length > LONGEST_SHOWN ? `${characters.slice(0, LONGEST_SHOWN).join("")}…` : text;
};

export const look = (about: LookAbout, at: ValuePlace, says: string, shown: string, isWarning = false): Look => ({
  at,
  about,
  says,
  shown: shortened(shown),
  isWarning,
});

const rankOf = ({ about, isWarning }: Look): number => LOOK_ABOUT.indexOf(about) + (isWarning ? 0 : LOOK_ABOUT.length);

/** The gravest first; of what is said of the same words only the first. */
export function looksInOrder(looks: readonly Look[]): Look[] {
  const told = new Set<string>();
  const sorted = looks.toSorted((a, b) => rankOf(a) - rankOf(b));
  const once = sorted.filter(({ says, shown, at }) => {
    const key = JSON.stringify(shown === "" ? [says, at] : [says, shown]);
    return !told.has(key) && told.add(key);
  });
  if (once.length <= MOST_LOOKS) return once;
  const kept = gravestOf(once, MOST_LOOKS - 1, rankOf);
  const isWarning = once.some((one) => one.isWarning && !kept.includes(one));
  return [...kept, look("place", [], `${once.length - kept.length} more like these are not listed`, "", isWarning)];
}
