/**
 * Under which conditions signatures serve, in the batch of what they were given for. Plain SQL: drizzle knows neither the view of
 * d1-migrations/0003 nor the trigger behind a condition.
 */
import { condition, type Query } from "./batch-condition.ts";

/** The passkey (credential id, b64u) stands, and is of one who is an admin at that moment. */
export const signerIsAdmin = (credentialId: string): Query =>
  condition("signer_is_admin", "EXISTS (SELECT 1 FROM admin_passkey WHERE credential_id = ?1)", credentialId);

/** What was signed before is still there: it has not served, and nobody has taken it back. */
export const signatureIsKept = (operationHash: string, nonce: string): Query =>
  condition("signature_is_kept", "EXISTS (SELECT 1 FROM proposal WHERE operation_hash = ?1 AND nonce = ?2)", operationHash, nonce);
