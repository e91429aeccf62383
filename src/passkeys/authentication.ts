/**
 * Using a passkey. An assertion counts only if SimpleWebAuthn and the offline verifier of core both accept it: what one
 * of them would let pass, nobody could prove later. Whose passkey it is, and that a challenge serves once, is gate/.
 */
import { generateAuthenticationOptions, verifyAuthenticationResponse } from "@simplewebauthn/server";
import { checkAssertion } from "#countersign/webauthn/assertion.ts";
import { b64u, type Bytes, fromB64u } from "#countersign/encoding/bytes.ts";
import type { Assertion } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { RejectedAssertion } from "#gate/passkeys/prove-passkey.ts";
import { refusalOf } from "./verdict.ts";

const TIMEOUT_MS = 5 * 60 * 1000;

/** The options for `startAuthentication`, with any passkey that the browser has for this service. */
export const signInOptions = (rpId: string, challenge: Bytes) =>
  generateAuthenticationOptions({ rpID: rpId, challenge, timeout: TIMEOUT_MS, userVerification: "required", allowCredentials: [] });

const rejected = (detail: string): Result<never, RejectedAssertion> => refuse({ reason: "assertion-rejected", detail });

/**
 * Gives the authenticator's counter if both verifiers accept `assertion` by `passkey` over `challenge`, made for this
 * origin and its host name as the relying party, with the user verified, in no frame, and with the backup eligibility of enrolment (WebAuthn L3, 7.2).
 */
export async function checkPasskeyAssertion(
  claim: { credentialId: string; challenge: Bytes; assertion: Assertion },
  passkey: { publicKey: string; backupEligible: boolean },
  origin: string,
): Promise<Result<{ signCount: number }, RejectedAssertion>> {
  const { credentialId, challenge, assertion } = claim;
  const offline = await checkAssertion({ assertion, challenge, origin, publicKey: passkey.publicKey });
  if (!offline.ok) return rejected(`offline: ${offline.refusal}`);
  if (offline.value.backupEligible !== passkey.backupEligible) return refuse({ reason: "backup-eligibility-changed" });

  const publicKey = fromB64u(passkey.publicKey);
  if (publicKey === null) throw new Error("a stored public key is not base64url");
  const verdict = await refusalOf(() =>
    verifyAuthenticationResponse({
      response: {
        id: credentialId,
        rawId: credentialId,
        type: "public-key",
        response: {
          clientDataJSON: assertion.client_data_json,
          authenticatorData: assertion.authenticator_data,
          signature: assertion.signature,
        },
        clientExtensionResults: {},
      },
      // What a counter means is gate/passkeys/sign-count.ts: a synchronised passkey may stay at one count.
      credential: { id: credentialId, publicKey, counter: 0 },
      expectedChallenge: b64u(challenge),
      expectedOrigin: origin,
      expectedRPID: new URL(origin).hostname,
      requireUserVerification: true,
    }),
  );
  if ("refusal" in verdict) return rejected(`online: ${verdict.refusal}`);
  if (!verdict.given.verified) return rejected("online: the signature does not verify");
  return accept({ signCount: offline.value.signCount });
}
