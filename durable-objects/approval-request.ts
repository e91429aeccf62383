/**
 * The shell around one approval: one record, one alarm, typed calls, and sockets that sleep. The verbs are in src/gate.
 * It keeps nothing in memory that it cannot read again. Once all is over its storage is emptied: it then reads the archive.
 */
import { DurableObject } from "cloudflare:workers";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { CallRun } from "#rules/calls/gated-call.ts";
import { isRevealed } from "#countersign/documents/reveal.ts";
import type { AnswersNowOrLater, Bindings } from "#config/bindings.ts";
import { readConfig } from "#config/config.ts";
import { pastOf } from "#config/object-places.ts";
import type { PageNonce } from "#gate/approvals/object/object-ports.ts";
import { applyEvent, isAtRest, nextAlarm } from "#gate/approvals/object/approval-object.ts";
import {
  type AskBackRefusal,
  type AskedQuestion,
  type GivenAnswerRefusal,
  recordAnswer,
  recordQuestion,
} from "#gate/approvals/object/ask-back.ts";
import type { NotOwn } from "#gate/approvals/agent-approvals.ts";
import { receiptParts, type ReceiptParts } from "#gate/approvals/assemble-receipt.ts";
import { endIfHalted } from "#gate/approvals/object/end-if-halted.ts";
import { storeRequest } from "#gate/approvals/object/store-request.ts";
import type { Opened, Opening } from "#gate/approvals/opening.ts";
import type { CallState, PageView, RemoteApproval } from "#gate/approvals/remote-approval.ts";
import { makePageNonce } from "#gate/approvals/object/page-nonce.ts";
import { pageView } from "#gate/approvals/object/page-view.ts";
import { type DecisionRefusal, recordDecision, type SignedDecision } from "#gate/approvals/object/record-decision.ts";
import { snapshot, type Snapshot } from "#gate/approvals/snapshot.ts";
import { mayHaveReceipt, type ReceiptViewer, type ViewRefusal } from "#gate/approvals/visible-request.ts";
import { redeemApproval, reportOutcome, type UsePorts, type UseRefusal } from "#gate/approvals/object/use-approval.ts";
import type { OutcomeReport, RedeemCall } from "#rules/agent-calls.ts";
import { RequestArchive } from "./request/request-archive.ts";
import { UpToDate } from "./request/up-to-date.ts";
import { assertionVerifier } from "./assertion-verifier.ts";
import { CallRuns, callSurroundings, type CallSurroundings } from "./call-run.ts";
import { GrantClaims } from "./grant-claims.ts";
import { earlier, KeptApproval } from "./kept-approval.ts";
import { OverText } from "./over-text.ts";
import { Waiters } from "./waiters.ts";
import { recordMoreTime, type TimeRefusal } from "#gate/approvals/object/more-time.ts";
import type { GivenAnswer } from "#rules/talk/questions.ts";
import { noticeAlarm, type NoticeState, type Told } from "#rules/notices/outbox.ts";
import { portsAround } from "./request-ports.ts";
import { RequestNotices, TELL_AGAIN_MS } from "./request-notices.ts";
import { freeUses } from "#storage/grants/find-grants.ts";

export class ApprovalRequest extends DurableObject<Bindings> implements AnswersNowOrLater<RemoteApproval> {
  readonly #store: KeptApproval;
  readonly #notices: RequestNotices;
  readonly #ports: UsePorts;
  readonly #waiters: Waiters;
  readonly #calls: CallRuns;
  readonly #claims: GrantClaims;
  readonly #archive: RequestArchive;
  readonly #overText = new OverText();
  readonly #upToDate: UpToDate;

  constructor(ctx: DurableObjectState, env: Bindings, around?: CallSurroundings) {
    super(ctx, env);
    const config = readConfig(env);
    this.#waiters = new Waiters(ctx, config.caps.MAX_WAITERS_PER_REQUEST);
    this.#archive = new RequestArchive(env, config);
    this.#notices = new RequestNotices(env, (work) => ctx.waitUntil(work));
    this.#store = new KeptApproval(ctx.storage, this.#notices, (approval) => this.#calls.alarmFor(approval));
    this.#upToDate = new UpToDate(this.#store, () => this.#ports, this.#keepAlarm.bind(this));
    this.#ports = {
      ...portsAround(env, config),
      store: this.#store,
      archiveAfterMs: this.#archive.afterMs,
      announce: () => this.#waiters.announce(this.#store.read()),
      settle: () => this.#upToDate.try(),
      pastOf: (agentId) => pastOf(env, agentId),
    };
    this.#claims = new GrantClaims(ctx.storage, { ...this.#ports, freeUses: (grantId) => freeUses(env.DB, grantId) });
    const surroundings = around ?? callSurroundings(env, () => this.#store.read()?.request.requested_by.owner ?? null);
    this.#calls = new CallRuns(ctx.storage, this.#ports, surroundings, () => this.#nextAlarm(this.#notices.patienceMs));
  }

