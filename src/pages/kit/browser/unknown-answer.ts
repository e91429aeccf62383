/**
 * What a page says of a change that did not come back as done. A refusal of the service's own is said as it is. Of any other answer it is
 * not known what came of the call: the page reads again, and says what is.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { pageScriptTexts as texts } from "#texts/browser/kit/page.ts";
import { tell } from "./page.ts";
import type { Problem } from "./post.ts";

const NOT_KNOWN = texts.answers.checking;
const NOT_READ = texts.answers.notRead;
const NOT_DONE = texts.answers.notDone;

/**
 * What came of the change, as `reread` finds it in what the service has now: null if nothing did, refused if it could not be read. Or
 * what to tell. `messageId`: where the page says meanwhile that it is not known.
 */
export async function foundAfter<Found>(
  problem: Problem,
  reread: () => Promise<Result<Found | null, unknown>>,
  messageId = "message",
): Promise<Result<Found, string>> {
  if (problem.isKnown) return refuse(problem.detail);
  tell(NOT_KNOWN, messageId);
  const now = await reread();
  tell("", messageId);
  if (!now.ok) return refuse(NOT_READ);
  return now.value === null ? refuse(NOT_DONE) : accept(now.value);
}

/** The same of a change that only is made or not: gives what to tell, null if it is; `isMade` is null if it could not be read. */
export async function toldOf(problem: Problem, isMade: () => Promise<boolean | null>, messageId?: string): Promise<string | null> {
  const reread = async (): Promise<Result<true | null, null>> => {
    const made = await isMade();
    return made === null ? refuse(null) : accept(made ? true : null);
  };
  const found = await foundAfter(problem, reread, messageId);
  return found.ok ? null : found.refusal;
}
