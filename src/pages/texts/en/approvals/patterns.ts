/** What the page of requests that are alike says, made by the server alone. */
import type { Child } from "hono/jsx";

export const patternsTexts = {
  page: {
    refuseNothingMore: "Refuse nothing more",
    hour: "1 hour",
    hours: "4 hours",
    day: "1 day",
    whatIsAlike: "What is alike",
    theseArgumentsOnly: "These arguments only",
    anyArguments: "This tool, whatever the arguments",
    refuseFor: "Refuse equal asks and calls for",
    refuseHint: "Until then nobody is asked about them. You or an admin can lift that at any time.",
    comment: "Comment",
    optional: "Optional",
    commentHint: "The agent and everyone with a receipt can read it.",
    deniedWithOneSignature: "Denied with one signature",
    atMost: (most: number) => ["At most ", most, " are denied at once. Come back for the others."],
    youSignAs: (username: string) => `You sign as ${username}.`,
    noPasskey: "You have no passkey that stands.",
    title: "Deny all like this",
    asked: (request: Child, agent: Child, kind: Child) => [request, " by ", agent, ": ", kind],
    nothing: "Nothing like it waits for you that can be denied here.",
    outcome: "What became of them",
    sendAgain: "Send again",
    alone: "To be denied each by itself",
    aloneHint:
      "One signature for several needs requests that a published policy has judged. These were asked for before, or under none: open each.",
    refusedWithoutAsking: "Refused without asking",
  },
  refused: {
    title: "Refused without asking",
    nothing: "Nothing. With “Deny all like this” on a request, approvers have its like refused for a time.",
  },
} as const;
