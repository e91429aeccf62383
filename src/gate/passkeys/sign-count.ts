/**
 * What an authenticator's counter says: the rule of every ceremony that uses a passkey (WebAuthn L3, 6.1.1 and 7.2, "signCount").
 * A count that does not go on is a signal that the passkey was copied, and no proof: passkeys that are synchronised count each on
 * its own device, or stay where they are. Judged only of an assertion that both verifiers accept.
 */
import type { Assertion } from "#countersign/documents/record.ts";
import { hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { timestamp } from "#countersign/documents/words.ts";

/** One use of a passkey that counts. */
export interface CountedUse {
  /** b64u. */
  credentialId: string;
  /** As this assertion has it. */
  signCount: number;
  /** Of this assertion and of no other: SHA-256, hexadecimal. */
  assertionHash: string;
}

export interface CounterPorts {
  /**
   * Stores count and assertion if the count is greater than the one that is stored at that moment. Resolves, once durable, to
   * whether the stored ones are these: also where this very assertion was stored before, since whoever got no answer sends it again.
   */
  countOn(use: CountedUse): Promise<boolean>;
  /** Notes that the counter did not go on, at the time of the first time. Resolves once durable. */
  noteCounterBack(passkey: { credentialId: string; personId: string }, at: string): Promise<void>;
  now(): number;
}

/** For the log line; callers are told less. */
export interface CounterRefusal {
  reason: "counter-went-back";
}

/**
 * 1. an authenticator that does not count says nothing, and costs no write; 2. a count that goes on is kept, once for each count;
 * 3. one that does not is noted, for its owner and the admins; 4. and refused of a passkey that cannot leave its device.
 * `passkey`: as it was read for this ceremony. Gives whether something was written, which takes a trip: what was read before may be old.
 */
export async function checkCounter(
  passkey: { credentialId: string; personId: string; signCount: number; backupEligible: boolean },
  { signCount, assertion }: { signCount: number; assertion: Assertion },
  ports: CounterPorts,
): Promise<Result<{ counted: boolean }, CounterRefusal>> {
  if (passkey.signCount === 0 && signCount === 0) return accept({ counted: false }); // 1
  const { credentialId, personId, backupEligible } = passkey;
  if (await ports.countOn({ credentialId, signCount, assertionHash: hex(hashJson({ ...assertion })) })) return accept({ counted: true }); // 2
  await ports.noteCounterBack({ credentialId, personId }, timestamp(ports.now())); // 3
  return backupEligible ? accept({ counted: true }) : refuse({ reason: "counter-went-back" }); // 4
}
