/** What the pages of people say, made by the server. */
export const peopleTexts = {
  title: "People",
  about: "Everyone signs in with a passkey. A new one can do nothing until an admin has compared it with its owner and signed for it.",
  everyone: "Everyone",
  search: {
    label: "Search people",
    hint: "Name, username or group.",
    role: "Role",
    anyRole: "Any",
    verb: "Search",
    none: "Nobody is like this.",
    further: "Further people",
  },
  invite: {
    title: "Invite somebody",
    username: "Username",
    usernameHint: "Optional. Left empty, they choose it.",
    displayName: "Display name",
    displayNameHint: "Optional.",
    verb: "Invite",
  },
  invited: {
    about: <T>(until: T) => [
      "The link works once, until ",
      until,
      ", and is shown only now. Send it so that nobody else reads it. Whoever opens it makes a passkey that can do nothing until you have compared its digits with them and confirmed it here.",
    ],
    link: "Invite link",
    copy: "Copy link",
  },
  change: {
    verb: "Sign change",
    hint: "You sign this with your passkey.",
  },
  roles: {
    legend: "Roles",
    groups: "Groups",
    groupsHint: "Optional. Names of your own, separated by commas, such as “release-managers”. Agents may ask a group to decide.",
    approver: { name: "Approver", hint: "decides requests that ask them, a group of theirs, or any approver" },
    admin: { name: "Admin", hint: "invites people, makes agents, and signs for both with a passkey" },
    auditor: { name: "Auditor", hint: "reads every request and receipt, decides nothing" },
  },
  record: {
    about: "As an auditor you see everybody, with their passkeys and roles. Admins change them, and sign for it.",
    waiting: "Waiting for an admin’s signature",
    newPasskey: "a new passkey, for who is or becomes ",
    becomes: "becomes ",
    made: (time: string) => `, made ${time}`,
    until: (time: string) => `, until ${time}`,
  },
  person: {
    all: "All people",
  },
} as const;
