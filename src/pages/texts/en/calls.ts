/** What the page of calls to look at says. */
import type { Child } from "hono/jsx";
import type { View } from "#pages/kit/view.ts";

export const callsTexts = {
  page: {
    nothing: "Nothing. When a call passes although something about it is unusual for its agent, it is listed here with the reasons.",
    toLookAt: "To look at",
    newest: "Newest",
    older: "Older",
    about: (link: Child) => [
      "These calls passed by a rule of the ",
      link,
      ", and something about them is unusual for their agent. “Fine” says that you have looked; it changes nothing else.",
    ],
    policy: "policy",
    needsScript: "“Fine” needs JavaScript: switch it on and reload.",
    nothingMore: "Nothing more.",
    off: "This is off here: it lists calls that passed through the gateway, and this deployment has no database AUDIT, in which calls are recorded. Its operator can make one.",
  },
  notice: {
    passed: (name: View, at: View, rule: View, score: number) => [name, ", ", at, ", passed by the rule ", rule, `, score ${score}`],
    fine: "Fine",
    stopThisAgent: "Stop this agent",
  },
} as const;
