/**
 * Every checkpoint that comes is compared with what is remembered of its log: a newer one must be shown to extend it, an older
 * one to be extended by it. So a log that shows one thing here and another there has to keep that up for ever, and two
 * checkpoints that cannot both be true become evidence. Where the memory is kept is the port in log-memory.ts.
 */
import { equal } from "../encoding/bytes.ts";
import { accept, refuse } from "../result.ts";
import { parseCheckpoint } from "../tlog/checkpoint.ts";
import { EMPTY_ROOT } from "../tlog/merkle.ts";
import { makeVkey, type Note, parseNote, parseVkey } from "../tlog/note.ts";
import { verifyCheckpoint } from "../tlog/verify-checkpoint.ts";
import { proveEnd } from "./end-of-log.ts";
import { followKeys } from "./follow-keys.ts";
import { advance, keysOf, type Doubt, type Judged, type KnownLog, type LogWatch, type SeenCheckpoint, unproven } from "./known-log.ts";
import type { LogClient } from "./log-client.ts";
import type { RememberedLog, RememberedLogs } from "./log-memory.ts";

/**
 * Checks a checkpoint, a signed note, and remembers it. Gives the key of the log, as a verifier key, that has signed it.
 *
 * 1. It is read; nothing of it is believed yet.
 * 2. What is known of its log: what is remembered, or else the key to begin with.
 * 3. The log's newest key has signed it; one that is not newer than what is remembered, any of its keys.
 * 4. It is shown to be of one log with what is remembered.
 * 5. If another log was remembered at this address, that one's end is shown to extend what is remembered of it.
 * 6. What is known now is remembered, unless somebody else has remembered something meanwhile: then all that begins anew.
 */
export async function rememberCheckpoint(note: string, watch: LogWatch): Judged<{ vkey: string }> {
  for (;;) {
    const before = await watch.memory.read();
    if (!before.ok) return refuse(unusable(before.refusal));
    const judged = await judge(note, before.value, watch);
    if (!judged.ok) return judged;

    // 6.
    const { after, vkey } = judged.value;
    if (after === before.value) return accept({ vkey });
    const kept = await watch.memory.replace(before.value, after);
    if (!kept.ok) return refuse(unusable(kept.refusal));
    if (kept.value) return accept({ vkey });
  }
}

type Refusal = { ok: false; refusal: Doubt };
const unusable = (message: string): Doubt => ({ code: "log_memory_unusable", message });
const invalid = (message: string): Refusal => refuse({ code: "checkpoint_invalid", message });
const unknownKey = (message: string): Refusal => refuse({ code: "log_key_unknown", message });

async function judge(text: string, logs: RememberedLogs, given: LogWatch): Judged<{ after: RememberedLogs; vkey: string }> {
  // 1.
  const note = parseNote(text);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!note.ok || !checkpoint.ok) return invalid("The checkpoint cannot be read.");
  const seen: SeenCheckpoint = { ...checkpoint.value, note: text };
  if (seen.size === 0 && !equal(seen.root, EMPTY_ROOT)) return invalid("The checkpoint is of no leaves, and its root is not that of none.");

  // 2.
  const watch = { ...given, client: clientFor(seen.origin, logs, given) };
  const before = await knownBefore(seen.origin, logs, watch);
  if (!before.ok) return before;
  const hasEnded = watch.client !== given.client;
  const { size } = before.value.checkpoint ?? seen;
  if (hasEnded && seen.size > size) {
    const message = `The log ${seen.origin} ended with ${size} leaves, as the log after it says, and now there is a checkpoint of ${seen.size}.`;
    return refuse({ code: "log_unproven", message });
  }

  // 3.
  const current = await withItsKeys(before.value, seen, note.value, watch);
  if (!current.ok) return current;
  const vkey = await signerOf(seen, current.value);
  if (!vkey.ok) return vkey;
  if (vkey.value === null || !knowsPinned(current.value, watch)) {
    return unknownKey(`The key of the log ${seen.origin} is not one that is known of it, nor do its keys lead from one to the other.`);
  }

  // 4.
  const known = await advance(current.value, seen, watch);
  if (!known.ok) return known;

  // 5.
  const replaced = replacedBy(seen.origin, logs, watch);
  if (replaced === undefined) return accept({ after: withLog(logs, known.value, watch.client.url), vkey: vkey.value });
  const old = await readHeld(replaced, watch.memory.where);
  if (!old.ok) return old;
  const shown = await proveEnd(old.value, known.value, watch);
  if (!shown.ok) return shown;
  const moved = withLog(logs, shown.value.following, watch.client.url);
  return accept({ after: withLog(moved, shown.value.old, watch.client.ofEnded(replaced.log).url), vkey: vkey.value });
}

/** Who answers for the log: one that is known to have ended at this address is read below it. */
function clientFor(log: string, logs: RememberedLogs, { client }: LogWatch): LogClient {
  const ended = client.ofEnded(log);
  return logs.some((one) => one.log === log && one.urls.includes(ended.url)) ? ended : client;
}

