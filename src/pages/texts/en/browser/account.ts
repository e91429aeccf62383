/** What the script of a person's own account says, and the lists that server and script both make. */
export const accountScriptTexts = {
  rename: "Rename",
  revoke: "Revoke",
  discard: "Discard",
  current: "you are signed in with it",
  newPasskey: "New passkey",
  waiting: (made: string) => `Made ${made}. An admin has to confirm it; until then it opens nothing.`,
  compare: "Read these digits to an admin, on the phone or in person. The admin confirms the passkey if every one is the same.",
  added: "Passkey added. It waits for an admin: read its digits to one.",
  enterName: "Enter a name.",
  nameSaved: "Name saved.",
  discarding: {
    title: "Discard the waiting passkey",
    text: "It was never confirmed and opens nothing.",
    verb: "Discard passkey",
    done: "Passkey discarded.",
  },
  revoking: {
    title: "Revoke this passkey",
    text: (isLast: boolean) =>
      `It stops working at once: whoever is signed in with it is signed out, and what it signed of pending requests no longer counts. This cannot be undone.${
        isLast ? " It is your only one: without it you cannot sign in until an admin invites you again." : ""
      }`,
    verb: "Revoke passkey",
    done: "Passkey revoked.",
  },
  sessions: {
    end: "End",
    ending: "End this session",
    isThis: "It is the one that you use now: you are signed out.",
    isOther: "Whoever uses it is signed out at once.",
    verb: "End session",
    ended: "Session ended.",
    others: "Sign out everywhere else",
    othersText: "Every session of yours but this one ends at once.",
    othersVerb: "Sign out elsewhere",
    othersEnded: "Signed out everywhere else.",
    allText: "Every session of yours ends at once, this one too: you are signed out here as well.",
    allVerb: "End all sessions",
  },
  stopToken: {
    make: "Make a stop token",
    another: "Make another",
    revoke: "Revoke the stop token",
    made: <T>(time: T) => ["Made ", time, ". Another one ends it."],
    revokingText: "It stops nothing any more. You can make another.",
    revokeVerb: "Revoke stop token",
    revoked: "Stop token revoked.",
  },
} as const;
