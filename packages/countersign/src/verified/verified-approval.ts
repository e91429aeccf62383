/**
 * Approval of one call by a passkey at the agent's client (SEP-2672 of the Model Context Protocol): its words, what is signed, and what the
 * log says of it. Pure. That a challenge serves once, and whose passkey it is, is gate/calls/verified.
 */
import { type Bytes, concat, sha256, utf8 } from "../encoding/bytes.ts";
import { object, text } from "../json/shape.ts";
import { agentId, type AuthenticatorClass, base64url, credentialId, hash, serverId, serverName } from "../documents/words.ts";

/** In `_meta` of a tool: that it needs such evidence; in that of a call: the evidence. */
export const VERIFIED_APPROVAL = "io.modelcontextprotocol/verified-approval";

const ROAMING: readonly string[] = ["hybrid", "usb", "nfc", "ble"];

/** Whether a passkey of these transports is of that class (4.7): a passkey that names none is known to be on no other device. */
export const isOfClass = (wanted: AuthenticatorClass, transports: readonly string[]): boolean =>
  wanted === "platform" || transports.some((one) => ROAMING.includes(one));

/** Why evidence is not taken (4.10), in the order of the checks (4.8): the first that fails names it. */
export const EVIDENCE_REASONS = [
  "missing_evidence",
  "unsupported_method",
  "challenge_unknown",
  "challenge_consumed",
  "challenge_expired",
  "challenge_wrong_tool",
  "unknown_credential",
  "authenticator_class_mismatch",
  "signature_verification_failed",
  "signature_counter_regression",
  "argument_hash_mismatch",
] as const;
export type EvidenceReason = (typeof EVIDENCE_REASONS)[number];

/** Why no challenge is made (4.10). */
export type ChallengeReason = "tool_not_approved_required" | "no_eligible_credential";

/** Whom a challenge is for: this agent at this server of the gate at this origin, and nobody else. It is the draft's `serverId`. */
export const audienceOf = (origin: string, server: string, agent: string): string => `${origin}/mcp/${server}#${agent}`;

/** SHA-256(tool ‖ 0x00 ‖ arguments ‖ 0x00 ‖ audience), in UTF-8; `args` is canonical JSON, so that no part holds a zero byte (4.6). */
export const actionHash = (tool: string, args: string, audience: string): Bytes =>
  sha256(concat(utf8(tool), Uint8Array.of(0), utf8(args), Uint8Array.of(0), utf8(audience)));

export const NONCE_BYTES = 32;
export const CHALLENGE_BYTES = 64;

/** What the passkey signs: 32 random bytes, and then what is to be done. */
export const challengeOver = (nonce: Bytes, action: Bytes): Bytes => concat(nonce, action);

export const actionOfChallenge = (challenge: Bytes): Bytes => challenge.subarray(NONCE_BYTES);

/** What `challenge.consumed` says besides the assertion. `arguments_hash` is of the canonical arguments as the client sent them. */
export const consumedMembers = {
  agent: object({ id: agentId, name: text(1) }),
  server: object({ id: serverId, name: serverName }),
  tool: text(1, 128),
  arguments_hash: hash,
  challenge: base64url(CHALLENGE_BYTES),
  credential_id: credentialId,
};