/** Another log that is remembered at this address. */
const replacedBy = (log: string, logs: RememberedLogs, { client }: LogWatch): RememberedLog | undefined =>
  logs.find((one) => one.log !== log && one.urls.includes(client.url));

/** What is remembered of the log, if that is sound; otherwise the key that is given, or else the one that is served. */
async function knownBefore(log: string, logs: RememberedLogs, watch: LogWatch): Judged<KnownLog> {
  const { client, memory, vkey } = watch;
  const pinned = vkey === undefined ? null : parseVkey(vkey);
  if (pinned !== null && !(pinned.ok && pinned.value.name === log)) {
    return unknownKey(`The checkpoint is of the log ${log}, and the key that is given is not one of that log.`);
  }
  const other = replacedBy(log, logs, watch);
  if (other !== undefined && pinned === null) {
    const message = `At ${client.url} there was the log ${other.log}, and now there is ${log}. If that is meant to be, give its key.`;
    return refuse({ code: "log_replaced", message });
  }
  const held = logs.find((one) => one.log === log);
  if (held !== undefined) return await readHeld(held, memory.where);
  if (vkey !== undefined) return accept({ log, vkeys: [vkey], checkpoint: null });

  const served = await client.vkey();
  if (!served.ok) return refuse(unproven(log, served.refusal, "it has the key that it is signed with"));
  const key = parseVkey(served.value);
  if (!key.ok || key.value.name !== log) return unknownKey(`The key that is served at ${client.url} is not one of the log ${log}.`);
  return accept({ log, vkeys: [served.value], checkpoint: null });
}

async function readHeld({ log, vkeys, checkpoint }: RememberedLog, where: string): Judged<KnownLog> {
  const logKeys = keysOf(vkeys);
  const verified = await verifyCheckpoint(checkpoint, { logKeys, policy: null });
  if (!verified.ok || verified.value.origin !== log || logKeys.length !== vkeys.length) {
    return refuse(unusable(`What is remembered of the log ${log} in ${where} is damaged: its checkpoint is not signed by its keys.`));
  }
  return accept({ log, vkeys, checkpoint: { ...verified.value, note: checkpoint } });
}

/** The log with the keys that are needed to believe `seen`, and with those that it names beside them. */
async function withItsKeys(known: KnownLog, seen: SeenCheckpoint, { signatures }: Note, watch: LogWatch): Judged<KnownLog> {
  const vkey = await signerOf(seen, known);
  if (!vkey.ok) return vkey;
  const isEnough = vkey.value !== null && knowsPinned(known, watch);
  const keyIds = keysOf(known.vkeys).map(({ keyId }) => keyId);
  const namesAnother = signatures.some(({ name, keyId }) => name === known.log && !keyIds.includes(keyId));
  if (isEnough && !namesAnother) return accept(known);
  const followed = await followKeys(known, watch);
  // A key that is not needed yet may be learnt another time.
  if (!followed.ok && followed.refusal.code === "log_unproven" && isEnough) return accept(known);
  if (!followed.ok || watch.vkey === undefined || knowsPinned(followed.value, watch)) return followed;
  // The key that is given may be an older one than those that are known.
  const fromGiven = await followKeys({ ...followed.value, vkeys: [watch.vkey] }, watch);
  const leadsHere = fromGiven.ok && known.vkeys.every((one) => fromGiven.value.vkeys.includes(one));
  return leadsHere || !fromGiven.ok ? fromGiven : followed;
}

const knowsPinned = ({ vkeys }: KnownLog, { vkey }: LogWatch): boolean => vkey === undefined || vkeys.includes(vkey);

/** The newest of the log's keys that has signed; null if none has, or, where `seen` is newer than all that is known, not the last. */
async function signerOf(seen: SeenCheckpoint, { log, vkeys, checkpoint }: KnownLog): Judged<string | null> {
  const isNewer = checkpoint === null || seen.size > checkpoint.size;
  const verified = await verifyCheckpoint(seen.note, { logKeys: keysOf(isNewer ? vkeys.slice(-1) : vkeys), policy: null });
  if (!verified.ok) {
    return verified.refusal === "no-known-signature"
      ? accept(null)
      : invalid("The signature of the log under the checkpoint does not hold.");
  }
  const signed = verified.value.signers.map(({ publicKey }) => makeVkey(log, publicKey));
  return accept(vkeys.findLast((vkey) => signed.includes(vkey)) ?? null);
}

/** The logs with what is known of one now, which was read at `url`; the same list if that is nothing new. */
function withLog(logs: RememberedLogs, { log, vkeys, checkpoint }: KnownLog, url: string): RememberedLogs {
  const held = logs.find((one) => one.log === log);
  const isHeld =
    held !== undefined && held.checkpoint === checkpoint?.note && held.vkeys.length === vkeys.length && held.urls.includes(url);
  if (isHeld || checkpoint === null) return logs;
  const urls = [...(held?.urls ?? []).filter((one) => one !== url), url];
  const others = logs.filter((one) => one.log !== log).map((one) => ({ ...one, urls: one.urls.filter((other) => other !== url) }));
  return [...others, { log, urls, vkeys, checkpoint: checkpoint.note }];
}
