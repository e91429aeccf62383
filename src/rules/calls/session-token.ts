/**
 * A server's session, the id of a task of its, or a place in a stream of its, as agents are given it: bound to agent and server, so that one that was stolen opens
 * nothing to anybody else. What it stands for is no secret: without the server's credential it serves nobody.
 */
import { b64u, concat, equal, fromB64u, fromUtf8, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { keyedHash } from "#countersign/encoding/keyed-hash.ts";

const LABELS = {
  session: "countersign/upstream-session/v1",
  task: "countersign/upstream-task/v1",
  event: "countersign/upstream-event/v1",
} as const;
const TAG_BYTES = 16;

/** Whose it is. */
export interface TokenHolder {
  agentId: string;
  serverId: string;
}

const tagOf = (secret: Uint8Array, kind: keyof typeof LABELS, { agentId, serverId }: TokenHolder, value: Uint8Array) =>
  keyedHash(secret, LABELS[kind], concat(utf8(`${agentId}\0${serverId}\0`), value)).subarray(0, TAG_BYTES);

/** `cst_` + b64u(16 bytes of HMAC-SHA-256 ‖ the server's own id, UTF-8). */
export function wrapId(secret: Uint8Array, kind: keyof typeof LABELS, holder: TokenHolder, id: string): string {
  const value = utf8(id);
  return `cst_${b64u(concat(tagOf(secret, kind, holder, value), value))}`;
}

/** The server's own id; null for what was not given to just this agent for just this server. */
export function unwrapId(secret: Uint8Array, kind: keyof typeof LABELS, holder: TokenHolder, token: string): string | null {
  const bytes = token.startsWith("cst_") ? fromB64u(token.slice(4)) : null;
  if (bytes === null || bytes.length <= TAG_BYTES) return null;
  const value = bytes.subarray(TAG_BYTES);
  return equal(bytes.subarray(0, TAG_BYTES), tagOf(secret, kind, holder, value)) ? fromUtf8(value) : null;
}

/** What a session is called in records, which anybody who reads them may know: `ses_` + b64u of 16 bytes of SHA-256 over its token. */
export const sessionName = (token: string): string => `ses_${b64u(sha256(utf8(token)).subarray(0, 16))}`;
