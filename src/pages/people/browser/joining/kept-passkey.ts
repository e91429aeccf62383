/**
 * What the page that made a passkey leaves for the page that waits. It stays in this browser, which keeps it over a restart, and
 * comes from no link: whoever could put digits there could have somebody read them out. None of it is secret.
 */
import { parseJson } from "#countersign/json/canonical-json.ts";
import { fit, object } from "#countersign/json/shape.ts";
import { hash, username } from "#countersign/documents/words.ts";
import type { UnconfirmedPasskey } from "../../new-passkey-view.ts";

const KEY = "countersign-new-passkey";
const shape = object({ username, fingerprint: hash });

/** Takes the place of an earlier one. */
export const keepPasskey = (passkey: UnconfirmedPasskey): void => localStorage.setItem(KEY, JSON.stringify(passkey));

/** Null if there is none. */
export function keptPasskey(): UnconfirmedPasskey | null {
  const parsed = parseJson(localStorage.getItem(KEY) ?? "");
  const read = parsed.ok ? fit(shape, parsed.value) : parsed;
  return read.ok ? read.value : null;
}
