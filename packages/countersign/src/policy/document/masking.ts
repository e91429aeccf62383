/** Paths that entries of `mask` may name. How they are followed is the service's. */

/** Steps of a path: `.name`, `..name`, `.*`, `["name"]`, `[0]`, `[*]`. A name ends where another step, a quote or space begins. */
const STEP = /\.(?:\*|\.?[^.[\]"'*\s]+)|\[(?:\*|[0-9]{1,9}|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")\]/y;

/** Where a text stops to be a path, counted in its characters; null if it is one from `$` to its end. */
export function maskPathFault(text: string): number | null {
  if (!text.startsWith("$")) return 0;
  for (let at = 1; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    if (!STEP.test(text)) return at;
  }
  return null;
}
