/** What scripts say where somebody makes a passkey, and what an invitation and a new passkey say of themselves. */
export const joiningScriptTexts = {
  badUsername: "Start with a small letter or a digit; then also dots, dashes and underscores, 32 characters in all.",
  enterName: "Enter a name.",
  setupIncomplete: "This link is incomplete. Open the whole link that was printed when the service started, with everything after the #.",
  inviteIncomplete: "This link is incomplete. Open the whole link that you were sent, with everything after the #.",
  anotherKey: "The service stored another passkey than this device made. Do not have it confirmed: tell an admin, and use another network.",
  confirmed: "Your passkey is confirmed. You can sign in with it now.",
  gone: "The service does not have this passkey: an admin discarded it, or it was revoked. Ask an admin for a new invitation.",
  invitation: {
    by: "Invited by",
    toBe: "To be",
    group: "In the group",
    groups: "In the groups",
    until: "Valid until",
  },
  newPasskey: {
    digitsOf: <T>(username: T) => ["The digits of the passkey of ", username, ":"],
    read: "Read them to an admin, on the phone or in person. The admin sees the same digits beside your name, and confirms your passkey if every one is the same.",
  },
} as const;
