/** What the script of the page of calls to look at says. */
export const callsScriptTexts = {
  page: {
    lookedAt: (name: string) => `${name}: looked at.`,
    notKept: (name: string) => `${name} is not kept any more.`,
  },
} as const;
