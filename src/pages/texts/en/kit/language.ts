/** Which language these texts are in, as HTML says it: its code, and which way it is written; and how it writes `1,204` of 1204. */
export const languageTexts = { code: "en", direction: "ltr", number: (count: number): string => count.toLocaleString("en") } as const;
