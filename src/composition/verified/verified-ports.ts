/** What evidence of a passkey is checked with, made of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import type { VerifiedPorts } from "#gate/calls/verified/verified-ports.ts";
import { checkPasskeyAssertion } from "#passkeys/authentication.ts";
import { eligiblePasskeys, keepChallenge, keptChallenge } from "#storage/calls/challenges.ts";
import { counterPorts } from "#storage/passkeys/counter.ts";
import { logOf } from "../log-ports.ts";

export async function verifiedPorts(env: Bindings, config: Config): Promise<VerifiedPorts> {
  const { DB } = env;
  const { origin } = config;
  const { log, origin: logOrigin } = await logOf(env, config);
  const { noteCounterBack } = counterPorts(DB);
  return {
    log,
    logOrigin,
    origin,
    now: Date.now,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    challengeOf: (challenge) => keptChallenge(DB, challenge),
    keepChallenge: (challenge, most, now) => keepChallenge(DB, challenge, most, now),
    eligiblePasskeys: (credentialId) => eligiblePasskeys(DB, credentialId),
    checkAssertion: (claim, passkey) => checkPasskeyAssertion(claim, passkey, origin),
    noteCounterBack,
  };
}
