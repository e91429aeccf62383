/** What the verbs on one request need of the world around its object, made of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { logWriter, tellInboxes } from "#config/object-places.ts";
import { within } from "#config/within.ts";
import type { ApprovalPorts } from "#gate/approvals/object/object-ports.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { keptKeys } from "#rules/grants/grant-keys.ts";
import { listEligible } from "#storage/approval-lists.ts";
import { listSigned, standingReader } from "#storage/approvals.ts";
import { hasRoom, mayUseGrant } from "#storage/grants/find-grants.ts";
import { logOrigin } from "#storage/log/log-origin.ts";
import { policyOf } from "#storage/policies/in-force.ts";

/** After so long a hand-over is given up; the same leaf can be handed over again. */
const LOG_PATIENCE_MS = 5_000;

export function portsAround(env: Bindings, config: Config): Omit<ApprovalPorts, "store" | "archiveAfterMs" | "announce"> {
  const { DB } = env;
  const origin = () => logOrigin(DB, config);
  // Nobody waits for it: pages that are not told ask after a while.
  const tell = (people: readonly string[]) => void tellInboxes(env, people);
  return {
    standing: standingReader(DB),
    log: { append: async (leaf) => within(LOG_PATIENCE_MS, logWriter(env, await origin()).append(leaf)) },
    listSigned: async (request, people, at) => tell(await listSigned(DB, request, people, at)),
    listEligible: async (request, at) => tell(await listEligible(DB, request, at)),
    hasRoomForGrant: (grant) => hasRoom(DB, keptKeys(grant), timestamp(Date.now())),
    mayUseGrant: (grantId) => mayUseGrant(DB, grantId),
    policyOf: (epoch) => policyOf(DB, epoch),
    logOrigin: origin,
    now: () => Date.now(),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  };
}
