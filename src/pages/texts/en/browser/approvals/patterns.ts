/** What is said of patterns: by scripts, and by the views that server and script both make. */
import type { View } from "#pages/kit/view.ts";

export const patternsScriptTexts = {
  alike: {
    asked: (requestedAt: View) => ["asked ", requestedAt],
    until: (expiresAt: View) => ["until ", expiresAt],
    sameArguments: ", same arguments",
    otherArguments: ", other arguments",
    stands: {
      pending: "Your denial is recorded, and more people have to deny it",
      settling: "Denied",
      denied: "Denied",
    },
    now: (status: string) => `Now ${status}`,
    notKnown: "not known",
    deny: (count: number) => (count === 1 ? "Deny 1 request with passkey" : `Deny ${count} requests with passkey`),
  },
  pattern: {
    asksCalled: (action: View) => ["asks called ", action],
    at: (server: View) => [" at ", server],
    withAnyArguments: "with any arguments",
    withTheArguments: (hash: View) => ["with the arguments ", hash, "…"],
    itIsTold: (comment: View) => [". It is told: ", comment],
    by: (which: readonly View[], username: View) => [...which, ", by ", username],
    lift: "Lift",
    refusedUntil: (until: View) => ["Refused until ", until],
  },
  page: {
    notShown: "This page does not show what would be signed. Do not use it; reload it, and if that stays so, tell an admin.",
    noAnswer:
      "The answer did not come through, so some denials may be recorded and others not. Send the same again: nothing is done twice.",
    nothingLeft: "There is nothing left to deny. Reload the page.",
    hadEnded: "It had ended, or was not yours to deny.",
    refusedFromNow: "Equal asks and calls are refused from now on, everywhere.",
    unreadable: "This page could not be read. Reload it.",
  },
  lifting: {
    liftedJustNow: "Lifted just now",
  },
} as const;
