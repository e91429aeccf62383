/** The ports of the log, made of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { logWriter, requestObject } from "#config/object-places.ts";
import type { ExplorePorts } from "#gate/log/reading/explore-log.ts";
import type { PrivatePorts } from "#gate/log/reading/private-leaf.ts";
import { headOf } from "#gate/log/reading/prove-leaves.ts";
import type { Effect } from "#gate/effects.ts";
import type { RemoteLog } from "#gate/log/remote-log.ts";
import type { LogReadPorts, Ports, ReadLog } from "#http/ports.ts";
import { endedLogUnder } from "#storage/log/ended-log.ts";
import { headReader } from "#storage/log/log-heads.ts";
import { logOrigin } from "#storage/log/log-origin.ts";
import { leafKey, nearLogReader } from "#storage/log/log-reader.ts";
import type { Reads } from "#storage/near/near-reads.ts";

/** The log of this deployment: its writer, and its origin line. */
export async function logOf(env: Bindings, config: Config): Promise<{ log: RemoteLog<Effect>; origin: string }> {
  const origin = await logOrigin(env.DB, config);
  return { log: logWriter(env, origin), origin };
}

/** The log for readers, and how many leaves it has said that it has, by which a replica is found to be behind. */
function readLog(log: RemoteLog<Effect>): { log: ReadLog; size: () => number } {
  let size = 0;
  const noted = async (asked: Promise<string>): Promise<string> => {
    const checkpoint = await asked;
    size = Math.max(size, headOf(checkpoint).size);
    return checkpoint;
  };
  const read: ReadLog = {
    checkpoint: (atLeast) => noted(log.checkpoint(atLeast)),
    witnessedCheckpoint: (atLeast) => noted(log.witnessedCheckpoint(atLeast)),
    vkey: () => log.vkey(),
    keys: () => log.keys(),
    witnessHealth: () => log.witnessHealth(),
  };
  return { log: read, size: () => size };
}

/** What anybody may read the log with. */
export async function logPorts(env: Bindings, config: Config, near: Reads): ReturnType<Ports["log"]> {
  const { log: writer, origin } = await logOf(env, config);
  const { log, size } = readLog(writer);
  return {
    log,
    origin,
    reader: nearLogReader(near, env.DB, origin, size),
    allowReveal: config.allowReveal,
    revealedPayload: (requestId: string) => requestObject(env, requestId).revealedPayload(),
  };
}

/** What anybody may read with of a log that has ended and is followed by another, up to its end; null if there is none of that hash. */
export async function endedLogPorts({ DB }: Bindings, near: Reads, originHash: string): Promise<LogReadPorts | null> {
  const ended = await endedLogUnder(DB, originHash);
  if (ended === null) return null;
  const { origin, final } = ended;
  return { log: { checkpoint: () => Promise.resolve(final) }, reader: nearLogReader(near, DB, origin, () => headOf(final).size) };
}

/** What the log's pages are made with. */
export const explorePorts = async (env: Bindings, config: Config, near: Reads): Promise<ExplorePorts & PrivatePorts> => {
  const ports = await logPorts(env, config, near);
  return {
    ...ports,
    heads: headReader(near, ports.origin),
    leafKey: (index) => leafKey(near, ports.origin, index),
    witnessKeys: config.witnesses?.policy.witnesses.map(({ key }) => key) ?? [],
  };
};
