/**
 * Shell of what one agent does, one object per agent: how its keys stand (src/gate/agents/activity/key-readings.ts), for agents that
 * call so often that the database they share is not asked each time. It stores nothing: D1 is the record.
 */
import { DurableObject } from "cloudflare:workers";
import type { AnswersNowOrLater, Bindings } from "#config/bindings.ts";
import { KeyReadings } from "#gate/agents/activity/key-readings.ts";
import type { KeyReading, RemoteActivity } from "#gate/agents/activity/remote-activity.ts";
import { readKey } from "#storage/agents.ts";

export class AgentActivity extends DurableObject<Bindings> implements AnswersNowOrLater<RemoteActivity> {
  readonly #keys = new KeyReadings({
    readKey: (keyHash) => readKey(this.env.DB, keyHash),
    after: (ms, run) => void setTimeout(run, ms),
    now: () => Date.now(),
  });

  /** How the key of this hash stands, asked for a moment ago; null if it is revoked or nobody's. Throws if that cannot be known. */
  standing(keyHash: string): Promise<KeyReading | null> {
    return this.#keys.standing(keyHash);
  }

  /** Forgets what was read, because it has changed. */
  forget(): void {
    this.#keys.forget();
  }
}
