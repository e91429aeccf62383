/** What the scripts of the pages of the record say. */
export const auditScriptTexts = {
  enterName: "Enter a name.",
  saved: (name: string) => `${name}: saved.`,
  forgotten: (name: string) => `${name}: forgotten.`,
  step: (n: number, of: number) => `Step ${n} of ${of}`,
} as const;
