/** Types of texts.mjs, for its tests. */
export const NOT_YET: readonly string[];