  /** Opens the request, unless one is there already: then that one stays. What passes at once is told once the log has it, if that can be now. */
  async open(opening: Opening): Promise<Opened | "epoch-over"> {
    const stored = this.#claims.concerns(opening) ? await this.#claims.open(opening) : storeRequest(opening, this.#ports);
    if (stored === "epoch-over") return stored;
    const { snapshot: opened, isNew } = stored;
    if (opened.status !== "settling") return { snapshot: opened, isNew };
    await this.#upToDate.forAMoment();
    return { snapshot: this.#snapshot() ?? opened, isNew };
  }

  /** The approval, brought up to date if that can be done now; null if nothing was ever opened here. What is over needs only its alarm: it is read once. */
  async #read(looksInArchive = true): Promise<Snapshot | null> {
    const held = this.#store.held();
    if (isAtRest(held) && (await this.#keepAlarm().catch(() => false))) return snapshot(held, Date.now());
    if (looksInArchive) await this.#recall();
    await this.#upToDate.forAMoment();
    return this.#snapshot();
  }

  /** The same as JSON, which of what is over is made once. */
  readText(looksInArchive = true): Promise<string | null> {
    return this.#overText.read(this.#store, this.#keepAlarm.bind(this), () => this.#read(looksInArchive));
  }

  /** What the page shows, with a fresh nonce if this person may decide. */
  async page(personId: string | null): Promise<PageView | null> {
    await this.#recall();
    await this.#upToDate.forAMoment();
    const approval = this.#store.read();
    if (approval === null) return null;
    const nonce = personId === null ? null : makePageNonce(this.#ports, personId);
    if (nonce !== null) this.#store.seen(timestamp(this.#ports.now()));
    return pageView(approval, nonce, { nowMs: Date.now(), random: (bytes) => this.#ports.random(bytes) });
  }

  /** A fresh nonce for a page that stayed open; null if this person cannot decide (any more). */
  nonce(personId: string): PageNonce | null {
    return makePageNonce(this.#ports, personId);
  }

  /** Records one person's signed verdict. What is stored and cannot be logged yet is logged later. */
  async decide(signed: SignedDecision): Promise<Result<Snapshot, DecisionRefusal>> {
    await this.#recall();
    const recorded = await recordDecision(signed, this.#ports, assertionVerifier(this.env));
    await this.#upToDate.forAMoment();
    this.ctx.waitUntil(this.#calls.sendApproved());
    return this.#answer(recorded);
  }

  /** Ends a pending approval if its agent is revoked, or it or everything was stopped since, unless it had ended. */
  async stop(): Promise<void> {
    // Whoever waits hears of a stop before the log has it, and there may be a thousand at once: the log takes it beside the answer.
    if ((await endIfHalted(this.#ports)) === "stop") this.ctx.waitUntil(this.#upToDate.forAMoment());
    else await this.#upToDate.forAMoment();
    await this.#calls.stop();
  }

  /** How it stands with a call of this agent that the gate makes itself; null if there is no such. */
  async callState(agentId: string): Promise<CallState | null> {
    const read = await this.#read();
    return read === null ? null : this.#calls.stateFor(agentId, read);
  }

  /** Sends an approved call of this agent, once, and gives what came of it. Goes on whoever goes away. */
  async runCall(agentId: string, progress: ((params: JsonObject) => void) | null): Promise<CallRun> {
    await this.#recall();
    return this.#calls.run(agentId, progress);
  }

  /** An answer of it was written to its client to the end: it is not kept any more. */
  collected(agentId: string): void {
    this.#calls.collected(agentId);
  }

  /** Ends a pending approval of this agent without a decision, unless it had ended. */
  async withdraw(agentId: string, reason: string | null): Promise<Result<Snapshot, NotOwn>> {
    await this.#recall();
    if (this.#store.read()?.request.requested_by.id !== agentId) return refuse({ reason: "unknown-request" });
    await applyEvent(this.#ports, { type: "cancel", by: "requester", reason });
    await this.#upToDate.forAMoment();
    return this.#answer(accept(null));
  }

  /** Redeems an approval of this agent, once; answered when that is in the log. */
  async redeemFor(agentId: string, call: RedeemCall): Promise<Result<Snapshot, UseRefusal>> {
    await this.#recall();
    return this.#answer(await redeemApproval(agentId, call, this.#ports));
  }

  /** Records how this agent's action went; answered when that is in the log. */
  async reportFor(agentId: string, said: OutcomeReport): Promise<Result<Snapshot, UseRefusal>> {
    await this.#recall();
    return this.#answer(await reportOutcome(agentId, said, this.#ports));
  }

  /** Records what a person who may decide asks the agent. */
  async askBack(asked: AskedQuestion): Promise<Result<Snapshot, AskBackRefusal>> {
    await this.#recall();
    const recorded = await recordQuestion(asked, this.#ports);
    await this.#upToDate.forAMoment();
    return this.#answer(recorded);
  }

  /** Gives more time: the request is made anew with a later deadline. */
  async giveMoreTime(person: { id: string; username: string }): Promise<Result<Snapshot, TimeRefusal>> {
    await this.#recall();
    const given = await recordMoreTime(person, this.#ports);
    await this.#upToDate.forAMoment();
    return this.#answer(given);
  }

  /** Records the agent's answer; answered when that is in the log. */
  async answerFor(agentId: string, said: GivenAnswer): Promise<Result<Snapshot, GivenAnswerRefusal>> {
    await this.#recall();
    return this.#answer(await recordAnswer(agentId, said, this.#ports));
  }

  /** What goes into the receipt besides records and proofs, for whoever may have it, once the end is in the log. */
  async receiptFor(viewer: ReceiptViewer): Promise<Result<ReceiptParts, ViewRefusal | { reason: "not-ended" }>> {
    await this.#recall();
    await this.#upToDate.forAMoment();
    const approval = this.#store.read();
    if (approval === null || !mayHaveReceipt(viewer, approval)) return refuse({ reason: "not-visible" });
    const parts = receiptParts(approval);
    return parts === null ? refuse({ reason: "not-ended" }) : accept(parts);
  }

  /** The payload of a request that is public: asked to be, approved, and in the log; null for any other, canonical JSON; or `not-kept`. */
  async revealedPayload(): Promise<string | null> {
    await this.#recall();
    const approval = this.#store.read();
    if (approval === null || approval.ending === null || approval.ending.logged === null) return null;
    return isRevealed(approval.ending.sealed.record) ? (approval.payload ?? "not-kept") : null;
  }

  /** What it has to tell, and when; null if it never had anything. */
  notices(): NoticeState | null {
    return this.#store.notices();
  }

  /** It has been handed over up to there. */
  async told(told: Told): Promise<void> {
    this.#store.told(told);
    await this.#setAlarm();
  }

  /** A waiter's socket. It is told of each change since `seen`: what is there now, or that it is to be read, while the log takes it. */
  override fetch(request: Request): Response {
    return this.#waiters.accept(request, this.#store.read());
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close();
  }

  /** Never throws, or the platform would give up on it: the next time is stored first, then the work is tried. */
  override async alarm(): Promise<void> {
    await this.#claims.resume();
    const next = this.#nextAlarm(TELL_AGAIN_MS);
    if (next === null) return;
    await this.ctx.storage.setAlarm(next);
    await this.#upToDate.try();
    await this.#calls.tidy();
    if (await this.#notices.tell(this.#store)) await this.#setAlarm();
    await this.#archive.tryToArchive(this.#store, (held) => this.#calls.isOpen(held));
    // Last, since it may take as long as its server does.
    await this.#calls.sendApproved();
  }

  /** `patienceMs`: so long what is to be told is left to others. */
  #nextAlarm(patienceMs: number): number | null {
    const approval = this.#store.held();
    if (approval === null) return null;
    const noticesDue = noticeAlarm(this.#store.notices(), Date.now(), patienceMs);
    return earlier(earlier(nextAlarm(approval, this.#ports), noticesDue), this.#calls.alarmFor(approval));
  }

  /** It wakes for what comes next; so long after that, if that is what was to be told. */
  async #setAlarm(patienceMs = this.#notices.patienceMs): Promise<void> {
    const next = this.#nextAlarm(patienceMs);
    if (next !== null) await this.ctx.storage.setAlarm(next);
  }

  /** Looks whether the archive has what is not here (any more). Throws if that cannot be known. */
  #recall(): Promise<void> {
    // Whoever calls by a name brings it along; an alarm of long ago did not.
    return this.#archive.recall(this.#store, this.ctx.id.name);
  }

  #answer<Refusal>(done: Result<null, Refusal>): Result<Snapshot, Refusal | { reason: "unknown-request" }> {
    if (!done.ok) return done;
    const value = this.#snapshot();
    return value === null ? { ok: false, refusal: { reason: "unknown-request" } } : { ok: true, value };
  }

  #snapshot(): Snapshot | null {
    const approval = this.#store.read();
    return approval === null ? null : snapshot(approval, Date.now());
  }

  async #keepAlarm(): Promise<true> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.#setAlarm(TELL_AGAIN_MS);
    return true;
  }
}
