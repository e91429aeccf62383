/** What tells one passkey from another, wherever passkeys are shown. */
export const passkeysScriptTexts = {
  wholeFingerprint: "Full fingerprint, SHA-256 ",
  shared: (usernames: string) =>
    `The same key is also a passkey of ${usernames}. Whoever holds it can sign for both, so together they count once: revoke one of them.`,
  counterBack: <T>(day: T) => ["On ", day, " its counter went back: it may have been copied. Revoke it unless somebody can explain that."],
  unnamed: "Passkey",
  since: <T>(day: T) => ["since ", day],
  synchronised: ", synchronised",
  onOneDevice: ", on one device",
  note: (note: string) => `, ${note}`,
  revoked: <T>(day: T) => ["Revoked ", day],
} as const;
