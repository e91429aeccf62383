/** One check of whatever is checked here, and sentences that results have in common. */
import { witnessTime } from "#countersign/documents/words.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { verifyTexts as texts } from "#texts/browser/log/verify.ts";

const STATE_WORDS = { holds: texts.check.holds, failed: texts.check.failed, unreached: texts.check.notReached } as const;
export type CheckState = keyof typeof STATE_WORDS;

export const stateOf = (holds: boolean, failure: object | null): CheckState =>
  holds ? "holds" : failure === null ? "unreached" : "failed";

interface Check {
  code: string;
  title: string;
  state: CheckState;
  failure: { code: string; message: string } | null;
  /** What it looked at. */
  rows: readonly ViewElement[];
}

/** A line that opens for what was looked at; of the one that failed all is open. */
export function checkView({ code, title, state, failure, rows }: Check): ViewElement {
  const line = element("h3", {}, title, " ", styled("span", "state", STATE_WORDS[state]));
  const looked = rows.length === 0 ? null : styled("dl", "object", ...rows);
  const why = failure && element("p", {}, textView(failure.message), " ", element("code", {}, failure.code));
  return element(
    "li",
    { class: "check", "data-check": code, "data-state": state },
    ...(looked === null || why !== null ? [line, why, looked] : [element("details", {}, element("summary", {}, line), looked)]),
  );
}

export const sentence = (...parts: View[]): ViewElement => element("p", {}, ...parts);

/** Why something does not hold. */
export const failureSentences = (message: string): ViewElement[] => [sentence(textView(message)), sentence(texts.check.stops)];

const whenText = (time: string): string => (time.endsWith("Z") ? timeText(time) : time);

/** Who of a policy's witnesses has seen the log like that, which was enough. */
export function witnessSentence(witnesses: readonly { name: string; timeSeconds: number }[]): ViewElement {
  if (witnesses.length === 0) return sentence(texts.check.noWitness);
  const seen = witnesses.flatMap(({ name, timeSeconds }, i) => [
    i === 0 ? "" : i === witnesses.length - 1 ? texts.check.and : ", ",
    ...texts.check.on(textView(name, "id"), whenText(witnessTime(timeSeconds))),
  ]);
  return sentence(...texts.check.seenBy(seen));
}
