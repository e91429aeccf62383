/**
 * What the verbs on one approval need of the Durable Object that holds it, and what they have in common: bringing the
 * approval up to date (deadline, hand-over to the log). The shell is durable-objects/approval-request.ts.
 */
import { adoptLogged, type Approval, type Event, isDue, transition, type TransitionRefusal } from "../core/approval.ts";
import { b64u, type Bytes } from "../core/bytes.ts";
import type { Decision, FinalRecord, SealedRecord } from "../core/record.ts";
import { refuse, type Result } from "../core/result.ts";
import type { TransparencyLog } from "./transparency-log.ts";

/** The object's storage. Reads and writes are synchronous: nothing can come between them. */
export interface ApprovalStore {
  read(): Approval | null;
  /** Stores the approval, the time of the next alarm (none if null) and, if given, the nonces left, in one atomic write. */
  write(approval: Approval, alarmAtMs: number | null, nonces?: PageNonce[]): void;
  readNonces(): PageNonce[];
  writeNonces(nonces: PageNonce[]): void;
}

/** A decision's nonce, made for one person when the page opens. */
export interface PageNonce {
  /** b64u of 32 bytes. */
  nonce: string;
  /** For the comment's hash, b64u of 32 bytes; made here so that it need not be taken from a browser. */
  commentSalt: string;
  personId: string;
  expiresAtMs: number;
}

/** Whether agents, people and passkeys are in good standing, from the D1 primary. Throws if that cannot be known. */
export interface StandingReader {
  /** False once revoked. */
  agentStands(agentId: string): Promise<boolean>;
  /** The credential ids among those of `decisions` that are unrevoked and belong to an active approver. */
  standingCredentials(decisions: readonly Decision[]): Promise<Set<string>>;
}

export interface ApprovalPorts {
  store: ApprovalStore;
  standing: StandingReader;
  log: Pick<TransparencyLog, "append">;
  /** The log's origin line. */
  logOrigin(): Promise<string>;
  /** Milliseconds since the epoch. */
  now(): number;
  random(bytes: number): Bytes;
  /** Wakes everyone who waits on this approval; they read it again. */
  announce(): void;
}

const FIRST_RETRY_MS = 1_000;
const SLOWEST_RETRY_MS = 60_000;

/** When the alarm should look at `approval` next: at its deadline, then ever later, up to a minute, until its end is logged. */
export function nextAlarm(approval: Approval, nowMs: number): number | null {
  if (approval.ending !== null && approval.ending.logged !== null) return null;
  const dueMs = Date.parse(approval.ending === null ? approval.request.expires_at : approval.ending.sealed.record.at);
  if (dueMs > nowMs) return dueMs;
  return nowMs + Math.min(Math.max(nowMs - dueMs, FIRST_RETRY_MS), SLOWEST_RETRY_MS);
}

/**
 * Applies an event to the stored approval; null if there is none. Standing is read before, storage after: between the
 * read that decides and the write there is no await, so of two events at the same moment one sees what the other wrote.
 * `spend` runs in that section: it gives the nonces to keep, or null if the event may not happen after all.
 */
export async function apply(
  ports: ApprovalPorts,
  event: Event,
  spend?: () => PageNonce[] | null,
): Promise<Result<Approval, TransitionRefusal | "nonce-unknown"> | null> {
  const brought = event.type === "decide" ? [event.decision] : [];
  const asked = [...(ports.store.read()?.decisions ?? []), ...brought];
  const [standing, log] = await Promise.all([ports.standing.standingCredentials(asked), ports.logOrigin()]);
  const approval = ports.store.read();
  if (approval === null) return null;
  if (approval.ending === null && approval.decisions.length + brought.length !== asked.length) return apply(ports, event, spend);

  const nowMs = ports.now();
  const nonces = spend?.();
  if (nonces === null) return refuse("nonce-unknown");
  const next = transition(approval, event, {
    nowMs,
    salt: b64u(ports.random(32)),
    log,
    stands: (decision) => standing.has(decision.credential_id),
  });
  if (next.ok && next.value !== approval) {
    ports.store.write(next.value, nextAlarm(next.value, nowMs), nonces);
    ports.announce();
  }
  return next;
}

/** Whether `bringUpToDate` has something to do. */
export const isBehind = (approval: Approval | null, nowMs: number): boolean =>
  approval !== null && (approval.ending === null ? isDue(approval, nowMs) : approval.ending.logged === null);

/**
 * Brings the approval up to date: ends it if its deadline has passed, and puts its end into the log if it is not there.
 * Whoever comes by finishes what a crash left undone. Throws if the log or D1 is away: then nothing is lost, and the
 * alarm tries again.
 */
export async function bringUpToDate(ports: ApprovalPorts): Promise<void> {
  const found = ports.store.read();
  if (found !== null && found.ending === null && isDue(found, ports.now())) await apply(ports, { type: "tick" });

  const approval = ports.store.read();
  if (approval?.ending == null || approval.ending.logged !== null) return;
  const { sealed } = approval.ending;
  const requestId = approval.request.id;
  const outcome = await ports.log.append({ idem: `${requestId}:final`, sealed, effect: null });
  if (outcome.status === "refused") throw new Error(`the log refused the end of ${requestId}: ${outcome.constraint}`);
  const logged =
    outcome.status === "conflict"
      ? adoptLogged(approval, finalOf(outcome.sealed), outcome.index)
      : { ...approval, ending: { ...approval.ending, logged: outcome.index } };
  ports.store.write(logged, null);
  ports.announce();
}

function finalOf({ record, salt }: SealedRecord): SealedRecord<FinalRecord> {
  switch (record.kind) {
    case "approval.approved":
    case "approval.denied":
    case "approval.expired":
    case "approval.cancelled":
      return { record, salt };
    default:
      throw new Error(`the log holds a ${record.kind} where an approval's end belongs`);
  }
}
