/** What a person's own account says, made by the server. */

/** Such as `twelve hours` and `3 days`. */
const lasting = (hours: number): string => {
  const usual: Readonly<Record<number, string>> = { 1: "an hour", 12: "twelve hours", 24: "a day", 168: "a week" };
  return usual[hours] ?? (hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`);
};

export const accountTexts = {
  title: "Account",
  about: "Admins decide what you may do here. You sign in with your passkeys, and sign your decisions with them.",
  username: "Username",
  roles: "Roles",
  groups: "Groups",
  none: "none",
  notifications: "Notifications",
  notificationsAbout: <T>(link: T) => [link, ": how you hear of requests, and who hears in your place."],
  servers: "Servers",
  serversAbout: <T>(link: T) => [link, ": which ones your agents call as you."],
  passkeys: "Your passkeys",
  rename: {
    title: "Name this passkey",
    name: "Name",
    hint: "Where it is, such as “phone”. Only you and the admins read it.",
    verb: "Save name",
  },
  add: {
    title: "Add a passkey",
    name: "Name of the new passkey",
    hint: "Optional. Where it is, such as “phone”.",
    verb: "Add passkey",
    about: "An admin has to confirm it before it can do anything. A second passkey is how you get in when the first is lost.",
  },
  stopToken: {
    title: "Stop token",
    about: <T>(command: T) => [
      "With it, ",
      command,
      " stops an agent that you could stop here, and does nothing else: it releases nothing.",
    ],
    once: "This is the only time it is shown.",
    copy: "Copy token",
  },
  sessions: {
    title: "Where you are signed in",
    limits: (idleHours: number, mostHours: number) =>
      `A session ends after ${lasting(idleHours)} without use, and ${lasting(mostHours)} after you signed in.`,
  },
} as const;
