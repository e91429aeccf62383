/** Puts together what a decision's assertion is checked with: the passkey and its counter in D1, and both verifiers. */
import { accept } from "#countersign/result.ts";
import type { Bindings } from "#config/bindings.ts";
import { provePasskey } from "#gate/passkeys/prove-passkey.ts";
import type { AssertionVerifier } from "#gate/approvals/object/record-decision.ts";
import { checkPasskeyAssertion } from "#passkeys/authentication.ts";
import { counterPorts } from "#storage/passkeys/counter.ts";
import { passkeyAndPerson } from "#storage/people.ts";

/** Accepts an assertion by a standing passkey of the person, made for the request's origin. */
export const assertionVerifier = (env: Bindings): AssertionVerifier => ({
  async verify({ origin, ...claim }) {
    const proved = await provePasskey(claim, {
      passkeyAndPerson: (credentialId) => passkeyAndPerson(env.DB, credentialId),
      checkAssertion: (claimed, passkey) => checkPasskeyAssertion(claimed, passkey, origin),
      ...counterPorts(env.DB),
      now: () => Date.now(),
    });
    return proved.ok ? accept({ counted: proved.value.counted }) : proved;
  },
});
