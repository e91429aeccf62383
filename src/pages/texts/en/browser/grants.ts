/** What the script of `/admin/grants` says. */

export const grantsScriptTexts = {
  revoking: {
    title: (grant: string): string => `Revoke the grant for ${grant}`,
    text: "It lets nothing pass any more, and what it let pass and was not used serves for nothing. People are asked again. This cannot be undone.",
    verb: "Revoke grant",
    done: "Revoked just now",
  },
} as const;
