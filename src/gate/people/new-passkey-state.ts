/** How a passkey stands that was made with an invitation: for its owner, who cannot sign in yet to see. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { PasskeyProofPorts } from "#gate/passkeys/prove-passkey.ts";
import type { Waiting } from "./confirm-passkey.ts";
import type { InvitedPorts } from "./enrol-invited.ts";
import { inviteCodeHash } from "./invite-person.ts";

export interface NewPasskeyPorts extends Pick<InvitedPorts<unknown>, "inviteByCodeHash">, Pick<PasskeyProofPorts, "passkeyAndPerson"> {
  /** The passkey of this credential id if it waits, from the D1 primary; null otherwise. */
  waitingPasskey(credentialId: string): Promise<Waiting | null>;
}

/** `gone`: discarded, revoked, or never stored. */
export type NewPasskeyState = { state: "waiting"; publicKey: string } | { state: "confirmed" | "gone" };

/**
 * Only to whoever knows both the code of an invitation, used or not, and the passkey's credential id (b64u), which its maker alone was told:
 * neither can be guessed, and neither opens anything.
 */
export async function newPasskeyState(
  { code, credentialId }: { code: string; credentialId: string },
  ports: NewPasskeyPorts,
): Promise<Result<NewPasskeyState, { reason: "invite-unknown" }>> {
  const codeHash = inviteCodeHash(code);
  const invite = codeHash === null ? null : await ports.inviteByCodeHash(codeHash);
  if (invite === null) return refuse({ reason: "invite-unknown" });
  // In this order: what is confirmed between the two reads is found by the second.
  const waiting = await ports.waitingPasskey(credentialId);
  if (waiting !== null) return accept({ state: "waiting", publicKey: waiting.passkey.publicKey });
  const known = await ports.passkeyAndPerson(credentialId);
  return accept({ state: known?.passkey.revokedAt === null ? "confirmed" : "gone" });
}
