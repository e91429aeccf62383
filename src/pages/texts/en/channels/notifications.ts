/** Texts of `/account/notifications`, as the server makes it. */

export const notificationsTexts = {
  title: "Notifications",
  account: "Account",
  intro: "How you hear of requests. A notification only opens the page: nothing is decided by it.",
  notAvailable: "This service keeps no addresses yet: its operator has to set VAULT_SECRET first.",
  noChannel: "No channel reaches people here yet. An admin adds one under “Channels”.",
  device: {
    title: "This device",
    state: "Requests that you may decide are shown here, on the locked screen too, by what the agent calls them.",
    turnOn: "Turn on notifications on this device",
  },
  addresses: "Devices and addresses",
  email: { label: "E-mail address", hint: "A code is sent there, which you enter here.", submit: "Add e-mail address" },
  slack: {
    label: "Slack member ID",
    hint: "In Slack: your profile, “More”, “Copy member ID”. A code is sent to you there, which you enter here.",
    submit: "Add Slack",
  },
  settings: {
    title: "In which order, and when not",
    order: { label: "You are told by", places: ["First", "Then", "Last"], none: "nothing more" },
    next: { label: "Then the next after … minutes", hint: "If it is still open. With 0, all at once." },
    quiet: {
      title: "Quiet hours",
      label: "Keep quiet at night",
      hint: "Whatever is not critical waits until they are over, unless less than 15 minutes would be left for it then.",
      from: "From",
      until: "Until",
    },
    zone: { label: "Time zone", hint: "Such as Europe/Berlin. Quiet hours are by the clock there." },
    submit: "Save",
  },
  away: {
    title: "Out of office",
    intro: "For that time somebody else is told in your place. It is in the log, signed by you.",
    nobody: "There is no other approver here whom you could name.",
    from: { label: "From", hint: "By the clock of this device." },
    until: { label: "Until", hint: "At most 90 days later." },
    to: {
      label: "Who is told",
      hint: "They decide only what they may decide themselves: nobody decides in your place, and you still can.",
      person: (displayName: string, username: string): string => `${displayName} (${username})`,
    },
    submit: "Sign with passkey",
  },
  code: {
    title: "Enter the code",
    verb: "Confirm",
    label: "Code",
    hint: "The eight digits that were sent there. They serve for 15 minutes.",
  },
} as const;
