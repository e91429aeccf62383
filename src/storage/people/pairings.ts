/**
 * Command lines that ask for a session (d1-migrations/0032). Typed SQL: what may be done is asked in the statements that do it, so that of two
 * at once one does.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { NonceSpent } from "#gate/passkeys/spent-nonce.ts";
import type { PairingState, LetIn, NewPairing, OpenPairing } from "#gate/sessions/pairing.ts";

/** ?1 is now. */
const FORGET = "DELETE FROM pairing WHERE expires_at <= ?1";
const STORE = `
  INSERT INTO pairing (device_hash, user_code, name, created_at, expires_at)
  SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT count(*) FROM pairing) < ?6 RETURNING user_code`;

export async function storePairing(
  d1: D1Database,
  { deviceHash, userCode, name, createdAt, expiresAt }: NewPairing,
  most: number,
): Promise<boolean> {
  const store = d1.prepare(STORE).bind(deviceHash, userCode, name, createdAt, expiresAt, most);
  const [, stored] = await d1.batch([d1.prepare(FORGET).bind(createdAt), store]);
  return stored?.results.length === 1;
}

const OPEN = "person_id IS NULL AND refused_at IS NULL";

export function openPairing(d1: D1Database, userCode: string, now: string): Promise<OpenPairing | null> {
  const query = `SELECT user_code userCode, name, created_at createdAt FROM pairing WHERE user_code = ?1 AND ${OPEN} AND expires_at > ?2`;
  return d1.withSession("first-primary").prepare(query).bind(userCode, now).first<OpenPairing>();
}

const LET_IN = `
  UPDATE pairing SET person_id = ?1, credential_id = ?2, by_session = ?3, session_ends_at = ?4
  WHERE user_code = ?5 AND created_at = ?6 AND ${OPEN} AND expires_at > ?7
    AND EXISTS (SELECT 1 FROM session WHERE token_hash = ?3 AND person_id = ?1)
    AND EXISTS (SELECT 1 FROM passkey WHERE credential_id = ?2 AND person_id = ?1 AND revoked_at IS NULL)
  RETURNING user_code`;

export async function letIn(
  d1: D1Database,
  { userCode, createdAt }: OpenPairing,
  { personId, credentialId, bySession, endsAt, at, spends }: LetIn,
): Promise<Result<boolean, NonceSpent>> {
  const spend = d1.prepare("INSERT INTO spent_nonce (nonce, expires_at) VALUES (?1, ?2)");
  const open = d1.prepare(LET_IN).bind(personId, credentialId, bySession, endsAt, userCode, createdAt, at);
  try {
    const [opened] = await d1.batch([open, ...spends.map(({ nonce, expiresAt }) => spend.bind(nonce, expiresAt))]);
    return accept(opened?.results.length === 1);
  } catch (error) {
    if (error instanceof Error && error.message.includes("spent_nonce.nonce")) return refuse({ reason: "nonce-spent" });
    throw error;
  }
}

export async function notePairingRefused(d1: D1Database, userCode: string, now: string): Promise<boolean> {
  const query = `UPDATE pairing SET refused_at = ?2 WHERE user_code = ?1 AND ${OPEN} AND expires_at > ?2 RETURNING user_code`;
  return (await d1.prepare(query).bind(userCode, now).all()).results.length === 1;
}

/** Of the session that it was let in by, so that what ends that one meanwhile ends this before it begins. */
const COLLECT = `
  INSERT INTO session (token_hash, person_id, credential_id, created_at, last_seen_at, command_line, ends_at)
  SELECT ?2, pairing.person_id, pairing.credential_id, ?3, ?3, pairing.name, pairing.session_ends_at
  FROM pairing JOIN session ON session.token_hash = pairing.by_session AND session.person_id = pairing.person_id
  WHERE device_hash = ?1 AND expires_at > ?3
  RETURNING ends_at endsAt`;
const CLOSE =
  "DELETE FROM pairing WHERE device_hash = ?1 AND (person_id IS NOT NULL OR refused_at IS NOT NULL) RETURNING refused_at refusedAt";
const WAITS = "SELECT 1 FROM pairing WHERE device_hash = ?1 AND expires_at > ?2";

export async function openCollected(d1: D1Database, deviceHash: string, tokenHash: string, now: string): Promise<PairingState> {
  const [opened, closed, waits] = await d1.batch<{ endsAt?: string; refusedAt?: string | null }>([
    d1.prepare(COLLECT).bind(deviceHash, tokenHash, now),
    d1.prepare(CLOSE).bind(deviceHash),
    d1.prepare(WAITS).bind(deviceHash, now),
  ]);
  const endsAt = opened?.results[0]?.endsAt;
  if (endsAt !== undefined) return { status: "open", endsAt };
  const [answered] = closed?.results ?? [];
  if (answered !== undefined) return { status: answered.refusedAt == null ? "unknown" : "refused" };
  return { status: waits?.results.length === 1 ? "pending" : "unknown" };
}
