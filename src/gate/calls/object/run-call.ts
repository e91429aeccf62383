/**
 * An approved call is run by its request's object: claimed once, sent once, and whoever collects it gets what came of it. The order of
 * writes is the point: the claim is in the log before `sending` is stored, `sending` is durable before the first byte leaves, and what
 * ended it is stored before anybody hears of it.
 */
import type { ApprovalState } from "#rules/approval.ts";
import { callMessage } from "#rules/calls/run/call-message.ts";
import type { CallPayload, CallRun, CallToSend } from "#rules/calls/gated-call.ts";
import {
  ANSWER_KEPT_MS,
  archivedRun,
  isToBeSentAtOnce,
  type KeptRun,
  OWN_CLAIM,
  type RunEnd,
  toldEnd,
  voidFrom,
} from "#rules/calls/run/kept-run.ts";
import { CALL_SECONDS } from "#rules/calls/server-settings.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import { useApproval } from "#gate/approvals/object/use-approval.ts";
import { haltedNow, haltedBy } from "./halted-call.ts";
import type { ComparedCall } from "./compare-call.ts";
import { compareForUse } from "./compare-preview.ts";
import { endOfSent, type Gone, NO_TEXTS, NOT_SENT, toldRefused } from "./gone.ts";
import { receiptPointer } from "./receipt-pointer.ts";
import { recordRun } from "./record-run.ts";
import type { HearProgress, RunPorts, RunTexts } from "./run-ports.ts";
import { sendCall, type Sending, type SentEnd, tellCancelled } from "./send-call.ts";

/** So often it is looked whether a call on its way was stopped. */
const LOOKS_FOR_STOP_MS = 1_000;
const MOST_SECONDS = 600;
/** Why one on its way is ended: the code of the record, and what its server is told. */
const [TIMED_OUT, STOPPED] = ["timed_out", "agent_stopped"];
/** So often a call is compared anew if what says where it goes changes meanwhile. */
const MOST_TRIES = 5;

const CLAIM_NOT_LOGGED = "This call is approved, and the log does not take that it is used. Nothing was sent yet: call resume_call again.";
const UNKNOWN: RunEnd = { status: "unknown", code: "outcome_unknown", ms: null };

export class CallRunner {
  readonly #ports: RunPorts;
  readonly #listeners = new Set<HearProgress>();
  /** At most one at a time; whoever comes meanwhile waits for it. */
  #underWay: Promise<Gone> | null = null;
  #stop: AbortController | null = null;
  /** The end of a call that storage did not take: this instance alone knows it, and stores it before anything else. */
  #unwritten: (() => void) | null = null;

  constructor(ports: RunPorts) {
    this.#ports = ports;
  }

  get isUnderWay(): boolean {
    return this.#underWay !== null;
  }

