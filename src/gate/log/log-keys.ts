/**
 * Which keys the log has had, and with which of those that this deployment holds its checkpoints are signed (docs/formats.md,
 * "Keys"). Whatever does not fit signs nothing: a key that nobody expects is worse than no checkpoint.
 */
import { equal } from "#countersign/encoding/bytes.ts";
import { leafEntry, type LogRecord, type RecordKind, type RecordOf } from "#countersign/documents/record.ts";
import { makeVkey, type Signer } from "#countersign/tlog/note.ts";
import { LogError, type StoredLeaf } from "./transparency-log.ts";

/** The keys of the log by its own leaves, oldest first; at least one. */
export interface KeyChain {
  /** `index` is that of the leaf that names it. */
  keys: { vkey: string; index: number }[];
  /** The final checkpoint of the log that this one follows; null if it follows none. */
  previous: string | null;
}

/** The keys of this deployment, both under the log's origin line. */
export interface HeldKeys {
  /** LOG_SIGNING_KEY. */
  signer: Signer;
  /** LOG_NEXT_SIGNING_KEY: the one to go on to, or that the log has gone on to already. */
  nextSigner: Signer | null;
}

/** By which checkpoint a rotation is proven to those who trust the key before: one that this key has signed. */
export interface KeptRotation {
  /** The new key. */
  vkey: string;
  checkpoint: string;
}

/** What is kept of rotations, counted from 1, where the anchor is. */
export interface RotationKeeper {
  read(n: number): KeptRotation | null;
  write(n: number, kept: KeptRotation): void;
}

/** What to sign with, in the order of the lines. With `rotateTo` the log has to go on to that key first. */
export interface Signing {
  signers: Signer[];
  rotateTo: Signer | null;
}

export const vkeyOf = ({ name, publicKey }: Signer): string => makeVkey(name, publicKey);

/** Reads the chain from genesis and from what is under the keys of rotations, in the order of the log; null if it is broken. */
export function readKeyChain(origin: string, genesis: StoredLeaf | null, rotations: readonly StoredLeaf[]): KeyChain | null {
  const first = recordIn(genesis, "log.genesis");
  if (genesis === null || first?.log !== origin) return null;
  const keys = [{ vkey: first.vkey, index: genesis.index }];
  for (const leaf of rotations) {
    const rotation = recordIn(leaf, "key.rotated");
    if (rotation?.log !== origin || rotation.old_vkey !== keys.at(-1)?.vkey) return null;
    keys.push({ vkey: rotation.new_vkey, index: leaf.index });
  }
  return { keys, previous: first.previous };
}

/** The record of a leaf, if it is of this kind and what the leaf commits to. */
function recordIn<Kind extends RecordKind>(leaf: StoredLeaf | null, kind: Kind): RecordOf<Kind> | null {
  if (leaf?.sealed?.record.kind !== kind || !equal(leafEntry(leaf.sealed.record, leaf.sealed.salt), leaf.entry)) return null;
  const record: LogRecord = leaf.sealed.record;
  return record as RecordOf<Kind>;
}

/**
 * 1. One key, and it is the newest. The same twice is as good, since both secrets cannot be set in one step.
 * 2. A next one that the log has never had: rotate to it.
 * 3. The newest as the next, and the one before it: both sign, until the old one is taken away.
 * 4. A log that follows another begins with the next key, if there is one: the other is that of the log before, perhaps in wrong hands.
 * Everything else throws `log_wrong_key`, and says what to set.
 */
export function chooseSigners({ keys, previous }: KeyChain, { signer, nextSigner }: HeldKeys): Signing {
  const [newest, before] = [keys.at(-1)?.vkey, keys.at(-2)?.vkey];
  const [current, next] = [vkeyOf(signer), nextSigner === null ? null : vkeyOf(nextSigner)];

  if (current === newest && (next === null || next === current)) return { signers: [signer], rotateTo: null }; // 1
  if (current === newest && nextSigner !== null && !keys.some(({ vkey }) => vkey === next)) {
    return { signers: [signer], rotateTo: nextSigner }; // 2
  }
  if (next === newest && nextSigner !== null) {
    if (current === before) return { signers: [signer, nextSigner], rotateTo: null }; // 3
    if (keys.length === 1 && previous !== null) return { signers: [nextSigner], rotateTo: null }; // 4
  }

  if (current === newest) {
    throw wrongKey(`LOG_NEXT_SIGNING_KEY gives ${String(next)}, which the log had before; take it away, or set a new key`);
  }
  if (current === before) {
    throw wrongKey(`the log has gone on from LOG_SIGNING_KEY to ${String(newest)}; set that key, or put it back as LOG_NEXT_SIGNING_KEY`);
  }
  throw wrongKey(`LOG_SIGNING_KEY gives ${current}, but the log's key is ${String(newest)}; put that key back`);
}

/**
 * With which of the held keys the final checkpoint of a log is signed again, whose keys were `vkeys`, the newest last: the same
 * as before, and with the newest at least. If no key of it is known any more, because D1 is damaged, the current one is believed.
 */
export function finalSigners(vkeys: readonly string[], { signer, nextSigner }: HeldKeys): Signer[] {
  const newest = vkeys.at(-1);
  if (newest === undefined) return [signer];
  const held = nextSigner === null || vkeyOf(nextSigner) === vkeyOf(signer) ? [signer] : [signer, nextSigner];
  const signers = held.filter((one) => vkeys.slice(-2).includes(vkeyOf(one)));
  if (signers.some((one) => vkeyOf(one) === newest)) return signers;
  throw wrongKey(
    `the log before has to be ended with its own key, ${newest}: set that as LOG_SIGNING_KEY, and a new one as LOG_NEXT_SIGNING_KEY`,
  );
}

const wrongKey = (explanation: string): LogError => new LogError("log_wrong_key", explanation);
