/** What people are told where what is alike is not refused from then on, or not lifted. */
import type { LiftRefusal, PatternFailure } from "#gate/patterns/pattern-verbs.ts";
import { MOST_PATTERNS } from "#rules/policies/denied-pattern.ts";
import { publicAnswers } from "#rules/failure.ts";

export const patternFailure = publicAnswers<PatternFailure | LiftRefusal | { reason: "none-denied" | "not-known" }>({
  "agent-revoked": { code: "agent_stopped", message: "The agent has been revoked: there is nothing to refuse any more." },
  "person-not-standing": { code: "not_eligible", message: "You may not decide any more; nothing is refused from now on." },
  "too-many-patterns": {
    code: "rate_limited",
    message: `As much as ${MOST_PATTERNS} kinds of things of this agent are refused already. Lift one, or stop the agent.`,
    retryAfter: 60,
  },
  "none-denied": { code: "not_final", message: "None of your denials counted, so nothing is refused from now on." },
  "not-known": { code: "unavailable", message: "It is not known whether that is refused from now on. Send the same again." },
  "unknown-pattern": { code: "not_found", message: "There is no such thing in force that you could lift." },
  "may-not-lift": { code: "forbidden", message: "You may not lift this any more; nothing has changed. Ask an admin." },
});
