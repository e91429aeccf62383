/** What the script for signing in says. */
export const sessionsScriptTexts = {} as const;
