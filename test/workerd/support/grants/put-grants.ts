/** Grants in the database, put there as the batch of an approval does; they are in no log. */
import { env } from "cloudflare:workers";
import type { Grant } from "#countersign/documents/grant.ts";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { keptKeys } from "#rules/grants/grant-keys.ts";
import { LOG_ORIGIN } from "../log.ts";
import type { Someone } from "../people.ts";

const AT = "2026-11-29T00:00:00.000Z";
const UNTIL = "2036-11-29T00:00:00.000Z";

/** How a grant for `scale_replicas` by an agent's own word is given. */
export const scalingGrant = (id: string, agent: string, service: string): Grant => ({
  id,
  rule: "scaling",
  agent,
  server: null,
  tool: "scale_replicas",
  schema_hash: null,
  fixed: [{ pointer: "/service", value: service }],
  free: [{ pointer: "/replicas", bound: "any" }],
  uses: 20,
  until: UNTIL,
});

export async function putGrants(giver: Someone, grants: readonly Grant[]): Promise<void> {
  const givers = JSON.stringify([{ person: giver.id, username: "alex", credential: giver.passkey.credentialId }]);
  const eligible = JSON.stringify([giver.id]);
  for (let from = 0; from < grants.length; from += 500) {
    await env.DB.batch(
      grants.slice(from, from + 500).map((grant) => {
        const { place, members, exact } = keptKeys(grant);
        return env.DB.prepare(
          `INSERT INTO grant_given (id, agent_id, place, members, exact, document, server_id, givers, eligible, request_id, log, given_at,
             until_at, uses, stop_all, stop_agent, leaf_index)
           VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, 0, 0)`,
        ).bind(
          grant.id,
          grant.agent,
          place,
          members,
          exact,
          canonicalize(grant),
          givers,
          eligible,
          `apr_of_${grant.id}`,
          LOG_ORIGIN,
          AT,
          grant.until,
          grant.uses,
        );
      }),
    );
  }
}