  /** Runs the call unless it was run, and gives what came of it. Whoever goes away ends nothing. */
  async run(agentId: string, hear: HearProgress | null): Promise<CallRun> {
    if (!this.#isOf(agentId)) return { status: "refused", code: "unknown_request", message: "There is no such call of yours.", rule: null };
    if (hear !== null) this.#listeners.add(hear);
    try {
      const gone = await this.#go();
      if ("told" in gone) return gone.told;
      // Before anything of it is given: it may have been stopped while it was on its way.
      const halted = await haltedNow(this.#ports);
      return halted ?? this.#give(gone);
    } finally {
      if (hear !== null) this.#listeners.delete(hear);
    }
  }

  /** Sends what is sent as soon as it is approved, unless it was, or is over. What cannot be sent now the alarm tries again. */
  async sendApproved(): Promise<void> {
    const { store, runs } = this.#ports;
    const approval = store.read();
    if (approval === null || store.isArchived() || this.isUnderWay) return;
    if (isToBeSentAtOnce(approval, runs.read(), this.#ports.now())) await this.#go();
  }

  /** How it stands, without doing anything. */
  state(): CallRun {
    const approval = this.#ports.store.read();
    if (approval !== null && this.#ports.store.isArchived()) return archivedRun(approval);
    const { ended, sending, given } = this.#ports.runs.read();
    if (ended !== null) return toldEnd(ended, this.#ports.runs.texts().answer, given);
    if (sending !== null) return this.isUnderWay ? { status: "sending" } : { status: "unknown" };
    return { status: "not-sent" };
  }

  /** An answer was written to its client to the end: it is not kept any more. */
  collected(agentId: string): void {
    const { runs } = this.#ports;
    const run = runs.read();
    if (!this.#isOf(agentId) || run.ended?.status !== "answered") return;
    if (run.answerUntilMs !== null || !run.given) {
      runs.write({ ...run, given: true, answerUntilMs: null }, { ...runs.texts(), answer: null });
    }
  }

  /** Ends a call on its way whose agent was stopped or revoked since. Throws if that cannot be known. */
  async endIfHalted(): Promise<void> {
    if (this.#stop !== null && (await haltedNow(this.#ports)) !== null) this.#stop.abort(STOPPED);
  }

  /** What a crash has left undone: a call of which nothing will be known, an answer that nobody fetched, what log and record do not know. */
  async tidy(): Promise<void> {
    const { store, runs } = this.#ports;
    const approval = store.read();
    if (approval?.call === undefined || store.isArchived()) return;
    this.#unwritten?.();
    const run = runs.read();
    if (run.sending !== null && run.ended === null && !this.isUnderWay) this.#end(UNKNOWN);
    if (run.ended === null && run.sending === null && this.#isVoid(approval)) this.#endVoid(approval);
    if (run.answerUntilMs !== null && this.#ports.now() >= run.answerUntilMs) {
      runs.write({ ...runs.read(), answerUntilMs: null }, { ...runs.texts(), answer: null });
    }
    await recordRun(this.#ports);
  }

  #isOf(agentId: string): boolean {
    const approval = this.#ports.store.read();
    return approval?.call !== undefined && approval.request.requested_by.id === agentId;
  }

  #go(): Promise<Gone> {
    this.#underWay ??= this.#advance()
      .then(async (gone) => {
        // The log knows before anybody hears, if it can; what it does not take now it takes later.
        if ("ended" in gone) await recordRun(this.#ports);
        return gone;
      })
      .finally(() => (this.#underWay = null));
    return this.#underWay;
  }

  /**
   * 1. what has ended, or was on its way when the object died; 2. approved, and in time; 3. the server, its tool and the preview are as they were; 4.
   * claimed, as the policy in force lets it; 5. `sending` is durable; 6. sent; 7. what came of it is durable.
   */
  async #advance(): Promise<Gone> {
    const { runs, store } = this.#ports;
    this.#unwritten?.();
    await this.#ports.settle();
    const [run, approval] = [runs.read(), store.read()];
    if (run.ended !== null) return { ended: run.ended, answer: runs.texts().answer };
    if (approval?.call === undefined) return NOT_SENT;
    if (store.isArchived()) return { told: archivedRun(approval) };
    if (run.sending !== null) return this.#end(UNKNOWN); // 1
    const { ending, redemption } = approval;
    if (ending?.status !== "approved" || ending.logged === null) return NOT_SENT; // 2
    // Not this object's claim: somebody has sent it, or has been about to.
    if (redemption !== null && redemption.idempotencyKey !== OWN_CLAIM) return this.#end(UNKNOWN);
    if (redemption !== null && this.#isVoid(approval)) return this.#endVoid(approval);
    // The log has just not taken it: until it does nothing is asked of the server again.
    if (redemption !== null && redemption.logged === null) return toldRefused("unavailable", CLAIM_NOT_LOGGED);
    // Put back to before it was sent: what the log knows of it this object has forgotten.
    if (redemption !== null && (await this.#ports.isReported(approval))) return this.#endForgotten();
    if (approval.payload === null) throw new Error("a call is run whose payload is not known");
    return this.#claimAndSend(approval.call, approval, JSON.parse(approval.payload) as CallPayload);
  }

  async #claimAndSend(call: CallToSend, approval: ApprovalState, payload: CallPayload): Promise<Gone> {
    const { store, standing } = this.#ports;
    const { request } = approval;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const { agent } = await standing.standingOf(request.requested_by.id, [], false);
      const halted = haltedBy(approval, agent);
      if (halted !== null || agent === null) return { told: halted ?? NOT_SENT.told };
      const compared = await compareForUse(payload, call, approval, agent, this.#ports); // 3
      if (!compared.ok) {
        const { code, message, isFinal, isOfPreview } = compared.refusal;
        if (isFinal) return this.#end({ status: "refused", code, message, rule: null, ms: null });
        if (isOfPreview === true) this.#leaveToAgent();
        return toldRefused(code, message);
      }
      const claim = { payloadHash: request.payload_hash, idempotencyKey: OWN_CLAIM };
      const isOther = (epoch: number | undefined) => (epoch === compared.value.epoch ? null : ({ reason: "epoch-over" } as const));
      const claimed = await useApproval(claim, this.#ports, (judgement) => isOther(judgement.agent?.epoch)); // 4
      if (claimed.ok) return this.#send(call, payload, compared.value);
      const { refusal } = claimed;
      if (refusal.reason === "epoch-over") continue;
      const adopted = store.read()?.redemption ?? null;
      if (adopted !== null && adopted.idempotencyKey !== OWN_CLAIM) return this.#end(UNKNOWN);
      if (refusal.reason === "not-logged") return toldRefused("unavailable", CLAIM_NOT_LOGGED);
      if (call.preview !== undefined) this.#leaveToAgent();
      const { code, message, rule = null } = agentFailure(refusal);
      return toldRefused(code, message, rule);
    }
    throw new Error("where this call goes changes faster than it is compared");
  }

  /** Its preview was asked for in vain: what would have it called again and again, where only people can help, is not tried by itself. */
  #leaveToAgent(): void {
    const { runs } = this.#ports;
    if (runs.read().waitsForAgent !== true) runs.write({ ...runs.read(), waitsForAgent: true });
  }

  async #send(call: CallToSend, payload: CallPayload, { server, spoken }: ComparedCall): Promise<Gone> {
    const { servers, store } = this.#ports;
    const approval = store.read();
    if (approval === null) throw new Error("a call is sent whose request is not known");
    const { mask: rules, keep } = call.handling;
    // Whatever can fail by itself fails before it is on its way.
    const mask = await servers.maskBy(rules);
    const maskCredential = keep.what === "full" ? await servers.maskBy([]) : null;
    const message = callMessage(approval.request.id, payload, call, spoken, receiptPointer(approval));
    const seconds = Math.min(call.handling.seconds ?? server.settings.limits.seconds ?? CALL_SECONDS, MOST_SECONDS);
    const sinceMs = this.#ports.now();
    await this.#storeSending({ sinceMs, untilMs: sinceMs + seconds * 1_000 }); // 5

    const stop = new AbortController();
    this.#stop = stop;
    const giveUp = setTimeout(() => stop.abort(TIMED_OUT), seconds * 1_000);
    const watching = this.#ports.every(LOOKS_FOR_STOP_MS, () => void this.endIfHalted().catch(() => undefined));
    const sending: Sending = { server, message, spoken, signal: stop.signal, hear: (params) => this.#hear(params) };
    try {
      const sent = await sendCall(sending, { upstream: servers.upstream, mask, maskCredential }); // 6
      if (stop.signal.aborted) void tellCancelled(sending, String(stop.signal.reason), servers.upstream);
      return this.#endSent(sent, this.#ports.now() - sinceMs, keep); // 7
    } finally {
      clearTimeout(giveUp);
      watching();
      this.#stop = null;
    }
  }

  /** Should storage fail, nothing was sent, and as long as this instance lives that is known. */
  async #storeSending(sending: KeptRun["sending"]): Promise<void> {
    const { runs } = this.#ports;
    try {
      runs.write({ ...runs.read(), sending });
      await runs.durable();
    } catch (error) {
      runs.write({ ...runs.read(), sending: null });
      throw error;
    }
  }

  #hear(params: Parameters<HearProgress>[0]): void {
    for (const hear of this.#listeners) {
      try {
        void Promise.resolve(hear(params)).catch(() => undefined);
      } catch {
        // Whoever listens may have gone.
      }
    }
  }

  /** Whoever waits gets it whole, whatever of it is kept. */
  #endSent(sent: SentEnd, ms: number, keep: CallToSend["handling"]["keep"]): Gone {
    const { ended, texts } = endOfSent(sent, ms, keep);
    const gone = this.#end(ended, texts);
    return sent.status === "answered" ? { ended, answer: sent.text } : gone;
  }

  #end(ended: RunEnd, texts: RunTexts = NO_TEXTS): Gone {
    const { runs } = this.#ports;
    const endedMs = this.#ports.now();
    const answerUntilMs = texts.answer === null ? null : endedMs + ANSWER_KEPT_MS;
    this.#unwritten = () => {
      runs.write({ ...runs.read(), ended, endedMs, answerUntilMs }, texts);
      this.#unwritten = null;
    };
    this.#unwritten();
    return { ended, answer: texts.answer };
  }

  #endForgotten(): Gone {
    const gone = this.#end(UNKNOWN);
    this.#ports.runs.write({ ...this.#ports.runs.read(), reported: true });
    return gone;
  }

  /** Claimed, and not sent while it could be used: nothing was sent, as this object alone can know. */
  #endVoid(approval: ApprovalState): Gone {
    if (approval.redemption === null) return NOT_SENT;
    const message = "This call was approved, and was not sent before use_by. Nothing was sent; ask again if it is still needed.";
    return this.#end({ status: "refused", code: "deadline_passed", message, rule: null, ms: null });
  }

  #isVoid(approval: ApprovalState): boolean {
    const fromMs = voidFrom(approval);
    return fromMs !== null && this.#ports.now() >= fromMs;
  }

  /** The first one gets it, and whoever comes later what was given before; of two at once one is the first. */
  #give({ ended, answer }: Extract<Gone, { ended: RunEnd }>): CallRun {
    const { runs } = this.#ports;
    const run = runs.read();
    const given = toldEnd(ended, answer, run.given);
    if (given.status === "answered" && !run.given) runs.write({ ...run, given: true });
    return given;
  }
}
