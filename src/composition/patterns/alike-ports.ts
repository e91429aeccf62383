/** What denying what is alike needs, made of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import type { DenyAlikePorts } from "#gate/patterns/deny-alike.ts";
import { openFor } from "#storage/patterns/open-for.ts";
import { patternById } from "#storage/patterns/patterns.ts";
import { sleep } from "../approval-ports.ts";
import { batchPorts } from "../batch/batch-ports.ts";
import { standingChanged } from "../key-ports.ts";
import { logOf } from "../log-ports.ts";

export async function alikePorts(env: Bindings, config: Config): Promise<DenyAlikePorts> {
  const { log, origin: logOrigin } = await logOf(env, config);
  return {
    log,
    logOrigin,
    ...batchPorts(env, config),
    openFor: (agentId, personId, now, most) => openFor(env.DB, agentId, personId, now, most),
    patternById: (id) => patternById(env.DB, id),
    standingChanged: (agentId) => standingChanged(env, agentId),
    sleep,
  };
}
