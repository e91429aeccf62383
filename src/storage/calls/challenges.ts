/** Challenges of SEP-2672 in D1 (d1-migrations/0022), and the passkeys that may sign them. */
import type { ChallengeEffect } from "#gate/calls/verified/challenge-effect.ts";
import type { EligiblePasskey, KeptChallenge } from "#gate/calls/verified/verified-ports.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { condition, type Place, type Query } from "../batch-condition.ts";

/** So long after it is over a challenge is still known. */
const KNOWN_MS = 60 * 60 * 1_000;

/** `VerifiedPorts.challengeOf`. */
export const keptChallenge = (d1: D1Database, challenge: string): Promise<KeptChallenge | null> =>
  d1
    .withSession("first-primary")
    .prepare(
      `SELECT challenge, agent_id AS agentId, server_id AS serverId, tool, expires_at AS expiresAt, consumed_at AS consumedAt
       FROM approval_challenge WHERE challenge = ?1`,
    )
    .bind(challenge)
    .first<KeptChallenge>();

/** `VerifiedPorts.keepChallenge`. One transaction: the agent's that are long over go, and this one comes, if there is room. */
export async function keepChallenge(
  d1: D1Database,
  { challenge, agentId, serverId, tool, expiresAt }: Omit<KeptChallenge, "consumedAt">,
  most: number,
  now: string,
): Promise<boolean> {
  const [, kept] = await d1.batch([
    d1
      .prepare("DELETE FROM approval_challenge WHERE agent_id = ?1 AND expires_at <= ?2")
      .bind(agentId, timestamp(Date.parse(now) - KNOWN_MS)),
    d1
      .prepare(
        `INSERT INTO approval_challenge (challenge, agent_id, server_id, tool, expires_at) SELECT ?1, ?2, ?3, ?4, ?5
         WHERE (SELECT count(*) FROM approval_challenge WHERE agent_id = ?2 AND expires_at > ?7 AND consumed_at IS NULL) < ?6`,
      )
      .bind(challenge, agentId, serverId, tool, expiresAt, most, now),
  ]);
  return kept?.meta.changes === 1;
}

const ELIGIBLE = `
  FROM passkey JOIN person ON person.id = passkey.person_id
  WHERE passkey.revoked_at IS NULL AND EXISTS (SELECT 1 FROM json_each(person.roles) WHERE value = 'approver')`;

/** `VerifiedPorts.eligiblePasskeys`. */
export async function eligiblePasskeys(d1: D1Database, credentialId: string | null): Promise<EligiblePasskey[]> {
  const { results } = await d1
    .withSession("first-primary")
    .prepare(
      `SELECT passkey.credential_id AS credentialId, passkey.person_id AS personId, passkey.public_key AS publicKey,
         passkey.sign_count AS signCount, passkey.backup_eligible AS backupEligible, passkey.transports
       ${ELIGIBLE} AND (?1 IS NULL OR passkey.credential_id = ?1) ORDER BY passkey.created_at, passkey.credential_id`,
    )
    .bind(credentialId)
    .all<Omit<EligiblePasskey, "backupEligible" | "transports"> & { backupEligible: number; transports: string }>();
  return results.map((row) => ({
    ...row,
    backupEligible: row.backupEligible === 1,
    transports: JSON.parse(row.transports) as string[],
  }));
}

/** The statements of its effect, for the batch of its leaf. */
export const challengeQueries = (
  { challenge, agentId, credentialId, signCount, assertionHash, at }: ChallengeEffect,
  { leafIndex }: Place,
): Query[] => [
  condition(
    "challenge_is_open",
    "EXISTS (SELECT 1 FROM approval_challenge WHERE challenge = ?1 AND agent_id = ?2 AND consumed_at IS NULL AND expires_at > ?3)",
    challenge,
    agentId,
    at,
  ),
  condition("verifies_calls", `EXISTS (SELECT 1 ${ELIGIBLE} AND passkey.credential_id = ?1)`, credentialId),
  condition(
    "counter_goes_on",
    "EXISTS (SELECT 1 FROM passkey WHERE credential_id = ?1 AND (sign_count = 0 OR sign_count < ?2))",
    credentialId,
    signCount,
  ),
  {
    sql: "UPDATE approval_challenge SET consumed_at = ?2, leaf_index = ?3 WHERE challenge = ?1",
    params: [challenge, at, leafIndex],
  },
  {
    sql: "UPDATE passkey SET sign_count = ?2, counted_assertion = ?3 WHERE credential_id = ?1 AND sign_count < ?2",
    params: [credentialId, signCount, assertionHash],
  },
];
