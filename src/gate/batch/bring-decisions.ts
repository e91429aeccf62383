/**
 * Brings one assertion to the object of each request that it was given for. Each rebuilds what was signed of it and verifies the assertion
 * itself (approvals/object/record-decision.ts). Whoever got no answer sends the same again: what was done stays, and the rest is done.
 */
import type { Assertion } from "#countersign/documents/record.ts";
import type { Batch, Verdict } from "#countersign/documents/statement.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { DecisionRefusal } from "#gate/approvals/object/record-decision.ts";
import type { RemoteApproval } from "#gate/approvals/remote-approval.ts";
import type { Snapshot } from "#gate/approvals/snapshot.ts";
import { type PasskeyReason, passkeyAnswers } from "#rules/passkey-answers.ts";
import type { NamedDecision } from "./draft-decisions.ts";
import { overAll } from "./over-all.ts";

export interface DecidingPorts {
  /** The object of a request; null for an id that this service has not made. */
  approval(id: string): Pick<RemoteApproval, "page" | "decide"> | null;
}

/** What a browser sends. An attacker controls all of it but the person, who is the session's. */
export interface SignedDecisions {
  person: { id: string; username: string };
  verdict: Verdict;
  /** Empty for none. */
  comment: string;
  nonce: string;
  decisions: readonly NamedDecision[];
  /** Of several decisions the hashes of all their statements, sorted; none of one, which is signed by itself. */
  statements: readonly string[];
  /** b64u. */
  credentialId: string;
  assertion: Assertion;
}

/** What became of one of them: how its request stands since this decision counts, or why it does not; `not-known` if that could not be learned. */
export type Brought = { request: string } & ({ status: Snapshot["status"] } | { refusal: DecisionRefusal | { reason: "not-known" } });

/** The passkey signed nothing of this, or signs for nobody any more: none of it is taken. */
export interface PasskeyNotTaken {
  reason: PasskeyReason;
  detail?: string;
}

/** Whether one statement is there for each decision, or the one decision has none. */
export const isWhole = ({ decisions, statements }: Pick<SignedDecisions, "decisions" | "statements">): boolean =>
  decisions.length === (statements.length === 0 ? 1 : statements.length);

const OF_PASSKEY = passkeyAnswers("decision_not_accepted", "");
const isOfPasskey = (refusal: { reason: string }): refusal is PasskeyNotTaken => Object.hasOwn(OF_PASSKEY, refusal.reason);

/** Asks the requests one after the other until one takes its decision: then the signature is proved. `waiting` are those not asked yet. */
export async function bringUntilTaken(
  signed: SignedDecisions,
  ports: DecidingPorts,
): Promise<Result<{ brought: Brought[]; waiting: NamedDecision[] }, PasskeyNotTaken>> {
  const brought: Brought[] = [];
  const waiting = [...signed.decisions];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const one = await bringOne(next, signed, ports);
    if ("refusal" in one && isOfPasskey(one.refusal)) return refuse(one.refusal);
    brought.push(one);
    if ("status" in one) break;
  }
  return accept({ brought, waiting });
}

/** Brings it to all of these. */
export const bringOthers = (waiting: readonly NamedDecision[], signed: SignedDecisions, ports: DecidingPorts): Promise<Brought[]> =>
  overAll(waiting, (next) => bringOne(next, signed, ports));

async function bringOne({ request, nonce: own }: NamedDecision, signed: SignedDecisions, ports: DecidingPorts): Promise<Brought> {
  const approval = ports.approval(request);
  if (approval === null) return { request, refusal: { reason: "unknown-request" } };
  const { person, verdict, comment, nonce, statements, credentialId, assertion } = signed;
  const batch: Batch | null = statements.length === 0 ? null : { nonce, statements };
  try {
    const decided = await approval.decide({ person, nonce: own, verdict, comment, credentialId, assertion, batch });
    if (decided.ok) return { request, status: decided.value.status };
    const { refusal } = decided;
    const wasTaken = "taken" in refusal && refusal.taken === verdict;
    return wasTaken ? { request, status: refusal.reason === "already-final" ? verdict : "pending" } : { request, refusal };
  } catch {
    // It may be stored, or not: whoever sends the same again learns which.
    return { request, refusal: { reason: "not-known" } };
  }
}
