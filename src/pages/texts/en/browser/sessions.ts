/** What lists of sessions say, of one's own and of somebody else's, and what asks to be one. */
export const sessionsScriptTexts = {
  signedIn: <T>(time: T) => ["Signed in ", time],
  commandLine: <T>(name: T, time: T) => ["Command line “", name, "”, let in ", time],
  thisOne: " – this one",
  with: <T>(passkey: T, lastUsed: T, day: T) => ["with ", passkey, ", last used ", lastUsed, ", ends by ", day],
  unnamed: "a passkey without a name",
  everywhere: "Sign out everywhere",
  /** Of the page that lets a command line in. */
  pairing: {
    code: "Code",
    calls: "Calls itself",
    asked: "Asked",
    until: "Until",
    may: "May",
    reads: "read what you may read, and nothing else",
    noCode: "Enter the eight letters that your terminal shows.",
    otherwise: "What the service wants signed is not what you entered. Nothing was signed; tell an admin.",
    isIn: "The command line is let in. Go back to your terminal. You can end its session under Account.",
    isAway: "It was turned away.",
  },
} as const;
