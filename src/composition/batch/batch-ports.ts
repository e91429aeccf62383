/** What deciding several requests at once needs, made of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { requestObject } from "#config/object-places.ts";
import type { BatchPorts } from "#gate/batch/decide-batch.ts";
import { isOwnRequestId } from "#rules/request-id.ts";

export const batchPorts = (env: Bindings, config: Config): BatchPorts => ({
  serverSecret: config.serverSecret,
  now: Date.now,
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  approval: (id) => (isOwnRequestId(config.serverSecret, id) ? requestObject(env, id) : null),
});
