/** The ports of the log, made of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import type { ExplorePorts } from "#gate/log/reading/explore-log.ts";
import type { PrivatePorts } from "#gate/log/reading/private-leaf.ts";
import type { Effect } from "#gate/effects.ts";
import type { RemoteLog } from "#gate/log/remote-log.ts";
import type { LogReadPorts, Ports } from "#http/ports.ts";
import { endedLogUnder } from "#storage/log/ended-log.ts";
import { headReader } from "#storage/log/log-heads.ts";
import { logOrigin } from "#storage/log/log-origin.ts";
import { leafKey, logReader } from "#storage/log/log-store.ts";
import { approvalObject } from "./approval-ports.ts";

/** The log of this deployment: its writer, and its origin line. */
export async function logOf(env: Bindings, config: Config): Promise<{ log: RemoteLog<Effect>; origin: string }> {
  const origin = await logOrigin(env.DB, config);
  return { log: env.LOG_SEQUENCER.getByName(origin), origin };
}

/** What anybody may read the log with. */
export async function logPorts(env: Bindings, config: Config): ReturnType<Ports["log"]> {
  const { log, origin } = await logOf(env, config);
  return {
    log,
    origin,
    reader: logReader(env.DB, origin),
    allowReveal: config.allowReveal,
    revealedPayload: (requestId: string) => approvalObject(env, requestId).revealedPayload(),
  };
}

/** What anybody may read with of a log that has ended and is followed by another, up to its end; null if there is none of that hash. */
export async function endedLogPorts({ DB }: Bindings, originHash: string): Promise<LogReadPorts | null> {
  const ended = await endedLogUnder(DB, originHash);
  return ended && { log: { checkpoint: () => Promise.resolve(ended.final) }, reader: logReader(DB, ended.origin) };
}

/** What the log's pages are made with. */
export const explorePorts = async (env: Bindings, config: Config): Promise<ExplorePorts & PrivatePorts> => {
  const ports = await logPorts(env, config);
  return {
    ...ports,
    heads: headReader(env.DB, ports.origin),
    leafKey: (index) => leafKey(env.DB, ports.origin, index),
    witnessKeys: config.witnesses?.policy.witnesses.map(({ key }) => key) ?? [],
  };
};
