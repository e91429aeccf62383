/**
 * One gesture denies several requests of an agent that are alike, and has what is like them refused for a time. Each request's object
 * rebuilds what was signed of it and verifies the one assertion (object/record-decision.ts): here it is only brought to them, and told what
 * each said. Whoever got no answer sends the same again: what was done stays, and the rest is done.
 */
import { topOf } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import {
  type Brought,
  bringOthers,
  bringUntilTaken,
  isWhole,
  type PasskeyNotTaken,
  type SignedDecisions,
} from "#gate/batch/bring-decisions.ts";
import type { NonceRefusal } from "#rules/ceremony-nonce.ts";
import type { KeptPattern } from "#rules/policies/denied-pattern.ts";
import { relianceOver } from "#rules/lease.ts";
import { denyPattern, type PatternFailure, type PatternPorts } from "./pattern-verbs.ts";
import { type AlikeRequest, sourceFor } from "./alike-requests.ts";
import { checkDenialNonce, type DenialPorts, type DenialTerms } from "./draft-denials.ts";

/** What a browser sends. An attacker controls all of it but the person, who is the session's. */
export interface SignedDenials extends Omit<SignedDecisions, "verdict" | "comment"> {
  terms: DenialTerms;
}

/** What became of what is to be refused from now on. `none-denied`: none of the denials was taken, so there is nothing that it could stand on. */
export type PatternDone =
  | { pattern: KeptPattern }
  | { refusal: PatternFailure | { reason: "none-denied" | "not-known" } }
  /** Nothing was to be refused. */
  | null;

export interface DeniedAlike {
  denials: Brought[];
  pattern: PatternDone;
}

export type AlikeRefusal = { reason: "not-visible" | "signed-otherwise" } | PasskeyNotTaken | NonceRefusal;

export type DenyAlikePorts = DenialPorts & PatternPorts;

/**
 * 1. the nonce was made for this person and just these denials, and is fresh; 2. the requests are asked one after the other until one takes
 * its denial: then the signature is proved; 3. on that one what is alike is refused from now on; 4. before the others are denied, so that
 * what their agent asks for again is refused already. 5. Answered when that holds everywhere.
 */
export async function denyAlike(signed: SignedDenials, ports: DenyAlikePorts): Promise<Result<DeniedAlike, AlikeRefusal>> {
  const { person, terms, nonce, decisions } = signed;
  if (!isWhole(signed)) return refuse({ reason: "signed-otherwise" });
  const fresh = checkDenialNonce(person.id, terms, decisions, nonce, ports); // 1
  if (!fresh.ok) return fresh;
  const source = await sourceFor(terms.source, person.id, timestamp(ports.now()), ports);
  if (!source.ok) return source;

  const denials: SignedDecisions = { ...signed, verdict: "denied", comment: terms.comment };
  const first = await bringUntilTaken(denials, ports); // 2
  if (!first.ok) return first;
  const { brought, waiting } = first.value;
  const isProved = brought.some((denial) => "status" in denial);
  const pattern = await patternOf(signed, source.value, isProved, ports); // 3
  const held = pattern !== null && "pattern" in pattern ? relianceOver(topOf(source.value.request).id, ports) : undefined;
  const others = await bringOthers(waiting, denials, ports); // 4
  await held; // 5
  return accept({ denials: [...brought, ...others], pattern });
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
