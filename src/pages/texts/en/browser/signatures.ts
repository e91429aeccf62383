/** What is said where admins sign: by scripts, and by the views that server and script both make. */
export const signaturesTexts = {
  signed: {
    you: "you",
    signed: (signatures: number, required: number, who: string) =>
      `${signatures} of ${required} admins have signed${who === "" ? "" : `: ${who}`}.`,
    byYou: "Signed by you. Waiting for a second admin’s signature.",
    takeBack: "Take back your signature",
  },
  sign: {
    notShown:
      "Nothing was signed: the service asked for a signature under something else than this page shows. Reload the page and compare again.",
    noPasskey: "You have no passkey to sign with.",
  },
  list: {
    title: (name: string) => `Revoke ${name}`,
    cannotBeUndone: (revoking: string) => `${revoking} This cannot be undone.`,
    verb: (noun: string) => `Revoke ${noun}`,
    revokedJustNow: "Revoked just now",
  },
  takeBack: {
    title: "Take back your signature",
    text: "It no longer counts, and what you signed for needs its signatures again. You can sign again later.",
    verb: "Take back signature",
  },
} as const;
