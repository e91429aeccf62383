/**
 * A stop token lets a person order stops without a browser: those that they could order signed in, and nothing else; never a release. It
 * is shown once and kept as a hash.
 */
import { b64u, type Bytes, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { refuse, type Result } from "#countersign/result.ts";
import { orderStop, type StopOrderer, type StopPorts, type StopRefusal } from "./order-stop.ts";

export interface StopTokenPorts extends StopPorts {
  /** Keeps the hash in place of the person's one before. */
  storeStopToken(personId: string, tokenHash: string, createdAt: string): Promise<void>;
  /** Whose token has this hash, from the D1 primary; null if it is nobody's. */
  ownerOfStopToken(tokenHash: string): Promise<StopOrderer | null>;
}

const FORM = /^cst_[A-Za-z0-9_-]{43}$/;

const hashOf = (token: string): string => hex(sha256(utf8(token)));

/** Makes one for a person, in place of the one before. Gives it, and it is stored nowhere. */
export async function makeStopToken(
  personId: string,
  ports: { random(bytes: number): Bytes; now(): number } & Pick<StopTokenPorts, "storeStopToken">,
): Promise<{ token: string; createdAt: string }> {
  const token = `cst_${b64u(ports.random(32))}`;
  const createdAt = timestamp(ports.now());
  await ports.storeStopToken(personId, hashOf(token), createdAt);
  return { token, createdAt };
}

/** 1. the token is somebody's; 2. who orders the stop, and has to have the role for it in that moment. `agentId` null: everything. */
export async function stopByToken(
  token: string,
  agentId: string | null,
  ports: StopTokenPorts,
): Promise<Result<StopOrderer, StopRefusal | { reason: "unknown-stop-token" }>> {
  const owner = FORM.test(token) ? await ports.ownerOfStopToken(hashOf(token)) : null; // 1
  if (owner === null) return refuse({ reason: "unknown-stop-token" });
  const stopped = await orderStop(agentId, owner, ports); // 2
  return stopped.ok ? { ok: true, value: owner } : stopped;
}
