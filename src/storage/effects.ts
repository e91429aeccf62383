/** The statements of an effect, for the D1 batch of its leaf. What must not happen is refused in that batch, by constraints and conditions. */
import { and, eq, isNull, lt, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Effect } from "#gate/effects.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import type { SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";
import { condition, prepare, type Query } from "./batch-condition.ts";
import { agent, approval, passkey, person, proposal, session, spentNonce, waitingPasskey } from "./schema.ts";
import type { Role } from "#countersign/documents/record.ts";

type EffectOf<Kind extends Effect["kind"]> = Extract<Effect, { kind: Kind }>;
type Database = ReturnType<typeof drizzle>;

/** `leafIndex` is where the leaf will stand; `now` decides which spent nonces have outlived their use. */
export function effectStatements(d1: D1Database, effect: Effect, leafIndex: number, now: string): D1PreparedStatement[] {
  return queriesOf(drizzle(d1), effect, leafIndex, now).map((query) => prepare(d1, query));
}

function queriesOf(database: Database, effect: Effect, leafIndex: number, now: string): Query[] {
  switch (effect.kind) {
    case "person-enrolled":
      return [
        ...spend(database, effect.spends, now),
        insertPerson(database, effect.person),
        database
          .insert(passkey)
          .values({ ...effect.passkey, leafIndex })
          .toSQL(),
      ];
    case "passkey-enrolled-again":
      return [database.update(passkey).set({ leafIndex }).where(eq(passkey.credentialId, effect.credentialId)).toSQL()];
    case "passkey-confirmed":
      return [...authorise(database, effect.authorised, now), ...confirm(database, effect, leafIndex)];
    case "passkey-revoked":
      return revoke(database, effect);
    case "role-changed":
      return [...authorise(database, effect.authorised, now), ...changeRoles(database, effect)];
    case "agent-created":
      return [
        ...authorise(database, effect.authorised, now),
        database
          .insert(agent)
          .values({ ...effect.agent, leafIndex })
          .toSQL(),
      ];
    case "approval-ended":
      return [
        database
          .update(approval)
          .set({ endedAt: effect.at })
          .where(and(eq(approval.agentId, effect.agentId), eq(approval.requestedAt, effect.requestedAt), eq(approval.id, effect.requestId)))
          .toSQL(),
      ];
    case "agent-revoked":
      return [
        database
          .update(agent)
          .set({ revokedAt: effect.at })
          .where(and(eq(agent.id, effect.agentId), isNull(agent.revokedAt)))
          .toSQL(),
      ];
  }
}

const spend = (database: Database, spent: SpentNonce[], now: string): Query[] => [
  database.delete(spentNonce).where(lt(spentNonce.expiresAt, now)).toSQL(),
  ...spent.map((one) => database.insert(spentNonce).values(one).toSQL()),
];

/** Every signature is by an admin's standing passkey and serves once; nothing stays kept for what is done now. */
const authorise = (database: Database, { operationHash, credentialIds, spends, kept }: SpentAuthorisation, now: string): Query[] => [
  ...credentialIds.map((id) => condition("signer_is_admin", "EXISTS (SELECT 1 FROM admin_passkey WHERE credential_id = ?1)", id)),
  ...kept.map((nonce) =>
    condition("signature_is_kept", "EXISTS (SELECT 1 FROM proposal WHERE operation_hash = ?1 AND nonce = ?2)", operationHash, nonce),
  ),
  ...spend(database, spends, now),
  database.delete(proposal).where(eq(proposal.operationHash, operationHash)).toSQL(),
];

const insertPerson = (database: Database, row: EffectOf<"person-enrolled">["person"]): Query =>
  database
    .insert(person)
    .values({ ...row, roles: row.roles as Role[] })
    .toSQL();

/**
 * The passkey stops waiting. What was signed is what waits, and what is written comes from the effect, as the leaf does: under the
 * same credential id another key may wait by now. Somebody new comes with it; somebody known is still what was signed.
 */
const confirm = (database: Database, { person: row, isNew, passkey: key }: EffectOf<"passkey-confirmed">, leafIndex: number): Query[] => [
  condition(
    "passkey_waits",
    `EXISTS (
       SELECT 1 FROM waiting_passkey WHERE credential_id = ?1 AND person_id = ?2 AND username = ?3
       AND public_key = ?4 AND alg = ?5 AND backup_eligible = ?6 AND (NOT ?7 OR (roles = ?8 AND groups = ?9)))`,
    key.credentialId,
    row.id,
    row.username,
    key.publicKey,
    key.alg,
    Number(key.backupEligible),
    Number(isNew),
    JSON.stringify(row.roles),
    JSON.stringify(row.groups),
  ),
  isNew
    ? insertPerson(database, row)
    : condition(
        "person_is_as_signed",
        "EXISTS (SELECT 1 FROM person WHERE id = ?1 AND username = ?2 AND roles = ?3 AND groups = ?4)",
        row.id,
        row.username,
        JSON.stringify(row.roles),
        JSON.stringify(row.groups),
      ),
  database
    .insert(passkey)
    .values({ ...key, personId: row.id, leafIndex, name: nameOfWaiting(key.credentialId) })
    .toSQL(),
  database.delete(waitingPasskey).where(eq(waitingPasskey.credentialId, key.credentialId)).toSQL(),
];

/** The person's own word, signed by nobody: they may change it until then. */
const nameOfWaiting = (credentialId: string): SQL => sql`(SELECT name FROM waiting_passkey WHERE credential_id = ${credentialId})`;

const ADMINS = "(SELECT count(DISTINCT person_id) FROM admin_passkey)";

/** The passkey and what was opened with it end. Not if it is the last of an admin who is needed. */
const revoke = (database: Database, { personId, credentialId, at, adminsNeeded }: EffectOf<"passkey-revoked">): Query[] => [
  condition(
    "admins_remain",
    `NOT EXISTS (SELECT 1 FROM admin_passkey WHERE credential_id = ?1)
     OR EXISTS (SELECT 1 FROM admin_passkey WHERE person_id = ?2 AND credential_id <> ?1)
     OR ${ADMINS} > ?3`,
    credentialId,
    personId,
    adminsNeeded,
  ),
  database
    .update(passkey)
    .set({ revokedAt: at })
    .where(and(eq(passkey.credentialId, credentialId), isNull(passkey.revokedAt)))
    .toSQL(),
  database.delete(session).where(eq(session.credentialId, credentialId)).toSQL(),
];

/** Not if it takes the role from an admin who is needed. */
const changeRoles = (database: Database, { personId, roles, groups, adminsNeeded }: EffectOf<"role-changed">): Query[] => [
  ...(roles.includes("admin")
    ? []
    : [
        condition(
          "admins_remain",
          `NOT EXISTS (SELECT 1 FROM admin_passkey WHERE person_id = ?1) OR ${ADMINS} > ?2`,
          personId,
          adminsNeeded,
        ),
      ]),
  database
    .update(person)
    .set({ roles: roles as Role[], groups })
    .where(eq(person.id, personId))
    .toSQL(),
];
