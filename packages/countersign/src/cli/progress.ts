/** How far a long command is, as one line of a terminal that is written over and over. Nothing of it goes anywhere else. */

const WIDTH = 30;
const PAUSE_MS = 100;
const CLEAR = "\r\u001b[K";

export interface ProgressLine {
  /** `unit` in the plural, such as `leaves`. */
  show: (done: number, all: number, unit: string) => void;
  /** Takes the line away, for whatever is said next. */
  clear: () => void;
}

/** Says it with `tell`, a terminal's standard error; says nothing if it is null. */
export function makeProgress(tell: ((text: string) => void) | null, now: () => number = Date.now): ProgressLine {
  let shownAt = Number.NEGATIVE_INFINITY;
  let isShown = false;
  return {
    show: (done, all, unit) => {
      if (tell === null || (now() - shownAt < PAUSE_MS && done < all)) return;
      shownAt = now();
      isShown = true;
      const filled = all === 0 ? WIDTH : Math.floor((done / all) * WIDTH);
      tell(
        `${CLEAR}[${"#".repeat(filled)}${" ".repeat(WIDTH - filled)}] ${done.toLocaleString("en")} of ${all.toLocaleString("en")} ${unit}`,
      );
    },
    clear: () => {
      if (tell === null || !isShown) return;
      isShown = false;
      tell(CLEAR);
    },
  };
}
