/** Shell of the log's writer, one object per log: src/gate/sequence-leaves.ts with D1, this object's storage, clock and randomness. */
import { DurableObject } from "cloudflare:workers";
import { b64u } from "../src/core/bytes.ts";
import { type Bindings, readConfig } from "../src/env.ts";
import type { Head } from "../src/gate/open-log.ts";
import { LeafSequencer } from "../src/gate/sequence-leaves.ts";
import type { AppendOutcome, Leaf, TransparencyLog } from "../src/gate/transparency-log.ts";
import { logOrigin } from "../src/storage/log-origin.ts";
import { logStore } from "../src/storage/log-store.ts";
import { makeSigner } from "../src/tlog/note.ts";

const ANCHOR = "anchor";

export class LogSequencer extends DurableObject<Bindings> implements TransparencyLog {
  #sequencer: Promise<LeafSequencer> | null = null;

  async append(leaf: Leaf): Promise<AppendOutcome> {
    return await (await this.#started()).append(leaf);
  }

  async checkpoint(atLeast?: number): Promise<string> {
    return await (await this.#started()).checkpoint(atLeast);
  }

  async vkey(): Promise<string> {
    return await (await this.#started()).vkey();
  }

  #started(): Promise<LeafSequencer> {
    this.#sequencer ??= this.#start().catch((error: unknown) => {
      this.#sequencer = null;
      throw error;
    });
    return this.#sequencer;
  }

  async #start(): Promise<LeafSequencer> {
    const { newLogOrigin, logSigningKey, origin: publicOrigin } = readConfig(this.env);
    const origin = await logOrigin(this.env.DB, newLogOrigin);
    const { kv } = this.ctx.storage;
    return new LeafSequencer({
      signer: await makeSigner(origin, logSigningKey),
      publicOrigin,
      store: logStore(this.env.DB, origin),
      anchor: { read: () => kv.get<Head>(ANCHOR) ?? null, write: (head) => kv.put(ANCHOR, head) },
      now: () => Date.now(),
      salt: () => b64u(crypto.getRandomValues(new Uint8Array(32))),
    });
  }
}
