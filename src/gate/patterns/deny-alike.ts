/**
 * One gesture denies several requests of an agent that are alike, and has what is like them refused for a time. Each request's object
 * rebuilds what was signed of it and verifies the one assertion (object/record-decision.ts): here it is only brought to them, and told what
 * each said. Whoever got no answer sends the same again: what was done stays, and the rest is done.
 */
import type { Assertion } from "#countersign/documents/record.ts";
import { topOf } from "#countersign/documents/request.ts";
import type { Batch } from "#countersign/documents/statement.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { DecisionRefusal } from "#gate/approvals/object/record-decision.ts";
import type { Snapshot } from "#gate/approvals/snapshot.ts";
import type { NonceRefusal } from "#rules/ceremony-nonce.ts";
import { type PasskeyReason, passkeyAnswers } from "#rules/passkey-answers.ts";
import type { KeptPattern } from "#rules/policies/denied-pattern.ts";
import { denyPattern, type PatternFailure, patternHolds, type PatternPorts } from "./pattern-verbs.ts";
import { type AlikeRequest, overAll, sourceFor } from "./alike-requests.ts";
import { checkDenialNonce, type DenialPorts, type DenialTerms, type DraftedDenial } from "./draft-denials.ts";

/** What a browser sends. An attacker controls all of it but the person, who is the session's. */
export interface SignedDenials {
  person: { id: string; username: string };
  terms: DenialTerms;
  nonce: string;
  decisions: readonly Pick<DraftedDenial, "request" | "nonce">[];
  /** Of several denials the hashes of all their statements, sorted; none of one, which is signed by itself. */
  statements: readonly string[];
  /** b64u. */
  credentialId: string;
  assertion: Assertion;
}

/** What became of one of them: how its request stands since this denial counts, or why it does not; `not-known` if that could not be learned. */
export type Denial = { request: string } & ({ status: Snapshot["status"] } | { refusal: DecisionRefusal | { reason: "not-known" } });

/** What became of what is to be refused from now on. `none-denied`: none of the denials was taken, so there is nothing that it could stand on. */
export type PatternDone =
  | { pattern: KeptPattern }
  | { refusal: PatternFailure | { reason: "none-denied" | "not-known" } }
  /** Nothing was to be refused. */
  | null;

export interface DeniedAlike {
  denials: Denial[];
  pattern: PatternDone;
}

export type AlikeRefusal = { reason: "not-visible" | "signed-otherwise" | PasskeyReason; detail?: string } | NonceRefusal;

export type DenyAlikePorts = DenialPorts & PatternPorts;

/**
 * 1. the nonce was made for this person and just these denials, and is fresh; 2. the requests are asked one after the other until one takes
 * its denial: then the signature is proved; 3. on that one what is alike is refused from now on; 4. before the others are denied, so that
 * what their agent asks for again is refused already. 5. Answered when that holds everywhere.
 */
export async function denyAlike(signed: SignedDenials, ports: DenyAlikePorts): Promise<Result<DeniedAlike, AlikeRefusal>> {
  const { person, terms, nonce, decisions, statements } = signed;
  if (decisions.length !== (statements.length === 0 ? 1 : statements.length)) return refuse({ reason: "signed-otherwise" });
  const fresh = checkDenialNonce(person.id, terms, decisions, nonce, ports); // 1
  if (!fresh.ok) return fresh;
  const source = await sourceFor(terms.source, person.id, timestamp(ports.now()), ports);
  if (!source.ok) return source;

  const batch = statements.length === 0 ? null : { nonce, statements };
  const waiting = [...decisions];
  const first: Denial[] = [];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const denial = await denyOne(next, batch, signed, ports); // 2
    if ("refusal" in denial && isOfPasskey(denial.refusal)) return refuse(denial.refusal);
    first.push(denial);
    if ("status" in denial) break;
  }
  const isProved = first.some((denial) => "status" in denial);
  const pattern = await patternOf(signed, source.value, isProved, ports); // 3
  const held = pattern !== null && "pattern" in pattern ? patternHolds(topOf(source.value.request).id, ports) : undefined;
  const others = await overAll(waiting, (next) => denyOne(next, batch, signed, ports)); // 4
  await held; // 5
  return accept({ denials: [...first, ...others], pattern });
}

const OF_PASSKEY = passkeyAnswers("decision_not_accepted", "");
const isOfPasskey = (refusal: { reason: string }): refusal is { reason: PasskeyReason; detail?: string } =>
  Object.hasOwn(OF_PASSKEY, refusal.reason);

async function denyOne(
  { request, nonce }: Pick<DraftedDenial, "request" | "nonce">,
  batch: Batch | null,
  { person, terms, credentialId, assertion }: SignedDenials,
  ports: DenyAlikePorts,
): Promise<Denial> {
  const approval = ports.approval(request);
  if (approval === null) return { request, refusal: { reason: "unknown-request" } };
  try {
    const decided = await approval.decide({ person, nonce, verdict: "denied", comment: terms.comment, credentialId, assertion, batch });
    if (decided.ok) return { request, status: decided.value.status };
    const { refusal } = decided;
    const wasTaken = "taken" in refusal && refusal.taken === "denied";
    return wasTaken ? { request, status: refusal.reason === "already-final" ? "denied" : "pending" } : { request, refusal };
  } catch {
    // It may be stored, or not: whoever sends the same again learns which.
    return { request, refusal: { reason: "not-known" } };
  }
}

async function patternOf(signed: SignedDenials, source: AlikeRequest, isProved: boolean, ports: DenyAlikePorts): Promise<PatternDone> {
  const { person, terms, nonce, credentialId } = signed;
  if (terms.seconds === 0) return null;
  if (!isProved) return { refusal: { reason: "none-denied" } };
  // Of the agent at the top, as what is refused of it is of everybody below: a new key below does not ask again.
  const { id, name } = topOf(source.request);
  const { owner } = source.request.requested_by;
  const like = { ...source.kind, argumentsHash: terms.scope === "arguments" ? source.hash : null };
  const comment = terms.comment === "" ? null : terms.comment;
  try {
    const made = await denyPattern(
      { agent: { id, name, owner }, like, seconds: terms.seconds, comment, made: { nonce, by: person, credentialId } },
      ports,
    );
    return made.ok ? { pattern: made.value } : { refusal: made.refusal };
  } catch {
    return { refusal: { reason: "not-known" } };
  }
}
