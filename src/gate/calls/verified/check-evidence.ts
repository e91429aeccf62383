/**
 * Evidence that somebody has approved just this call with a passkey, checked in the order of SEP-2672 (4.8), whose numbers stand below:
 * whatever fails is told by its name, and changes nothing. Steps 1 to 12 are checked before the call is admitted; only then what holds is
 * consumed, once, with its leaf of the log. It lets nothing pass that the policy does not, and counts towards no quorum.
 */
import { b64u, equal, fromB64u, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { hashJson, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { Assertion } from "#countersign/documents/record.ts";
import { type AuthenticatorClass, timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { actionHash, actionOfChallenge, audienceOf, type EvidenceReason, isOfClass } from "#countersign/verified/verified-approval.ts";
import { appendRecord, whyRefused } from "#gate/log/append-record.ts";
import { type ChallengeEffect, CONSUMPTION_REFUSALS } from "./challenge-effect.ts";
import type { EligiblePasskey, KeptChallenge, VerifiedCaller, VerifiedPorts } from "./verified-ports.ts";

export interface CallToVerify extends VerifiedCaller {
  tool: string;
  /** Canonical JSON of the arguments as the client sent them. */
  args: string;
  wanted: AuthenticatorClass;
}

/** What a client brings. All of it is an attacker's choice. */
interface Evidence {
  challengeId: string;
  response: JsonObject;
}

/** Evidence that holds, and was not consumed when it was looked at. */
export interface CheckedEvidence {
  call: CallToVerify;
  /** b64u. */
  challenge: string;
  credentialId: string;
  signed: Signed;
}

/** The evidence if it is of just this call; otherwise the first check that fails. Changes nothing but that a counter that went back is noted. */
export async function checkEvidence(
  given: JsonValue | undefined,
  call: CallToVerify,
  ports: VerifiedPorts,
): Promise<Result<CheckedEvidence, EvidenceReason>> {
  const evidence = readEvidence(given); // 1, 2, 3
  if (!evidence.ok) return evidence;
  const { challengeId, response } = evidence.value;
  const kept = await ports.challengeOf(challengeId);
  const unfit = unfitChallenge(kept, call, ports.now()); // 4, 5, 6, 7
  if (kept === null || unfit !== null) return refuse(unfit ?? "challenge_unknown");
  const id = response["id"];
  const [passkey] = typeof id === "string" ? await ports.eligiblePasskeys(id) : [];
  if (passkey === undefined) return refuse("unknown_credential"); // 8
  if (!isOfClass(call.wanted, passkey.transports)) return refuse("authenticator_class_mismatch"); // 9
  const signed = await checkSignature(kept.challenge, response, passkey, ports); // 10, 11
  if (!signed.ok) return signed;
  const action = actionHash(call.tool, call.args, audienceOf(ports.origin, call.server.id, call.agent.id));
  if (!equal(action, actionOfChallenge(fromB64u(kept.challenge) ?? new Uint8Array()))) return refuse("argument_hash_mismatch"); // 12
  return accept({ call, challenge: kept.challenge, credentialId: passkey.credentialId, signed: signed.value });
}

function readEvidence(given: JsonValue | undefined): Result<Evidence, EvidenceReason> {
  if (!isObject(given)) return refuse("missing_evidence"); // 1
  const { method, challengeId, response } = given;
  if (typeof method !== "string" || typeof challengeId !== "string" || !isObject(response)) return refuse("missing_evidence"); // 2
  return method === "webauthn" ? accept({ challengeId, response }) : refuse("unsupported_method"); // 3
}

/** Another agent's challenge, or one for another server, looks as if it were not there. */
function unfitChallenge(kept: KeptChallenge | null, { agent, server, tool }: CallToVerify, nowMs: number): EvidenceReason | null {
  if (kept === null || kept.agentId !== agent.id || kept.serverId !== server.id) return "challenge_unknown"; // 4
  if (kept.consumedAt !== null) return "challenge_consumed"; // 5
  if (timestamp(nowMs) >= kept.expiresAt) return "challenge_expired"; // 6
  return kept.tool === tool ? null : "challenge_wrong_tool"; // 7
}

interface Signed {
  assertion: Assertion;
  signCount: number;
}

async function checkSignature(
  challenge: string,
  response: JsonObject,
  passkey: EligiblePasskey,
  ports: VerifiedPorts,
): Promise<Result<Signed, EvidenceReason>> {
  const assertion = assertionIn(response, passkey);
  const bytes = fromB64u(challenge);
  if (assertion === null || bytes === null) return refuse("signature_verification_failed"); // 10
  const { credentialId, signCount: stored } = passkey;
  const checked = await ports.checkAssertion({ credentialId, challenge: bytes, assertion }, passkey);
  if (!checked.ok) return refuse("signature_verification_failed");
  const { signCount } = checked.value;
  if (stored === 0 || signCount > stored) return accept({ assertion, signCount });
  await ports.noteCounterBack(passkey, timestamp(ports.now()));
  return refuse("signature_counter_regression"); // 11
}

/** The assertion of just this passkey and of nobody else's account; null for what is none. */
function assertionIn({ id, rawId, type, response }: JsonObject, { personId }: EligiblePasskey): Assertion | null {
  if (!isObject(response) || (rawId !== undefined && rawId !== id) || (type !== undefined && type !== "public-key")) return null;
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  if (typeof clientDataJSON !== "string" || typeof authenticatorData !== "string" || typeof signature !== "string") return null;
  if (userHandle !== undefined && userHandle !== null && userHandle !== "" && userHandle !== b64u(utf8(personId))) return null;
  return { client_data_json: clientDataJSON, authenticator_data: authenticatorData, signature };
}

/** 13 and 14, in one batch: the leaf, the challenge's one use, and the passkey's count. Throws if it cannot be known whether they are there. */
export async function consumeEvidence(
  { call, challenge, credentialId, signed: { assertion, signCount } }: CheckedEvidence,
  ports: VerifiedPorts,
): Promise<Result<null, EvidenceReason>> {
  const { agent, server, tool, args } = call;
  const members = {
    agent: { id: agent.id, name: agent.name },
    server: { id: server.id, name: server.name },
    tool,
    arguments_hash: hex(sha256(utf8(args))),
    challenge,
    credential_id: credentialId,
    assertion,
  };
  const assertionHash = hex(hashJson({ ...assertion }));
  const effect = (at: string): ChallengeEffect => ({
    kind: "challenge-consumed",
    challenge,
    agentId: agent.id,
    credentialId,
    signCount,
    assertionHash,
    at,
  });
  const outcome = await appendRecord({ kind: "challenge.consumed", members, effect }, ports);
  if (outcome.status === "logged") return accept(null);
  // Somebody was faster with the same challenge.
  return refuse(outcome.status === "conflict" ? "challenge_consumed" : whyRefused(outcome.constraint, CONSUMPTION_REFUSALS));
}
