/** Nonces of decisions: made when a page opens, for one request and one person, spent by the decision they serve. */
import { timestamp } from "#countersign/documents/words.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { eligiblePeople } from "#countersign/documents/request.ts";
import type { ApprovalPorts, PageNonce } from "./object-ports.ts";

const LIFETIME_MS = 15 * 60_000;
/** Open pages of one person on one request; the oldest gives way. */
const MOST_PER_PERSON = 8;

/** Whether there is a request here that this person may decide, or could have: nobody else learns that there is one. */
export function mayDecideNow(ports: Pick<ApprovalPorts, "store" | "now">, personId: string): boolean {
  const approval = ports.store.read();
  return approval !== null && eligiblePeople(approval.request, timestamp(ports.now())).has(personId);
}

/** A fresh nonce for an eligible person while the approval is open; null otherwise. */
export function makePageNonce(ports: ApprovalPorts, personId: string): PageNonce | null {
  const approval = ports.store.read();
  const nowMs = ports.now();
  if (approval === null || approval.ending !== null) return null;
  if (!eligiblePeople(approval.request, timestamp(nowMs)).has(personId)) return null;
  const made: PageNonce = {
    nonce: b64u(ports.random(32)),
    commentSalt: b64u(ports.random(32)),
    personId,
    expiresAtMs: nowMs + LIFETIME_MS,
  };
  const fresh = ports.store.readNonces().filter((one) => one.expiresAtMs > nowMs);
  const own = fresh.filter((one) => one.personId === personId).slice(1 - MOST_PER_PERSON);
  ports.store.writeNonces([...fresh.filter((one) => one.personId !== personId), ...own, made]);
  return made;
}

/** The stored nonce if it was made for this person and is still fresh. */
export const spendableNonce = (nonces: readonly PageNonce[], nonce: string, personId: string, nowMs: number): PageNonce | null =>
  nonces.find((one) => one.nonce === nonce && one.personId === personId && one.expiresAtMs > nowMs) ?? null;

/** All but the spent one. */
export const withoutNonce = (nonces: readonly PageNonce[], spent: string): PageNonce[] => nonces.filter((one) => one.nonce !== spent);
