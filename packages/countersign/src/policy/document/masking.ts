/** What entries of `mask` may name: detectors, by their names, and paths. How they are found is the service's. */

/** What can be looked for in a text, by the names that policies use. */
export const DETECTORS = ["email", "phone", "card_number", "iban", "jwt", "private_key", "token", "ip_address", "high_entropy"] as const;

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
