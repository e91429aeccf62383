/** Path below dist/browser, and content, of everything that is served of docs/. */
export function renderDocs(): Promise<[path: string, contents: string | Uint8Array][]>;
/** The names of all documents: their paths below docs/ without `.md`. */
export function documentNames(): string[];
