/**
 * What comes into a log before anything else: genesis, a new key, and, in a log that follows a frozen one, the standing passkeys
 * once more, so that a receipt's enrolments are in the tree of its decision. One step at a time: whoever opens the log next
 * finds out from D1 what is missing, whichever crash came in between.
 */
import { leafKeyOf, rotationKey } from "#countersign/documents/leaf-key.ts";
import { seal } from "#countersign/documents/record.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { type HeldKeys, vkeyOf } from "./log-keys.ts";
import type { ListedLog, OpenedLog } from "./open-log.ts";
import { enrolledMembers } from "#rules/passkey-record.ts";
import { type Leaf, LogError } from "./transparency-log.ts";

/** A passkey that stands, and what its person is. */
export interface StandingPasskey<Effect> {
  person: Parameters<typeof enrolledMembers>[0];
  passkey: Parameters<typeof enrolledMembers>[1];
  /** By which its row says where it is enrolled now. */
  effect: Effect;
}

export interface FirstLeavesPorts<Effect> extends HeldKeys {
  /** For genesis: scheme, host and port. */
  publicOrigin: string;
  /** The final checkpoint of a log that is frozen. Throws if it cannot be had. */
  finalCheckpointOf(origin: string): Promise<string>;
  /** Up to `most` standing passkeys whose enrolment is not in this log, in the order in which they were made. */
  passkeysToEnrol(most: number): Promise<StandingPasskey<Effect>[]>;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** b64u of 32 random bytes. */
  salt: () => string;
}

/** Leaf 0 of a log that does not exist. A log follows the `newest` of the database, if that is frozen; beside an active one there is none. */
export async function genesisLeaf(newest: ListedLog | null, ports: FirstLeavesPorts<unknown>): Promise<Leaf> {
  const { signer, nextSigner, publicOrigin, now } = ports;
  if (newest?.state === "active") {
    throw new LogError(
      "log_wrong_origin",
      `this database holds the log of ${newest.origin}, not ${signer.name}; PUBLIC_ORIGIN has changed`,
    );
  }
  const first = newest === null ? signer : (nextSigner ?? signer);
  const previous = newest === null ? null : await ports.finalCheckpointOf(newest.origin);
  const members = { origin: publicOrigin, vkey: vkeyOf(first), previous };
  const sealed = seal("log.genesis", members, { log: signer.name, at: timestamp(now()), salt: ports.salt() });
  return { idem: leafKeyOf(sealed.record), sealed, effect: null };
}

/** At most `most` leaves that this log has to have before any other; none once all are there. */
export async function missingLeaves<Effect>(
  { chain, signing }: OpenedLog,
  most: number,
  ports: FirstLeavesPorts<Effect>,
): Promise<Leaf<Effect>[]> {
  const { signer, now, salt } = ports;
  const common = { log: signer.name, at: timestamp(now()) };
  if (signing.rotateTo !== null) {
    const vkeys = { old_vkey: vkeyOf(signer), new_vkey: vkeyOf(signing.rotateTo) };
    const sealed = seal("key.rotated", vkeys, { ...common, salt: salt() });
    return [{ idem: rotationKey(chain.keys.length), sealed, effect: null }];
  }
  if (chain.previous === null) return [];
  return (await ports.passkeysToEnrol(most)).map(({ person, passkey, effect }) => {
    const sealed = seal("passkey.enrolled", { ...enrolledMembers(person, passkey), authorised_by: [] }, { ...common, salt: salt() });
    return { idem: leafKeyOf(sealed.record), sealed, effect };
  });
}
