/** What lists of sessions say, of one's own and of somebody else's. */
export const sessionsScriptTexts = {
  signedIn: <T>(time: T) => ["Signed in ", time],
  thisOne: " – this one",
  with: <T>(passkey: T, lastUsed: T, day: T) => ["with ", passkey, ", last used ", lastUsed, ", ends by ", day],
  unnamed: "a passkey without a name",
  everywhere: "Sign out everywhere",
} as const;
