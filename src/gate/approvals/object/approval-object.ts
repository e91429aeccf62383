/**
 * What the verbs on one approval need of the Durable Object that holds it, and what they have in common: bringing the
 * approval up to date (deadline, hand-over to the log). The shell is durable-objects/approval-request.ts.
 */
import { type ApprovalState, type Circumstances, type Event, isDue, transition } from "#rules/approval.ts";
import { archivedFrom } from "#rules/archive-time.ts";
import { type AgentFacts, isStoppedSince, type PolicyInForce } from "#rules/judged.ts";
import type { CountsAs } from "#rules/one-person-a-key.ts";
import { b64u, type Bytes } from "#countersign/encoding/bytes.ts";
import { afterItsLog, outlivesItsLog } from "#rules/log-end.ts";
import { nextToLog, withLogged } from "#rules/logged-facts.ts";
import { requestKey } from "#countersign/documents/leaf-key.ts";
import type { Decision } from "#countersign/documents/record.ts";
import { type RequestDocument, slotsOf } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { ApproverFacts } from "#countersign/policy/judging/facts.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { TransparencyLog } from "#gate/log/transparency-log.ts";

/** The object's storage. Reads and writes are synchronous: nothing can come between them. */
export interface ApprovalStore {
  /** What is stored; in an emptied object what was found in the archive. */
  read(): ApprovalState | null;
  /** Whether that is of the archive, which nothing changes. */
  isArchived(): boolean;
  /** Deletes everything, and the alarm. Resolves once that is durable. */
  empty(): Promise<void>;
  /** Stores the approval, the time of the next alarm (none if null) and, if given, the nonces left, in one atomic write. */
  write(approval: ApprovalState, alarmAtMs: number | null, nonces?: PageNonce[]): void;
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
  /**
   * How things stand with the agent that asked and with those who made `decisions`, in one trip; and with everybody who may approve
   * anything, if `withApprovers`.
   */
  standingOf(agentId: string, decisions: readonly SignedBy[], withApprovers: boolean): Promise<DecisionStanding>;
}

/** What of a decision says who made it, and with which passkey. */
export type SignedBy = Pick<Decision, "statement" | "credential_id">;

export interface DecisionStanding {
  /** What the agent is judged by; null if it is revoked. */
  agent: AgentFacts | null;
  /** Null unless they were asked for. */
  approvers: ApproverFacts[] | null;
  /** The credential ids among those of the decisions that are unrevoked and belong to an active approver. */
  credentials: ReadonlySet<string>;
  /** Tells those who made them apart, by their unrevoked passkeys. */
  countsAs: CountsAs;
}

/** With the leaf of its end a request is no longer open in the view. */
export interface ApprovalEffect {
  kind: "approval-ended";
  agentId: string;
  requestedAt: string;
  requestId: string;
  at: string;
}

export interface ApprovalPorts {
  store: ApprovalStore;
  standing: StandingReader;
  log: Pick<TransparencyLog<ApprovalEffect>, "append">;
  /**
   * Notes in people's lists who has signed a request that is open there, unless what they have is newer than `at`. Throws if it cannot
   * be known that they have it.
   */
  listSigned(request: RequestDocument, people: readonly string[], at: string): Promise<void>;
  /** Puts a request that is open into the lists of everybody who may decide at that time. */
  listEligible(request: RequestDocument, at: string): Promise<void>;
  /** The policy of this epoch, or what is in force now if that is another. Throws if that cannot be known. */
  policyOf(epoch: number): Promise<PolicyInForce>;
  /** The log's origin line. */
  logOrigin(): Promise<string>;
  /** How long after its last fact a request goes to the archive; null for never. */
  archiveAfterMs: number | null;
  /** Milliseconds since the epoch. */
  now(): number;
  random(bytes: number): Bytes;
  /** Wakes everyone who waits on this approval; they read it again. */
  announce(): void;
}

const FIRST_RETRY_MS = 1_000;
const SLOWEST_RETRY_MS = 60_000;
/** Nobody waits for the archive. */
const ARCHIVE_RETRY_MS = 3_600_000;

/**
 * When the alarm should look at `approval` next: at its deadline, or when more people may decide; ever later, up to a minute, while a fact
 * is not in the log or a signature or those people not in people's lists; and once it is over, when it goes to the archive.
 */
export function nextAlarm(approval: ApprovalState, ports: Pick<ApprovalPorts, "now" | "archiveAfterMs">): number | null {
  const nowMs = ports.now();
  const waiting = nextToLog(approval);
  if (waiting !== null) return due(waiting.sealed.record.at, nowMs);
  if (approval.ending !== null) return dueForArchive(approval, ports.archiveAfterMs, nowMs);
  const deadline = due(approval.request.expires_at, nowMs);
  const [unlisted, step] = [unlistedDecision(approval), nextStep(approval)];
  return Math.min(deadline, ...[unlisted?.at, step].flatMap((at) => (at == null ? [] : [due(at, nowMs)])));
}

