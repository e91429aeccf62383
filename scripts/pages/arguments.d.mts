/** Types of arguments.mjs, for its tests. */
export function argumentsAt(source: string, open: number): { parts: string[]; end: number };
