/** The whole document. */
export function referenceText(description: object): string;
