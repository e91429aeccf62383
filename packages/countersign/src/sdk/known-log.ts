/** A log as far as it is known, and the step from there to another checkpoint of it: shown, or doubted. */
import { accept, refuse, type Result } from "../result.ts";
import type { Checkpoint } from "../tlog/checkpoint.ts";
import { makeEvidence, verifyEvidence } from "../tlog/evidence.ts";
import { parseVkey, type VerifierKey } from "../tlog/note.ts";
import { contradictionBetween } from "./compare-checkpoints.ts";
import type { LogClient, LogRefused } from "./log-client.ts";
import type { LogMemory } from "./log-memory.ts";
import { askAgain } from "./retry.ts";

/** Why a checkpoint is not believed; nothing is remembered of it then. */
export interface Doubt {
  code:
    | "checkpoint_invalid"
    | "log_key_unknown"
    /** Where one log was, there is another. */
    | "log_replaced"
    /** The log did not show that it extends what is remembered, or the other way round. */
    | "log_unproven"
    | "log_inconsistent"
    | "log_memory_unusable";
  /** For a person. */
  message: string;
  /** With `log_inconsistent`, if one key has signed both: what proves it to anybody (docs/formats.md, "Evidence"). */
  evidence?: string;
}

export type Judged<T> = Promise<Result<T, Doubt>>;

/** A checkpoint whose signature is verified. */
export interface SeenCheckpoint extends Checkpoint {
  /** Verbatim. */
  note: string;
}

export interface KnownLog {
  /** The origin line. */
  log: string;
  /** The last is the newest. */
  vkeys: readonly string[];
  /** Null of a log of which only a key is known. */
  checkpoint: SeenCheckpoint | null;
}

/** What a log is compared with and how it is asked. */
export interface LogWatch {
  client: LogClient;
  memory: LogMemory;
  /** The only key to begin with. Without it, the one is believed that is served when the log is first seen. */
  vkey?: string;
  sleep: (ms: number) => Promise<void>;
}

/** A log that does not answer is asked again after these. */
const PAUSES_MS = [500, 2_000];

/** The log with `seen` known of it too, which is signed by one of its keys: the newest stays the one to compare with. */
export async function advance(known: KnownLog, seen: SeenCheckpoint, { client, memory, sleep }: LogWatch): Judged<KnownLog> {
  const { checkpoint } = known;
  if (checkpoint === null) return accept({ ...known, checkpoint: seen });
  const [smaller, larger] = seen.size < checkpoint.size ? [seen, checkpoint] : [checkpoint, seen];
  const compared = await askAgain(() => contradictionBetween(smaller, larger, client), {
    isPassing: ({ code }) => code === "unreachable",
    pauseMs: (again) => PAUSES_MS[again] ?? null,
    sleep,
  });
  if (!compared.ok) return refuse(unproven(known.log, compared.refusal, `${larger.size} leaves extend ${smaller.size}`));
  if (compared.value !== null) {
    const evidence = makeEvidence({ smaller: smaller.note, larger: larger.note, ...compared.value });
    return refuse(await inconsistent(`of ${smaller.size} and of ${larger.size} leaves`, evidence, known, memory));
  }
  return accept(seen.size > checkpoint.size ? { ...known, checkpoint: seen } : known);
}

export const keysOf = (vkeys: readonly string[]): VerifierKey[] =>
  vkeys.flatMap((vkey) => {
    const key = parseVkey(vkey);
    return key.ok ? [key.value] : [];
  });

async function inconsistent(sizes: string, evidence: string, { log, vkeys }: KnownLog, memory: LogMemory): Promise<Doubt> {
  const code = "log_inconsistent";
  if (!(await verifyEvidence(evidence, keysOf(vkeys))).ok) {
    const what = `The log ${log} has two checkpoints that cannot both be true, ${sizes}, signed with different keys of it`;
    return { code, message: `${what}. That proves nothing to others: one of the keys may be in wrong hands.` };
  }
  const kept = await memory.keepEvidence(evidence);
  const place = kept.ok
    ? kept.value === null
      ? "comes with this"
      : `is in ${kept.value}`
    : `could not be kept (${kept.refusal}): ${evidence}`;
  const message = `The log ${log} has signed two checkpoints that cannot both be true, ${sizes}. What proves it ${place}.`;
  return { code, message, evidence };
}

export const unproven = (log: string, { message }: LogRefused, what: string): Doubt => ({
  code: "log_unproven",
  message: `The log ${log} did not show that ${what}. ${message}`,
});
