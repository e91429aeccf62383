/** Which language these texts are in, as HTML says it: its code, and which way it is written. */
export const languageTexts = { code: "en", direction: "ltr" } as const;
