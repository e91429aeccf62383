/**
 * How old an answer to "does this agent stand?" may be. Whoever asked D1's primary, or the object that asked it, may rely on it for a
 * while counted from before the question was sent, until its own answer has left; whoever would answer later asks again. A revocation is
 * answered only once nothing that was read before it can be relied on any more, so that no call is answered after it was.
 */

/** For so long whoever asked may rely on the answer. */
export const HELD_MS = 700;

/** For so long an agent's object gives out what it has read; whoever gets it at the end of that relies on it for as long as anybody. */
export const GIVEN_MS = 200;

/** For so long what a call was told serves those that begin after it: they rely on it until the moment that the first one may. */
export const LENT_MS = 100;

/** For so long a revocation waits once it is stored: for both, and a tenth of a second in which an answer leaves. */
export const LEASE_MS = HELD_MS + GIVEN_MS + 100;

export interface Clocks {
  /** Runs something after so many milliseconds. */
  after: (ms: number, run: () => void) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export interface Lease {
  readonly isOver: boolean;
}

/**
 * A lease of so many milliseconds from now on. Over as soon as a timer or the clock says so: a clock that is set back would make it
 * longer, and so would a timer that is late because there is much to do.
 */
export function beginLease(ms: number, { after, now }: Clocks): Lease {
  const beganMs = now();
  let isTimedOut = false;
  after(ms, () => {
    isTimedOut = true;
  });
  return {
    get isOver() {
      const goneMs = now() - beganMs;
      return isTimedOut || goneMs < 0 || goneMs >= ms;
    },
  };
}

/**
 * Resolves when nothing that was read of the agent before is relied on any more. Who holds how it stands is told meanwhile (`standingChanged`),
 * and not waited for any longer.
 */
export async function relianceOver(
  agentId: string,
  ports: { standingChanged: (agentId: string) => Promise<void>; sleep: (ms: number) => Promise<void> },
): Promise<void> {
  const over = ports.sleep(LEASE_MS);
  await Promise.race([ports.standingChanged(agentId), over]);
  await over;
}