/** When, after what people's lists know of, more people may decide; null if nobody more ever may. */
function nextStep({ request, ending, listedTo = request.requested_at }: ApprovalState): string | null {
  if (ending !== null) return null;
  const times = slotsOf(request).flatMap(({ escalations }) => escalations.map(({ from }) => from));
  return times.filter((from) => from > listedTo).toSorted()[0] ?? null;
}

/** The same, if that time has come. */
function dueStep(approval: ApprovalState, nowMs: number): string | null {
  const step = nextStep(approval);
  return step !== null && step <= timestamp(nowMs) ? step : null;
}

function dueForArchive(approval: ApprovalState, archiveAfterMs: number | null, nowMs: number): number | null {
  const from = archivedFrom(approval, archiveAfterMs);
  return from === null ? null : laterTry(from, nowMs, ARCHIVE_RETRY_MS);
}

const due = (at: string, nowMs: number): number => laterTry(Date.parse(at), nowMs, SLOWEST_RETRY_MS);

const laterTry = (dueMs: number, nowMs: number, slowestMs: number): number =>
  dueMs > nowMs ? dueMs : nowMs + Math.min(Math.max(nowMs - dueMs, FIRST_RETRY_MS), slowestMs);

/** Nothing more becomes of a request that is in the archive or on its way there: what is there has to be all of it. */
export interface PastChanging {
  reason: "archived";
}

function isPastChanging(approval: ApprovalState, ports: ApprovalPorts): boolean {
  const from = archivedFrom(approval, ports.archiveAfterMs);
  return ports.store.isArchived() || (from !== null && ports.now() >= from);
}

/** The last decision, while the request is open and people's lists do not know of it. */
function unlistedDecision({ ending, decisions, listed }: ApprovalState): Decision | null {
  const last = decisions.at(-1);
  return last === undefined || last.statement.nonce === listed || (ending !== null && ending.logged !== null) ? null : last;
}

/** An approval to store, and the nonces left if that changes too. */
export interface Changed {
  approval: ApprovalState;
  nonces?: PageNonce[];
}

/** What `applyChange` judges by, and of which decisions it was read. */
export interface StandingRead {
  asked: readonly SignedBy[];
  standing: DecisionStanding;
  /** Origin line of the log that is written now. */
  log: string;
}

/** Reads what a change is judged by; `brought` are decisions, besides the stored ones, whose standing matters. Null if there is no approval. */
export async function standingNow(ports: ApprovalPorts, brought: readonly SignedBy[], withApprovers = false): Promise<StandingRead | null> {
  const approval = ports.store.read();
  if (approval === null) return null;
  const asked = [...approval.decisions, ...brought];
  const agentId = approval.request.requested_by.id;
  const [standing, log] = await Promise.all([ports.standing.standingOf(agentId, asked, withApprovers), ports.logOrigin()]);
  return { asked, standing, log };
}

/** What ends a request whoever decides, because its agent was revoked, or it or everything was stopped since. */
export type Halt = "revocation" | "stop";

/** How a change is refused that comes too late for that. */
export const HALTED = { revocation: "agent-revoked", stop: "agent-stopped" } as const satisfies Record<Halt, string>;

/** What a refusal says about it. */
export const haltOf = (reason: string): Halt | undefined => (["revocation", "stop"] as const).find((one) => HALTED[one] === reason);

/** What holds around a change. */
export interface Judgement extends Circumstances {
  agent: AgentFacts | null;
  approvers: ApproverFacts[] | null;
  halted: Halt | null;
}

/**
 * Changes the stored approval; null if there is none. Standing is read before, storage after: between the read that
 * decides and the write there is no await, so of two changes at the same moment one sees what the other wrote.
 * `change` runs in that section. `reading`: what was asked for already; by default it is read now.
 */
