/** What the page says on which somebody is erased, made by the server. */
export const erasureTexts = {
  title: (username: string) => `Erase ${username}`,
  back: "People",
  goes: "What names this person goes for ever: username and display name, passkeys’ names, sessions, addresses and devices, settings and invitations. Records of the log that name them are withheld, and their leaves stay, so that the log is as sound as before.",
  lost: "No receipt is made any more of requests that they decided, and once these are archived nothing is left of them here. Have those exported that must be proved later.",
  stays:
    "Their id and public keys stay: signatures that are out there are verified with them. The username may be given to somebody else, under another id.",
  two: "Where two admins have to sign, another opens this page and signs as well.",
  erase: "Erase this person",
  id: "Id",
  waits:
    "They can do something here still, so nobody can erase them yet. Take away roles, groups and passkeys, revoke their agents, and disconnect their accounts first.",
} as const;
