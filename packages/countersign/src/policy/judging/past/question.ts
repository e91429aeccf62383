/** What a policy asks of the past of an agent, and the answers that it is judged by. Who keeps the past answers; the policy never sees it. */

/** All of it is written in the policy: nothing of it comes from the agent. Times in milliseconds. */
export type PastQuestion =
  /** `tool` is a glob on names. */
  | { ask: "count"; tool: string; within: number }
  /** Of the numbers at that member of the arguments. */
  | { ask: "sum"; tool: string; path: string[]; within: number }
  /** `when` is a condition on the arguments of a call. */
  | { ask: "any"; tool: string; when: string; within: number }
  /** What is unusual about the judged thing: the hour, how often it calls, its tool, a watched member of its arguments, what came before. */
  | { ask: "hour" }
  | { ask: "burst" }
  | { ask: "first-tool" }
  | { ask: "first-value"; path: string[] }
  | { ask: "chain"; name: string };

/**
 * Answers by `keyOf` of their questions. Null: it cannot be known, since it reaches further back than is kept, a value was missing or no
 * number, or a condition failed. Left out: it was not asked.
 */
export type PastAnswers = Readonly<Record<string, number | boolean | string | null>>;

/** The name of an answer: the same for the same question. */
export function keyOf(question: PastQuestion): string {
  switch (question.ask) {
    case "count":
      return JSON.stringify(["count", question.tool, question.within]);
    case "sum":
      return JSON.stringify(["sum", question.tool, question.within, ...question.path]);
    case "any":
      return JSON.stringify(["any", question.tool, question.within, question.when]);
    case "first-value":
      return JSON.stringify(["first-value", ...question.path]);
    case "chain":
      return JSON.stringify(["chain", question.name]);
    case "hour":
    case "burst":
    case "first-tool":
      return question.ask;
  }
}
