/** A log whose checkpoints carry the cosignatures that witnesses have given. Asking for them is witness-round.ts; nobody waits for it. */
import { enoughWitnesses, type WitnessPolicy } from "#countersign/tlog/witness-policy.ts";
import { parseNote } from "#countersign/tlog/note.ts";
import { headOf } from "../reading/prove-leaves.ts";
import type { AppendOutcome, Leaf, TransparencyLog } from "../transparency-log.ts";
import { type CosignedHead, cosignersOf, isWitnessed, type KeptWitnessState, standingOf } from "./witness-state.ts";

/** `behind`: so many fail that the quorum cannot be met. `disputed`: one says to have seen another history, or a larger log. */
export type WitnessHealth = "ok" | "behind" | "disputed";

export class WitnessedLog<Effect> implements TransparencyLog<Effect> {
  readonly #log: TransparencyLog<Effect>;
  readonly #policy: WitnessPolicy;
  readonly #kept: Pick<KeptWitnessState, "read">;

  constructor(log: TransparencyLog<Effect>, policy: WitnessPolicy, kept: Pick<KeptWitnessState, "read">) {
    this.#log = log;
    this.#policy = policy;
    this.#kept = kept;
  }

  async append(leaf: Leaf<Effect>): Promise<AppendOutcome> {
    return await this.#log.append(leaf);
  }

  async vkey(): Promise<string> {
    return await this.#log.vkey();
  }

  async checkpoint(atLeast?: number): Promise<string> {
    return this.#cosigned(await this.#log.checkpoint(atLeast));
  }

  /**
   * One that another key has signed than would sign today is passed over: who verifies with today's key could do nothing with it.
   */
  async witnessedCheckpoint(atLeast = 0): Promise<string> {
    const note = await this.#log.checkpoint(atLeast);
    const { newest, witnessed } = this.#kept.read();
    if (newest?.size === headOf(note).size && isWitnessed(this.#policy, newest)) return this.#cosigned(note);
    const serves =
      witnessed !== null &&
      witnessed.size >= atLeast &&
      isWitnessed(this.#policy, witnessed) &&
      signersOf(witnessed.note) === signersOf(note);
    return serves ? this.#withLines(witnessed.note, witnessed) : this.#cosigned(note);
  }

  /** With `sinceMs`, `behind` only if it has been so since then: who began to fail later counts as answering. A dispute counts at once. */
  health(sinceMs = Number.POSITIVE_INFINITY): WitnessHealth {
    const state = this.#kept.read();
    const standings = this.#policy.witnesses.map((witness) => ({ key: witness.key, ...standingOf(state, witness) }));
    if (standings.some(({ dispute }) => dispute !== null)) return "disputed";
    const answering = standings
      .filter(({ failures, failingSinceMs = 0 }) => failures === 0 || failingSinceMs > sinceMs)
      .map(({ key }) => key);
    return enoughWitnesses(this.#policy, answering) ? "ok" : "behind";
  }

  /** The note with the cosignatures that there are of it. A log has one head of a size. */
  #cosigned(note: string): string {
    const { newest } = this.#kept.read();
    return newest?.size === headOf(note).size ? this.#withLines(note, newest) : note;
  }

  #withLines(note: string, head: CosignedHead): string {
    return (
      note +
      cosignersOf(this.#policy, head)
        .map(({ vkey }) => head.cosignatures[vkey]?.line ?? "")
        .join("")
    );
  }
}

/** Which keys have signed a note of ours. */
function signersOf(note: string): string {
  const parsed = parseNote(note);
  if (!parsed.ok) throw new Error(`the log gave no note: ${parsed.refusal}`);
  return parsed.value.signatures.map(({ keyId }) => keyId).join();
}
