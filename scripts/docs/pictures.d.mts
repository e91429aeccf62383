/** File in docs/: the scene. */
export const PICTURES: Record<string, string>;
