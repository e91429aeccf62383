/** Texts of `/admin/grants`. */
import type { View } from "#pages/kit/view.ts";

export const grantsTexts = {
  title: "Grants",
  intro:
    "What approvers let pass without being asked again, as they signed it. A grant ends with its uses or its time, with any stop, with the role or the passkey of whoever gave it, with its rule, and when its tool changes.",
  search: {
    label: "Search grants",
    hint: "Agent, tool, server, rule, who gave it, or its id.",
    state: "State",
    states: { all: "All", open: "Open", over: "Over" },
    submit: "Search",
  },
  list: {
    noneFound: "No grant is like this.",
    none: "No grant yet. Where a rule of the policy has “grants”, whoever approves a request can remember that on its page.",
    earlier: "Earlier grants",
  },
  row: {
    what: (agent: View, tool: View): View[] => [agent, ": ", tool],
    given: (givers: readonly View[], at: View, rule: View, id: View): View[] => [
      "given by ",
      ...givers,
      ", ",
      at,
      ", rule ",
      rule,
      ", ",
      id,
    ],
    left: (left: number, uses: number, until: View): View[] => [`${left} of ${uses} uses left, until `, until],
    /** What became of one that is over, by what ended it. */
    ended: {
      revoked: "Revoked",
      used_up: "Used up",
      expired: "Its time is over",
      stop: "Void since a stop",
      giver: "Void: somebody who gave it may not approve any more, or not with that passkey",
      tool: "Void: the tool is not accepted as it was",
      log: "Void: given in a log that has ended",
      rule: "Void: its rule is not there any more, or lets nobody remember",
    },
    /** Goes on from one of those. */
    endedBy: (who: View, at: View): View[] => [" by ", who, ", ", at],
    used: (times: number): string => (times === 1 ? "Used once" : `Used ${times} times`),
    use: (number: number, at: View): View[] => [`${number}. `, at],
    revoke: "Revoke grant",
  },
} as const;