export async function applyChange<Refusal>(
  ports: ApprovalPorts,
  brought: readonly SignedBy[],
  change: (approval: ApprovalState, judgement: Judgement) => Result<Changed, Refusal>,
  reading: Promise<StandingRead | null> = standingNow(ports, brought),
): Promise<Result<ApprovalState, Refusal | PastChanging> | null> {
  const judged = await reading;
  const approval = ports.store.read();
  if (approval === null || judged === null) return null;
  const { asked, log } = judged;
  const { agent, approvers, credentials, countsAs } = judged.standing;
  const isAsked = (decision: Decision) => asked.some((one) => one.statement.nonce === decision.statement.nonce);
  if (!approval.decisions.every(isAsked)) return applyChange(ports, brought, change);

  const nowMs = ports.now();
  const stands = (decision: Decision) => credentials.has(decision.credential_id);
  const halted = agent === null ? "revocation" : isStoppedSince(approval.judged, agent) ? "stop" : null;
  const changed = change(approval, { nowMs, salt: b64u(ports.random(32)), log, stands, countsAs, agent, approvers, halted });
  if (!changed.ok) return changed;
  if (changed.value.approval !== approval) {
    if (isPastChanging(approval, ports)) return refuse({ reason: "archived" });
    ports.store.write(changed.value.approval, nextAlarm(changed.value.approval, ports), changed.value.nonces);
    ports.announce();
  }
  return accept(changed.value.approval);
}

/** Applies what needs no decision: a cancellation, the passing of time, or that its log has ended. */
export const applyEvent = (ports: ApprovalPorts, event: Exclude<Event, { type: "decide" }>) =>
  applyChange(ports, [], (approval, circumstances) => {
    if (outlivesItsLog(approval, circumstances.log)) return accept({ approval: afterItsLog(approval, circumstances) });
    const next = transition(approval, event, circumstances);
    return next.ok ? accept({ approval: next.value }) : next;
  });

/** Whether `bringUpToDate` has something to do; `log` is the origin line of the log that is written now, null if that is not known. */
export const isBehind = (approval: ApprovalState | null, nowMs: number, log: string | null): boolean =>
  approval !== null &&
  (nextToLog(approval) !== null ||
    unlistedDecision(approval) !== null ||
    dueStep(approval, nowMs) !== null ||
    endsByItself(approval, nowMs, log));

const endsByItself = (approval: ApprovalState, nowMs: number, log: string | null): boolean =>
  (log !== null && outlivesItsLog(approval, log)) || (approval.ending === null && isDue(approval, nowMs));

/**
 * Brings the approval up to date: ends it if its deadline has passed or its log has ended, puts into the log what is not there, and lists
 * who has signed what is still open, and who may decide it since a while. Whoever comes by finishes what a crash left undone. Throws if the log or D1 is away: then nothing
 * is lost, and the alarm tries again.
 */
export async function bringUpToDate(ports: ApprovalPorts): Promise<void> {
  const log = await ports.logOrigin();
  const found = ports.store.read();
  if (found !== null && endsByItself(found, ports.now(), log)) await applyEvent(ports, { type: "tick" });
  try {
    await handOverToLog(ports);
  } finally {
    // Also while the log does not take the end: whoever signed is not asked again meanwhile.
    await Promise.all([listSignatures(ports), listStep(ports)]);
  }
}

async function handOverToLog(ports: ApprovalPorts): Promise<void> {
  for (let approval = ports.store.read(); approval !== null; approval = ports.store.read()) {
    const next = nextToLog(approval);
    if (next === null) return;
    const { key, sealed } = next;
    const { id, requested_by: by, requested_at: requestedAt } = approval.request;
    const ended: ApprovalEffect = { kind: "approval-ended", agentId: by.id, requestedAt, requestId: id, at: sealed.record.at };
    const outcome = await ports.log.append({ idem: requestKey(id, key), sealed, effect: key === "final" ? ended : null });
    if (outcome.status === "refused") throw new Error(`the log refused ${key} of ${id}: ${outcome.constraint}`);
    // What was stored meanwhile stays; what is in the log is right.
    const logged = withLogged(ports.store.read() ?? approval, key, outcome.status === "conflict" ? outcome.sealed : sealed, outcome.index);
    ports.store.write(logged, nextAlarm(logged, ports));
    ports.announce();
  }
}

async function listSignatures(ports: ApprovalPorts): Promise<void> {
  const approval = ports.store.read();
  const last = approval === null ? null : unlistedDecision(approval);
  if (approval === null || last === null) return;
  await ports.listSigned(
    approval.request,
    approval.decisions.map(({ statement }) => statement.approver.id),
    last.at,
  );
  const listed = { ...(ports.store.read() ?? approval), listed: last.statement.nonce };
  ports.store.write(listed, nextAlarm(listed, ports));
}

async function listStep(ports: ApprovalPorts): Promise<void> {
  const approval = ports.store.read();
  const step = approval === null ? null : dueStep(approval, ports.now());
  if (approval === null || step === null) return;
  const at = timestamp(ports.now());
  await ports.listEligible(approval.request, at);
  const listed = { ...(ports.store.read() ?? approval), listedTo: at };
  ports.store.write(listed, nextAlarm(listed, ports));
}
