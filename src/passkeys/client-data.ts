/** What the browser says it did (WebAuthn L3, 5.8.1), as far as SimpleWebAuthn does not look at it. */
import { fromB64u, fromUtf8 } from "../core/bytes.ts";
import { parseJson } from "../core/canonical-json.ts";
import { isObject } from "../core/shape.ts";

/**
 * Why `clientDataJSON` (b64u) cannot be of a page of ours: made in a frame of another site, or ambiguous JSON. Null if it
 * can. SimpleWebAuthn lets `crossOrigin: true` pass when no `topOrigin` comes with it.
 */
export function framedElsewhere(clientDataJSON: string): string | null {
  const bytes = fromB64u(clientDataJSON);
  const text = bytes === null ? null : fromUtf8(bytes);
  const parsed = text === null ? null : parseJson(text);
  if (parsed === null || !parsed.ok || !isObject(parsed.value)) return "client data is not strict JSON";
  const { crossOrigin, topOrigin } = parsed.value;
  if (crossOrigin !== undefined && crossOrigin !== false) return "client data says cross-origin";
  if (topOrigin !== undefined) return "client data names a top origin";
  return null;
}
