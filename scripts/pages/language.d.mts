/** Types of language.mjs, for tests. */
export const PAGES_LANGUAGE: string;

export function folderOfTexts(language: string): string;

export function aliasesOf(folder: string): string[];
