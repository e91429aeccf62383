/**
 * What the verbs on one approval have in common: how it changes, and how it is brought up to date (deadline, hand-over to the log). The
 * shell is durable-objects/approval-request.ts.
 */
import { TEST_PAYLOAD_HASH } from "#rules/agents/test-request.ts";
import { type ApprovalState, type Circumstances, type Event, isDue, transition } from "#rules/approval.ts";
import { archivedFrom } from "#rules/archive-time.ts";
import { type AgentFacts, isStoppedSince } from "#rules/policies/judged.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { afterItsLog, outlivesItsLog } from "#rules/log-end.ts";
import { nextToLog, withLogged } from "#rules/logged-facts.ts";
import { requestKey } from "#countersign/documents/leaf-key.ts";
import type { Decision } from "#countersign/documents/record.ts";
import { slotsOf, topOf } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { ApproverFacts } from "#countersign/policy/judging/facts.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { givenGrant } from "./given-grant.ts";
import type {
  ApprovalEffect,
  ApprovalPorts,
  DecisionStanding,
  ExtensionEffect,
  PageNonce,
  ProposalEffect,
  SignedBy,
} from "./object-ports.ts";

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

export const laterTry = (dueMs: number, nowMs: number, slowestMs: number): number =>
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
  /** When something of the agent was last denied. */
  deniedAt: string | null;
  halted: Halt | null;
}

/**
 * Changes the stored approval; null if there is none. Standing is read before, storage after: between the read that
 * decides and the write there is no await, so of two changes at the same moment one sees what the other wrote.
 * `change` runs in that section. `reading`: what was asked for already; by default it is read now. `again`: the same once more, where
 * a decision came meanwhile whose standing was not read.
 */
export async function applyChange<Refusal>(
  ports: ApprovalPorts,
  brought: readonly SignedBy[],
  change: (approval: ApprovalState, judgement: Judgement) => Result<Changed, Refusal>,
  reading: Promise<StandingRead | null> = standingNow(ports, brought),
  again: () => Promise<Result<ApprovalState, Refusal | PastChanging> | null> = () => applyChange(ports, brought, change),
): Promise<Result<ApprovalState, Refusal | PastChanging> | null> {
  const judged = await reading;
  const approval = ports.store.read();
  if (approval === null || judged === null) return null;
  const { asked, log } = judged;
  const { agent, approvers, credentials, countsAs, deniedAt } = judged.standing;
  const isAsked = (decision: Decision) => asked.some((one) => one.statement.nonce === decision.statement.nonce);
  if (!approval.decisions.every(isAsked)) return again();

  const nowMs = ports.now();
  const stands = (decision: Decision) => credentials.has(decision.credential_id);
  const halted = agent === null ? "revocation" : isStoppedSince(approval.judged, agent) ? "stop" : null;
  const silenceCounts = halted === null && approval.told?.notifiedAt != null;
  const people = { stands, countsAs, silenceCounts, agent, approvers, deniedAt };
  const changed = change(approval, { nowMs, salt: b64u(ports.random(32)), log, ...people, halted });
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

/** Whether it is over and all of it in the log: then `bringUpToDate` has nothing to do, whatever the time and the log. */
export const isAtRest = (approval: ApprovalState | null): approval is ApprovalState =>
  approval !== null && approval.ending !== null && nextToLog(approval) === null;

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
    const { id, requested_by: by, requested_at: requestedAt, payload_hash: payloadHash } = approval.request;
    const { kind, at } = sealed.record;
    const isApprovedCall = kind === "approval.approved" && approval.request.context["source"] === "call";
    const grant = key === "final" ? givenGrant(approval) : null;
    const ended: ApprovalEffect = {
      kind: "approval-ended",
      agentId: by.id,
      requestedAt,
      requestId: id,
      at,
      ...(isApprovedCall && { approvedCall: true }),
      // A test says nothing of the agent, whatever becomes of it.
      ...(kind === "approval.denied" && payloadHash !== TEST_PAYLOAD_HASH && { deniedTop: topOf(approval.request).id }),
      ...(grant !== null && { grant }),
    };
    const effect =
      key === "final" ? ended : key === "proposal" ? proposedIn(approval) : key.startsWith("extended:") ? laterIn(approval) : null;
    const outcome = await ports.log.append({ idem: requestKey(id, key), sealed, effect });
    if (outcome.status === "refused") throw new Error(`the log refused ${key} of ${id}: ${outcome.constraint}`);
    // What was stored meanwhile stays; what is in the log is right.
    const logged = withLogged(ports.store.read() ?? approval, key, outcome.status === "conflict" ? outcome.sealed : sealed, outcome.index);
    ports.store.write(logged, nextAlarm(logged, ports));
    ports.announce();
  }
}

/** So that lists say the deadline that it has by now. */
const laterIn = ({ request }: ApprovalState): ExtensionEffect => ({
  kind: "request-extended",
  agentId: request.requested_by.id,
  requestedAt: request.requested_at,
  requestId: request.id,
  expiresAt: request.expires_at,
});

/** So that the page of an ask of just this finds who proposed it. */
function proposedIn({ request, proposal }: ApprovalState): ProposalEffect | null {
  if (proposal === undefined) return null;
  const { payload_hash: payloadHash, by, at } = proposal.sealed.record;
  return { kind: "payload-proposed", agentId: request.requested_by.id, payloadHash, requestId: request.id, by: by.id, at };
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
