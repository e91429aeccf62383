/** What revoking a grant needs, made of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import type { RevokeGrantPorts } from "#gate/grants/revoke-grant.ts";
import { grantStanding } from "#storage/grants/grants.ts";
import { logOf } from "./log-ports.ts";

export async function grantPorts(env: Bindings, config: Config): Promise<RevokeGrantPorts> {
  const { log, origin } = await logOf(env, config);
  return {
    log,
    logOrigin: origin,
    grantStanding: (grantId) => grantStanding(env.DB, grantId),
    now: Date.now,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  };
}
