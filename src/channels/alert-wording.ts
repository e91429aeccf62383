/** What a message says of something that is amiss (src/rules/console/alerts.ts), in the same words on every channel that people read. */
import type { AlertName, MessageContent } from "#rules/notices/content.ts";
import { toldText } from "./told-text.ts";

const MOST_OF_NAME = 60;

type Told = NonNullable<MessageContent["alert"]>;
/** When it begins, what it means, and when it is over. */
interface Words {
  begun: string;
  meaning: string;
  over: string;
}

const who = ({ agent }: Told): string => toldText(agent?.name ?? "", MOST_OF_NAME);
const WORDS: Readonly<Record<AlertName, (alert: Told) => Words>> = {
  log_frozen: () => ({
    begun: "The log is frozen",
    meaning: "Nothing can be recorded, so nothing is approved any more.",
    over: "The log is written again",
  }),
  witness_away: () => ({
    begun: "Too few witnesses answer",
    meaning: "Decisions go on; new states of the log are not cosigned, or a witness disputes them.",
    over: "Enough witnesses answer again",
  }),
  messages_stuck: () => ({
    begun: "Messages do not go out",
    meaning:
      "Some have been due for ten minutes, or were given up, or a channel has taken nothing for an hour. People may not hear of requests.",
    over: "Messages go out again",
  }),
  limit_reached: (alert) => ({
    begun: `${who(alert)} has reached a limit`,
    meaning: `Calls are refused by the rule ${toldText(alert.rule ?? "", MOST_OF_NAME)}.`,
    over: `${who(alert)} has been within its limit for an hour`,
  }),
  calls_behind: () => ({
    begun: "The record of calls is behind",
    meaning: "Its database has not answered for ten minutes. Calls are kept until it does.",
    over: "The record of calls is up to date",
  }),
};

/** Title and lines of `alert.began` and `alert.ended`. */
export function alertWords(alert: Told, hasBegun: boolean): { title: string; lines: string[] } {
  const { begun, meaning, over } = WORDS[alert.name](alert);
  return hasBegun ? { title: begun, lines: [meaning] } : { title: over, lines: ["This was told before as amiss, and is over."] };
}
