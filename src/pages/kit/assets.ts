/** The addresses of what the pages load, as scripts/build.mjs left them. */
import built from "#dist/assets.json" with { type: "json" };

/** The path, with a hash of the content in it, of a built file such as `approval.js`. */
export const asset = (name: keyof typeof built): string => built[name];
