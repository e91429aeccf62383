/** How agents' keys stand, made of this Worker's bindings, and what this isolate remembers of keys. */
import { KeyMemory } from "#gate/agents/key-memory.ts";
import type { KeyPorts } from "#gate/agents/key-standing.ts";
import { activityOf } from "#config/object-places.ts";
import type { Bindings } from "#config/bindings.ts";
import { readKey } from "#storage/agents.ts";

const memory = new KeyMemory();

export const keyPorts = (env: Bindings): KeyPorts => ({
  readKey: (keyHash) => readKey(env.DB, keyHash),
  activityOf: (agentId) => activityOf(env, agentId),
  memory,
  after: (ms, run) => void setTimeout(run, ms),
  now: () => Date.now(),
});

/** Tells the object of an agent that how its keys stand has changed. What cannot be told is over by itself within the lease. */
export async function standingChanged(env: Bindings, agentId: string): Promise<void> {
  await activityOf(env, agentId)
    .forget()
    .catch(() => undefined);
}
