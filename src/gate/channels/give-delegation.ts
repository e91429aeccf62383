/**
 * Out of office: for a time somebody else is told in one's place. It only changes who is told; nobody decides in another's place. Signed by
 * whose place it is, so that neither a stolen session nor an admin can keep requests from somebody.
 */
import { b64u } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { OwnStatement } from "#countersign/documents/ceremony.ts";
import { type MembersOf, type OwnSignature, recordShapes } from "#countersign/documents/record.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { fit } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord, type AppendPorts, whyRefused } from "#gate/log/append-record.ts";
import type { PasskeyProofPorts } from "#gate/passkeys/prove-passkey.ts";
import { isSpent } from "#gate/passkeys/spent-nonce.ts";
import type { StatementPorts } from "#gate/signatures/authorise-admin.ts";
import { checkOwnSignature, draftOwnStatement, type OwnSignatureRefusal } from "#gate/signatures/own-signature.ts";
import { DELEGATION_REFUSALS, type DelegationEffect } from "./delegation-effects.ts";

const DAY_MS = 86_400_000;
const MOST_DAYS = 90;
/** How far ahead it may begin. */
const MOST_DAYS_AHEAD = 366;

interface Named {
  id: string;
  username: string;
}

/** A time out of office that is not over, and was not ended. */
export interface Delegation {
  id: string;
  personId: string;
  to: Named;
  from: string;
  until: string;
}

/** From and until are times as `timestamp` writes them. */
export interface DelegationWish {
  to: string;
  from: string;
  until: string;
}

export interface DelegationPorts extends StatementPorts, PasskeyProofPorts, AppendPorts<DelegationEffect> {
  /** From the D1 primary: an approver with a standing passkey; null if nobody with this id is one. */
  delegateById(id: string): Promise<Named | null>;
  /** Those of a person that are not over at `now` and not ended, from the D1 primary, the earliest first. */
  delegationsOf(personId: string, now: string): Promise<Delegation[]>;
}

type TermRefusal = { reason: "times-wrong" | "too-long" | "too-far-ahead" | "to-oneself" | "unknown-delegate" | "overlaps" };
export type DelegationRefusal = TermRefusal | OwnSignatureRefusal | { reason: "signature-spent" };

type Given = MembersOf<"delegation.given">;
type Terms = Omit<Given, "signature"> & JsonObject;

/** The statement under which `person` names who is told in their place. */
export async function draftDelegation(
  person: Named,
  wish: DelegationWish,
  ports: StatementPorts & Pick<DelegationPorts, "delegateById" | "delegationsOf">,
): Promise<Result<OwnStatement, TermRefusal>> {
  const to = await ports.delegateById(wish.to);
  if (to === null) return refuse({ reason: "unknown-delegate" });
  const terms: Terms = {
    delegation: { id: `dlg_${b64u(ports.random(16))}`, from: wish.from, until: wish.until },
    person: { id: person.id, username: person.username },
    to: { id: to.id, username: to.username },
  };
  const wrong = await wrongTerms(terms, ports);
  if (wrong !== null) return refuse(wrong);
  return accept(draftOwnStatement(person.id, { operation: "delegation.given", parameters: terms }, ports));
}

async function wrongTerms(
  { delegation, person, to }: Terms,
  ports: Pick<DelegationPorts, "delegationsOf" | "now">,
): Promise<TermRefusal | null> {
  const [fromMs, untilMs, nowMs] = [Date.parse(delegation.from), Date.parse(delegation.until), ports.now()];
  if (person.id === to.id) return { reason: "to-oneself" };
  if (!(fromMs < untilMs && untilMs > nowMs)) return { reason: "times-wrong" };
  if (untilMs - fromMs > MOST_DAYS * DAY_MS) return { reason: "too-long" };
  if (fromMs > nowMs + MOST_DAYS_AHEAD * DAY_MS) return { reason: "too-far-ahead" };
  const others = await ports.delegationsOf(person.id, timestamp(nowMs));
  const overlaps = others.some(({ id, from, until }) => id !== delegation.id && from < delegation.until && until > delegation.from);
  return overlaps ? { reason: "overlaps" } : null;
}

/** The terms that a statement is about; null if it is about something else. */
function termsOf({ operation, parameters }: OwnStatement, signature: OwnSignature): Terms | null {
  if (operation !== "delegation.given") return null;
  const record = { ...parameters, signature, type: "countersign/record@v1", kind: operation, log: "-", at: timestamp(0) };
  return fit(recordShapes["delegation.given"], record).ok ? (parameters as Terms) : null;
}

/**
 * 1. the statement is of this person and about a time that makes sense now; 2. they signed exactly this; 3. row, leaf and spent nonce are
 * written together, unless the passkey was revoked meanwhile or who is named is no approver any more. A signature serves once.
 */
export async function giveDelegation(
  person: Named,
  signature: OwnSignature,
  ports: DelegationPorts,
): Promise<Result<{ id: string }, DelegationRefusal>> {
  const terms = termsOf(signature.statement, signature); // 1
  if (terms === null || terms.person.id !== person.id) return refuse({ reason: "signed-for-something-else" });
  const wrong = await wrongTerms(terms, ports);
  if (wrong !== null) return refuse(wrong);

  const signed = await checkOwnSignature(signature, person.id, { operation: "delegation.given", parameters: terms }, ports); // 2
  if (!signed.ok) return signed;

  const { id, from, until } = terms.delegation;
  const effect = (): DelegationEffect => ({
    kind: "delegation-given",
    id,
    personId: person.id,
    toPerson: terms.to.id,
    from,
    until,
    credentialId: signature.credential_id,
    spends: [signed.value],
  });
  const outcome = await appendRecord({ kind: "delegation.given", members: { ...terms, signature }, effect }, ports); // 3
  if (outcome.status === "logged") return accept({ id });
  if (outcome.status === "conflict" || isSpent(outcome.constraint)) return refuse({ reason: "signature-spent" });
  return refuse({ reason: whyRefused(outcome.constraint, DELEGATION_REFUSALS) });
}

/** Ends one of the person's at once, by themselves or by an admin. It only brings back what was theirs, so nobody signs. */
export async function endDelegation(
  { id: personId, username }: Named,
  id: string,
  by: Named,
  ports: AppendPorts<DelegationEffect> & Pick<DelegationPorts, "delegationsOf">,
): Promise<Result<null, { reason: "unknown-delegation" }>> {
  const own = await ports.delegationsOf(personId, timestamp(ports.now()));
  if (!own.some((one) => one.id === id)) return refuse({ reason: "unknown-delegation" });
  const person = { id: personId, username };
  const ended = { delegation: { id }, person, by: { id: by.id, username: by.username } };
  const effect = (at: string): DelegationEffect => ({ kind: "delegation-ended", id, at });
  const outcome = await appendRecord({ kind: "delegation.ended", members: ended, effect }, ports);
  if (outcome.status === "refused") throw new Error(`the log refused what should have been possible: ${outcome.constraint}`);
  return accept(null);
}
