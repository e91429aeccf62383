/**
 * A challenge for one call of a tool (SEP-2672, 4.4.3): bound to agent, gate, server, tool and arguments, and to nobody's session. What may
 * sign it are passkeys that people have made here: none is enrolled by an agent's client.
 */
import { b64u } from "#countersign/encoding/bytes.ts";
import { type AuthenticatorClass, timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import {
  actionHash,
  audienceOf,
  challengeOver,
  type ChallengeReason,
  isOfClass,
  NONCE_BYTES,
} from "#countersign/verified/verified-approval.ts";
import type { EligiblePasskey, VerifiedCaller, VerifiedPorts } from "./verified-ports.ts";

/** So long a challenge serves. */
export const CHALLENGE_MS = 60_000;
/** So many of one agent can be open at a time. */
export const MOST_CHALLENGES = 20;

export interface WantedChallenge extends VerifiedCaller {
  tool: string;
  /** Canonical JSON of the arguments as the client sent them. */
  args: string;
  /** Null: no call of this tool needs evidence. */
  wanted: AuthenticatorClass | null;
}

export interface MadeChallenge {
  challenge: string;
  expiresAt: string;
  passkeys: Pick<EligiblePasskey, "credentialId" | "transports">[];
}

export async function createChallenge(
  { agent, server, tool, args, wanted }: WantedChallenge,
  ports: VerifiedPorts,
): Promise<Result<MadeChallenge, ChallengeReason | "too_many">> {
  if (wanted === null) return refuse("tool_not_approved_required");
  const passkeys = (await ports.eligiblePasskeys(null)).filter(({ transports }) => isOfClass(wanted, transports));
  if (passkeys.length === 0) return refuse("no_eligible_credential");
  const action = actionHash(tool, args, audienceOf(ports.origin, server.id, agent.id));
  const challenge = b64u(challengeOver(ports.random(NONCE_BYTES), action));
  const nowMs = ports.now();
  const expiresAt = timestamp(nowMs + CHALLENGE_MS);
  const kept = { challenge, agentId: agent.id, serverId: server.id, tool, expiresAt };
  if (!(await ports.keepChallenge(kept, MOST_CHALLENGES, timestamp(nowMs)))) return refuse("too_many");
  return accept({ challenge, expiresAt, passkeys });
}
