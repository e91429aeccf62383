/**
 * What a page says of a change that did not come back as done. A refusal of the service's own is said as it is. Of any other answer it is
 * not known what came of the call: the page reads again, and says what is.
 */
import { tell } from "./page.ts";
import type { Problem } from "./post.ts";

const NOT_KNOWN = "The answer did not come through, so it is not known whether this was done. Checking what the service has now.";
const NOT_READ = "It is not known whether this was done: the service cannot be read now. Reload the page before you try again.";
const NOT_DONE = "The answer did not come through, and the service shows that this was not done. You can try again.";

/**
 * Gives what to tell; null if the change turns out to be made. `reread` reads what the service has now and says whether that shows the
 * change, or null if it could not be read. `messageId`: where the page says meanwhile that it is not known.
 */
export async function toldOf(problem: Problem, reread: () => Promise<boolean | null>, messageId = "message"): Promise<string | null> {
  if (problem.isKnown) return problem.detail;
  tell(NOT_KNOWN, messageId);
  const isDone = await reread();
  tell("", messageId);
  if (isDone === null) return NOT_READ;
  return isDone ? null : NOT_DONE;
}
