/** What a revocation or a stop ends, made of this Worker's bindings: requests that are pending, each in its object. */
import { timestamp } from "#countersign/documents/words.ts";
import { errorText, logLine } from "#config/log-line.ts";
import type { Bindings } from "#config/bindings.ts";
import { requestObject } from "#config/object-places.ts";
import { pendingOf } from "#storage/approvals.ts";
import { pendingThoughStopped } from "#storage/stops/stops.ts";

/** Of what one call ends, twice: a Worker may make ten thousand calls to others for each that it answers. */
const MOST = 2_000;
/** So many objects are asked at once: the calls wait for them, and hold nothing else. */
const AT_ONCE = 100;

/** Ends what a revoked agent has pending, which also wakes its waits. What fails here ends when it is next touched. */
export async function cancelPendingOf(env: Bindings, agentId: string): Promise<void> {
  await endAll(env, await pendingOf(env.DB, agentId, timestamp(Date.now())));
}

/**
 * Ends what the agent, or every agent (null), has pending though it is stopped; at most so much as one call can. Never throws: what is left
 * over serves for nothing, and the cron ends it.
 */
export async function cancelStopped(env: Bindings, agentId: string | null): Promise<void> {
  try {
    await endAll(env, await pendingThoughStopped(env.DB, agentId, timestamp(Date.now()), MOST));
  } catch (error) {
    logLine("stop-not-finished", { agent: agentId ?? undefined, error: errorText(error) });
  }
}

async function endAll(env: Bindings, requestIds: readonly string[]): Promise<void> {
  const waiting = requestIds.values();
  const endOneByOne = async () => {
    // What fails is asked again: by the second round, or by whoever touches it next.
    for (const requestId of waiting)
      await requestObject(env, requestId)
        .stop()
        .catch(() => undefined);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, requestIds.length) }, endOneByOne));
}
