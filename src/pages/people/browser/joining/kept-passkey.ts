/**
 * What the page that made a passkey leaves for the page that waits. It stays in this browser, which keeps it over a restart, and
 * comes from no link: whoever could put digits there could have somebody read them out. None of it is secret: the code is used.
 */
import { parseJson } from "#countersign/json/canonical-json.ts";
import { fit, object, text } from "#countersign/json/shape.ts";
import { base64url, hash, username } from "#countersign/documents/words.ts";
import type { UnconfirmedPasskey } from "../../joining/new-passkey-view.ts";

export interface RememberedPasskey extends UnconfirmedPasskey {
  /** Of the invitation that it was made with; empty if that is not known. */
  code: string;
  /** b64u. */
  credential_id: string;
}

const KEY = "countersign-new-passkey";
const shape = object({ username, fingerprint: hash, code: text(1), credential_id: base64url() });
/** As earlier versions left it. */
const shapeBefore = object({ username, fingerprint: hash });

/** Takes the place of an earlier one. False where the browser keeps nothing: in a private window, or by its owner's policy. */
export function keepPasskey(passkey: RememberedPasskey): boolean {
  try {
    localStorage.setItem(KEY, JSON.stringify(passkey));
    return true;
  } catch {
    return false;
  }
}

function keptText(): string {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

/** Null if there is none. */
export function keptPasskey(): RememberedPasskey | null {
  const parsed = parseJson(keptText());
  if (!parsed.ok) return null;
  const read = fit(shape, parsed.value);
  if (read.ok) return read.value;
  const before = fit(shapeBefore, parsed.value);
  return before.ok ? { ...before.value, code: "", credential_id: "" } : null;
}
