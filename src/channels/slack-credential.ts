/** The credential of a Slack app: its bot token, and the secret that what Slack sends is signed with. */
import { fromHex, equal, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, parseJson } from "#countersign/json/canonical-json.ts";
import { fit, matching, nullable, object, oneOf, type Of } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";

const credentialShape = object({
  v: oneOf(1),
  token: matching(/^xoxb-[A-Za-z0-9-]{8,250}$/, "a bot token"),
  signing_secret: nullable(matching(/^[A-Za-z0-9]{16,64}$/, "a signing secret")),
});

/** The credential as text to be sealed. Refuses a token that is not a bot's (`xoxb-…`), and a secret that cannot be one. */
export function newSlackCredential(token: string, signingSecret: string | null): Result<string, "credential-malformed"> {
  const given = { v: 1 as const, token, signing_secret: signingSecret };
  return fit(credentialShape, given).ok ? accept(canonicalize(given)) : refuse("credential-malformed");
}

/** What is in the text of a credential; null if it is none. */
export function readSlackCredential(credential: string | null): Of<typeof credentialShape> | null {
  const parsed = credential === null ? null : parseJson(credential);
  if (parsed === null || !parsed.ok) return null;
  const fitting = fit(credentialShape, parsed.value);
  return fitting.ok ? fitting.value : null;
}

/** Older than that, or newer, it may be a replay (Slack, "Verifying requests from Slack"). */
const MOST_SKEW_MS = 300_000;

/** As the headers `X-Slack-Request-Timestamp` and `X-Slack-Signature` and the body say, before anything was parsed. */
export interface SlackSigned {
  signingSecret: string;
  timestamp: string;
  body: string;
  signature: string;
}

/** Whether Slack sent this within the last five minutes. Compared in constant time. */
export async function verifySlackSignature({ signingSecret, timestamp, body, signature }: SlackSigned, nowMs: number): Promise<boolean> {
  if (signingSecret === "" || !/^\d{1,12}$/.test(timestamp) || Math.abs(Number(timestamp) * 1_000 - nowMs) > MOST_SKEW_MS) return false;
  const claimed = signature.startsWith("v0=") ? fromHex(signature.slice("v0=".length)) : null;
  if (claimed === null) return false;
  const key = await crypto.subtle.importKey("raw", utf8(signingSecret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return equal(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(`v0:${timestamp}:${body}`))), claimed);
}
