/** One look at a log: its newest checkpoint, and everything that it stands for. */
import { accept, refuse, type Result } from "../../result.ts";
import type { LogClient } from "../../sdk/log-client.ts";
import { rememberCheckpoint } from "../../sdk/remember-checkpoint.ts";
import { EMPTY_ROOT } from "../../tlog/merkle.ts";
import { parseVkey } from "../../tlog/note.ts";
import { enoughWitnesses, type WitnessPolicy } from "../../tlog/witness-policy.ts";
import { type VerifiedCheckpoint, verifyCheckpoint } from "../../tlog/verify-checkpoint.ts";
import { checkKeys } from "./check-keys.ts";
import type { TreeFollower } from "./follow-tree.ts";
import type { MonitorState } from "./monitor-state.ts";
import { type Trouble, unanswered } from "./trouble.ts";

/** How far a witness's clock may be ahead of ours. */
const MAX_CLOCK_SKEW_MS = 300_000;

export interface HeadPorts {
  client: LogClient;
  state: MonitorState;
  tree: TreeFollower;
  /** The log's key, if it is known beforehand. */
  vkey: string | null;
  policy: WitnessPolicy | null;
  /** For how long nothing may come of the log, in milliseconds; null for however long. */
  maxAgeMs: number | null;
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

/** A head in which everything fits. */
export interface SoundHead {
  checkpoint: VerifiedCheckpoint;
  /** Which key of the log has signed. */
  vkey: string;
  /** How many leaves were known before. */
  previousSize: number;
}

/**
 * 1. The newest checkpoint is signed by a key of the log, and is shown to be of one log with what is remembered of it.
 * 2. It is not older than what has been seen.
 * 3. Its entries lead to its root, and to every tile.
 * 4. The log's own leaves name the key that has signed.
 * 5. What has been reached is kept. Whatever follows is about the head's witnesses, not about the log.
 * 6. Witnesses have cosigned as the policy asks.
 * 7. Something has come of the log lately: leaves, or cosignatures of as many witnesses as the policy asks for.
 */
export async function checkHead(ports: HeadPorts): Promise<Result<SoundHead, Trouble>> {
  const { client, state, tree, policy } = ports;
  // 1.
  const note = await client.checkpoint();
  if (!note.ok) return refuse(unanswered(note.refusal));
  const memory = { client, memory: state.memory, sleep: ports.sleep, ...(ports.vkey === null ? {} : { vkey: ports.vkey }) };
  const remembered = await rememberCheckpoint(note.value, memory);
  if (!remembered.ok) {
    const { code, message, evidence } = remembered.refusal;
    return refuse({ code, message, mayPass: code === "log_unproven", evidence: evidence === undefined ? null : state.evidenceFile });
  }
  const { vkey } = remembered.value;
  const key = parseVkey(vkey);
  const signed = key.ok ? await verifyCheckpoint(note.value, { logKeys: [key.value], policy: null }) : key;
  if (!signed.ok) throw new Error(`a remembered checkpoint does not verify: ${signed.refusal}`);
  const checkpoint = signed.value;

  // 2.
  const reached = state.reachedOf(checkpoint.origin) ?? { size: 0, root: EMPTY_ROOT };
  const largest = Math.max(reached.size, state.largestSeenOf(checkpoint.origin));
  if (checkpoint.size < largest) {
    const message = `The log serves a checkpoint of ${checkpoint.size} leaves, and had ${largest} before.`;
    return refuse({ code: "older", message, mayPass: true });
  }

  // 3.
  const trouble = await tree.follow(reached, checkpoint);
  if (trouble !== null) return refuse(trouble);

  // 4.
  const keyTrouble = state.shownKey === vkey ? null : await checkKeys(client, checkpoint, vkey);
  if (keyTrouble !== null) return refuse(keyTrouble);
  state.shownKey = vkey;

  // 5.
  if (checkpoint.size > reached.size || state.reachedOf(checkpoint.origin) === null) await state.keep(checkpoint, note.value, ports.now());

  // 6.
  const witnessed = policy === null ? accept(checkpoint) : await verifyCheckpoint(note.value, { logKeys: checkpoint.signers, policy });
  if (!witnessed.ok) {
    const isMissing = witnessed.refusal === "witnesses-missing";
    const message = isMissing
      ? `The checkpoint of ${checkpoint.size} leaves lacks cosignatures that the policy asks for.`
      : `A cosignature under the checkpoint of ${checkpoint.size} leaves does not hold.`;
    return refuse({ code: "witnesses_missing", message, mayPass: isMissing });
  }

  // 7.
  const { maxAgeMs } = ports;
  const now = ports.now();
  if (maxAgeMs !== null && now - state.grownAt > maxAgeMs && !isFresh(witnessed.value, policy, { now, maxAgeMs })) {
    const message = `For more than ${maxAgeMs / 1_000} seconds neither leaves have come of the log, nor cosignatures of enough witnesses.`;
    return refuse({ code: "stale", message, mayPass: true });
  }
  return accept({ checkpoint: witnessed.value, vkey, previousSize: reached.size });
}

/** Whether the cosignatures that are not older than that are enough by themselves. */
function isFresh(
  { cosignatures }: VerifiedCheckpoint,
  policy: WitnessPolicy | null,
  { now, maxAgeMs }: { now: number; maxAgeMs: number },
): boolean {
  const fresh = cosignatures.filter(({ timeSeconds }) => {
    const age = now - timeSeconds * 1_000;
    // What a witness says of a time to come would make the log look fresh until then.
    return age <= maxAgeMs && age >= -MAX_CLOCK_SKEW_MS;
  });
  if (policy === null || policy.quorum === null) return false;
  return enoughWitnesses(
    policy,
    fresh.map(({ key }) => key),
  );
}
