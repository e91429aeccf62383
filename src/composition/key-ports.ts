/** How agents' keys stand, made of this Worker's bindings, and what this isolate remembers of keys. */
import { KeyMemory } from "#gate/agents/key-memory.ts";
import type { KeyPorts } from "#gate/agents/key-standing.ts";
import { activityOf } from "#config/object-places.ts";
import type { Bindings } from "#config/bindings.ts";
import { readKey } from "#storage/agents.ts";
import { idsBelow } from "#storage/chains/below.ts";

const memory = new KeyMemory();

/** `waitUntil`: goes on with what a call began, once it is answered. */
export const keyPorts = (env: Bindings, waitUntil: (work: Promise<void>) => void): KeyPorts => ({
  readKey: (keyHash) => readKey(env.DB, keyHash),
  activityOf: (agentId) => activityOf(env, agentId),
  memory,
  after: (ms, run) => void setTimeout(run, ms),
  // Timers of a call end with it, unless somebody waits for them.
  afterAll: (ms, run) => waitUntil(new Promise<void>((resolve) => setTimeout(resolve, ms)).then(run)),
  now: () => Date.now(),
});

/** Tells the objects of an agent, and of those below it, that how their keys stand has changed. What cannot be told is over by itself within the lease. */
export async function standingChanged(env: Bindings, agentId: string): Promise<void> {
  const tell = async (id: string) => activityOf(env, id).forget();
  const tellBelow = async () => Promise.all((await idsBelow(env.DB, agentId)).map((id) => tell(id).catch(() => undefined)));
  await Promise.all([tell(agentId).catch(() => undefined), tellBelow().catch(() => undefined)]);
}
