/** What the script of the page says on which somebody is erased. */
export const erasureScriptTexts = {
  link: (username: string) => `Erase ${username}`,
  title: (username: string) => `Erase ${username} for ever`,
  text: "This cannot be undone, by anybody. You sign it with your passkey, and the log says so for ever.",
  verb: "Sign erasure",
  done: "Erased. Records that name this person are withheld within the next hours.",
  awaits: (signatures: number, required: number) =>
    `${signatures} of ${required} admins have signed. Another admin has to sign the same within a day.`,
} as const;
