/** What a witness remembers, in memory and wherever `keep` keeps it. What it may remember next is witness.ts. */
import { accept, type Result } from "../result.ts";
import type { Cosigned, WitnessMemory } from "./witness.ts";

/** The latest cosigned trees, by origin. */
export type CosignedTrees = ReadonlyMap<string, Cosigned>;

export class WitnessLedger implements WitnessMemory {
  #durable: CosignedTrees;
  readonly #keep: (trees: CosignedTrees) => Promise<void>;
  /** The end of the step that came last. Never rejects. */
  #lastStep: Promise<unknown> = Promise.resolve();

  /** `keep` replaces all that is kept, resolves once it is durable, and may throw with either the old or the new kept. */
  constructor(durable: CosignedTrees, keep: (trees: CosignedTrees) => Promise<void>) {
    this.#durable = durable;
    this.#keep = keep;
  }

  /** The latest tree that is durable; null if there is none. */
  latest(origin: string): Cosigned | null {
    return this.#durable.get(origin) ?? null;
  }

  /**
   * Steps of all origins run one after the other, for they are kept in one place. One whose keeping failed has not been: its
   * cosignature is never given out, so the tree that was durable before remains the largest that anybody knows to be cosigned.
   */
  async advance<Refusal>(
    origin: string,
    step: (latest: Cosigned | null) => Promise<Result<Cosigned, Refusal>>,
  ): Promise<Result<Cosigned, Refusal>> {
    const turn = this.#lastStep.then(async () => {
      const next = await step(this.latest(origin));
      if (!next.ok) return next;
      const trees = new Map(this.#durable).set(origin, next.value);
      await this.#keep(trees);
      this.#durable = trees;
      return accept(next.value);
    });
    this.#lastStep = turn.catch(() => {});
    return await turn;
  }

  /** Resolves once every step that has begun has ended. */
  async settled(): Promise<void> {
    await this.#lastStep;
  }
}
