/** Puts together what a decision's assertion is checked with: the passkey from D1's primary, and both verifiers. */
import { accept, refuse } from "../src/core/result.ts";
import type { Bindings } from "../src/env.ts";
import { provePasskey } from "../src/gate/people/prove-passkey.ts";
import type { AssertionVerifier } from "../src/gate/approvals/record-decision.ts";
import { checkPasskeyAssertion } from "../src/passkeys/authentication.ts";
import { passkeyAndPerson } from "../src/storage/people.ts";

/** Accepts an assertion by a standing passkey of the person, made for the request's origin. */
export const assertionVerifier = (env: Bindings): AssertionVerifier => ({
  async verify({ origin, ...claim }) {
    const proved = await provePasskey(claim, {
      passkeyAndPerson: (credentialId) => passkeyAndPerson(env.DB, credentialId),
      checkAssertion: (claimed, passkey) => checkPasskeyAssertion(claimed, passkey, origin),
    });
    if (proved.ok) return accept(null);
    const { reason, detail } = proved.refusal;
    return refuse(detail === undefined ? reason : `${reason}: ${detail}`);
  },
});
