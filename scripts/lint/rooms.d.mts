/** Types of rooms.mjs, for its tests. */
export const ROOMS: Record<string, { may: string[]; types?: string[] }>;

export function mayImport(importer: string, imported: string, isType: boolean): boolean;
