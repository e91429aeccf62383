/** What pages of all rooms say, made by the server. */
import type { Child } from "hono/jsx";

export const kitTexts = {
  layout: {
    service: "Countersign",
    title: (page: string) => `${page} – Countersign`,
    main: "Main",
    requests: "Requests",
    toLookAt: "To look at",
    toLookAtMany: (waiting: string) => `To look at (${waiting})`,
    overview: "Overview",
    agents: "Agents",
    people: "People",
    policy: "Policy",
    servers: "Servers",
    channels: "Channels",
    grants: "Grants",
    audit: "Audit",
    settings: "Settings",
    stop: "Stop",
    log: "Log",
    account: "Account",
    signedInAs: (username: string) => `Signed in as ${username}`,
    signOut: "Sign out",
    everythingStopped: "Everything is stopped",
    halted: (stopped: Child, since: string, who: Child) => [
      stopped,
      " since ",
      since,
      ": no agent may ask for anything, or use what was approved. ",
      who,
    ],
    whoStopped: "See who stopped it",
    needsScript: "This page needs JavaScript: your browser itself has to check and sign with your passkey. Switch it on and reload.",
  },
  message: {
    toRequests: "Go to the requests",
    code: (code: Child) => ["Code: ", code],
    notForYou: "Nothing here for you",
    noSuchPage:
      "There is no such page, or it is a request that you are not asked to decide. If somebody sent you this link, ask them who should have it.",
    failed: "That did not work",
  },
  dialogs: {
    keep: "Keep",
  },
} as const;
