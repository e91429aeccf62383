/**
 * Shell of the log's writer, one object per log: src/gate/log/sequence-leaves.ts with D1, this object's storage, clock and randomness.
 * Its alarm is that of src/gate/log/witnessing/witness-schedule.ts; without witnesses none is ever set.
 */
import { DurableObject } from "cloudflare:workers";
import { b64u } from "#countersign/encoding/bytes.ts";
import { signManifest } from "#countersign/evidence/manifest-note.ts";
import type { Bindings } from "#config/bindings.ts";
import { readConfig, type WitnessSettings } from "#config/config.ts";
import { logWriter, tellInboxes } from "#config/object-places.ts";
import type { Effect } from "#gate/effects.ts";
import type { KeptRotation } from "#gate/log/log-keys.ts";
import type { Head } from "#gate/log/open-log.ts";
import type { RemoteLog } from "#gate/log/remote-log.ts";
import { LeafSequencer } from "#gate/log/sequence-leaves.ts";
import { type AppendOutcome, type KeyLeaf, type Leaf, logErrorCode, type TransparencyLog } from "#gate/log/transparency-log.ts";
import { runWitnessRound, type WitnessReport } from "#gate/log/witnessing/witness-round.ts";
import { WitnessSchedule } from "#gate/log/witnessing/witness-schedule.ts";
import { type KeptWitnessState, NO_WITNESS_STATE, type WitnessState } from "#gate/log/witnessing/witness-state.ts";
import { WitnessedLog, type WitnessHealth } from "#gate/log/witnessing/witnessed-log.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { passkeysToEnrol } from "#storage/log/enrol-again.ts";
import { logOrigin } from "#storage/log/log-origin.ts";
import { logReader } from "#storage/log/log-reader.ts";
import { logStore } from "#storage/log/log-store.ts";
import { makeSigner } from "#countersign/tlog/note.ts";
import { postCheckpoint } from "#witnesses/post-checkpoint.ts";

const ANCHOR = "anchor";
const WITNESSES = "witnesses";
const rotation = (n: number): string => `rotation ${n}`;

/** What is signed for, and of which log: whoever calls it, an object never speaks for another log than before. */
interface StoredAnchor extends Head {
  origin: string;
}

interface Started {
  sequencer: LeafSequencer<Effect>;
  /** The same, with witnesses if there are any. */
  log: TransparencyLog<Effect>;
  /** Null without witnesses. */
  witnesses: { schedule: WitnessSchedule; health(sinceMs?: number): WitnessHealth } | null;
}

export class LogSequencer extends DurableObject<Bindings> implements RemoteLog<Effect> {
  #starting: Promise<Started> | null = null;

  async append(leaf: Leaf<Effect>): Promise<AppendOutcome> {
    const { log, witnesses } = await this.#started();
    const outcome = await log.append(leaf);
    if (outcome.status === "logged") witnesses?.schedule.request();
    return outcome;
  }

  async checkpoint(atLeast?: number): Promise<string> {
    return await (await this.#started()).log.checkpoint(atLeast);
  }

  async witnessedCheckpoint(atLeast?: number): Promise<string> {
    return await (await this.#started()).log.witnessedCheckpoint(atLeast);
  }

  async vkey(): Promise<string> {
    return await (await this.#started()).log.vkey();
  }

  /** Where the log names its keys, oldest first. */
  async keys(): Promise<KeyLeaf[]> {
    return await (await this.#started()).sequencer.keys();
  }

  /** Of a log that is frozen: the largest checkpoint that was signed for. */
  async finalCheckpoint(): Promise<string> {
    return await (await this.#started()).sequencer.finalCheckpoint();
  }

  /** Signs for a manifest, by its hash: no text of anybody's choice is signed. */
  async signEvidence(manifestHash: string): Promise<string> {
    return await signManifest(manifestHash, await (await this.#started()).sequencer.signers());
  }

  /** Asks again for cosignatures that are missing or not fresh, also while nothing is appended; does not wait for them. */
  async refreshWitnesses(): Promise<void> {
    (await this.#started()).witnesses?.schedule.request();
  }

  /** How the witnesses do, with `sinceMs` since then; null if there are none. */
  async witnessHealth(sinceMs?: number): Promise<WitnessHealth | null> {
    return (await this.#started()).witnesses?.health(sinceMs) ?? null;
  }

  override async alarm(): Promise<void> {
    try {
      await (await this.#started()).witnesses?.schedule.wake();
    } catch (error) {
      witnessesNotAsked(error);
    }
  }

  #started(): Promise<Started> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = null;
      throw error;
    });
    return this.#starting;
  }

  async #start(): Promise<Started> {
    const config = readConfig(this.env);
    const { DB } = this.env;
    const { kv } = this.ctx.storage;
    const origin = kv.get<StoredAnchor>(ANCHOR)?.origin ?? (await logOrigin(DB, config));
    const { logSigningKey, logNextSigningKey: next, witnesses } = config;
    const sequencer = new LeafSequencer({
      signer: await makeSigner(origin, logSigningKey),
      nextSigner: next === null ? null : await makeSigner(origin, next),
      publicOrigin: config.origin,
      store: logStore(DB, origin, (people) => this.ctx.waitUntil(tellInboxes(this.env, people))),
      anchor: {
        read: () => kv.get<StoredAnchor>(ANCHOR) ?? null,
        write: ({ size, root }) => kv.put(ANCHOR, { origin, size, root } satisfies StoredAnchor),
      },
      rotations: { read: (n) => kv.get<KeptRotation>(rotation(n)) ?? null, write: (n, kept) => kv.put(rotation(n), kept) },
      finalCheckpointOf: (frozen) => logWriter(this.env, frozen).finalCheckpoint(),
      passkeysToEnrol: (most) => passkeysToEnrol(DB, origin, most),
      now: () => Date.now(),
      salt: () => b64u(crypto.getRandomValues(new Uint8Array(32))),
    });
    if (witnesses === null) return { sequencer, log: sequencer, witnesses };
    return { sequencer, ...this.#witnessed(sequencer, origin, witnesses) };
  }

  #witnessed(log: TransparencyLog<Effect>, origin: string, { policy, intervalMs }: WitnessSettings): Omit<Started, "sequencer"> {
    const { storage } = this.ctx;
    const kept: KeptWitnessState = {
      read: () => storage.kv.get<WitnessState>(WITNESSES) ?? NO_WITNESS_STATE,
      write: (state) => storage.kv.put(WITNESSES, state),
    };
    const now = () => Date.now();
    const report = ({ event, ...fields }: WitnessReport) => logLine(event, fields);
    const reader = logReader(this.env.DB, origin);
    const round = () => runWitnessRound({ policy, intervalMs, log, reader, kept, post: postCheckpoint, report, now });
    // Unconfirmed, so that no append waits for it: an alarm that is lost is made up for by the next one, or by the cron.
    const setAlarm = (atMs: number) => void storage.setAlarm(atMs, { allowUnconfirmed: true });
    const schedule = new WitnessSchedule({ intervalMs, round, setAlarm, roundFailed: witnessesNotAsked, now });
    const witnessed = new WitnessedLog(log, policy, kept);
    return { log: witnessed, witnesses: { schedule, health: (sinceMs) => witnessed.health(sinceMs) } };
  }
}

function witnessesNotAsked(error: unknown): void {
  logLine("witnesses-not-asked", { code: logErrorCode(error) ?? "unavailable", error: errorText(error) });
}
