/**
 * Shell of what one agent does, one object per agent: how its keys stand (src/gate/agents/activity/key-readings.ts), for agents that
 * call so often that the database they share is not asked each time, and its calls through the gateway (src/gate/calls/activity), which it
 * admits, counts and keeps until the record has them. Without such calls it stores nothing: D1 is the record.
 */
import { DurableObject } from "cloudflare:workers";
import { auditOf } from "#config/audit.ts";
import type { AnswersNowOrLater, Bindings } from "#config/bindings.ts";
import { readConfig } from "#config/config.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { activityOf, logWriter } from "#config/object-places.ts";
import { within } from "#config/within.ts";
import { KeyReadings } from "#gate/agents/activity/key-readings.ts";
import { SharedReadings } from "#gate/agents/activity/shared-readings.ts";
import { type KeyReading, notOver, type RemoteActivity } from "#gate/agents/activity/remote-activity.ts";
import {
  type AdmissionPorts,
  recordPreview,
  admitWithEnds,
  countAsk,
  countsAbove,
  endOverdue,
  HANDED_OVER_AFTER_MS,
  isJudgedAsItStands,
  rejoinCall,
  settleCall,
  unjoinCall,
} from "#gate/calls/activity/admit-call.ts";
import { Budgets } from "#gate/calls/activity/budgets.ts";
import { compareWithRecord } from "#gate/calls/activity/compare-record.ts";
import { handOver, type HandOverPorts, nextHandOver } from "#gate/calls/activity/hand-over.ts";
import { AgentPast } from "#gate/calls/activity/past/agent-past.ts";
import { heldCalls, pastOfAdmission } from "#gate/calls/activity/past/past-of-call.ts";
import { recentCalls } from "#gate/calls/activity/recent-calls.ts";
import type { Admission, CallLimits, CallToAdmit, OverLimit, RecentCall, RemoteCalls, SettledCall } from "#rules/calls/admission.ts";
import type { PastAsk, RemotePast } from "#rules/calls/past/agent-past.ts";
import { readKey, readKeys } from "#storage/agents.ts";
import { auditRecord } from "#storage/calls/audit-record.ts";
import { loggedCalls } from "#storage/calls/logged-calls.ts";
import { pastSources } from "#storage/calls/past-sources.ts";
import { logOrigin } from "#storage/log/log-origin.ts";
import { policyOf } from "#storage/policies/in-force.ts";
import { KeptCalls } from "./agent/kept-calls.ts";
import { KeptPast } from "./agent/kept-past.ts";

/** After so long a hand-over to the log is given up; the same leaf can be handed over again. */
const LOG_PATIENCE_MS = 5_000;
/** After a failure, each time twice as long, and at most a minute. */
const MOST_PATIENCE_MS = 60_000;

/** Of all agents whose objects are in this isolate. */
const shared = new SharedReadings();

export class AgentActivity extends DurableObject<Bindings> implements AnswersNowOrLater<RemoteActivity & RemoteCalls> {
  readonly #keys = new KeyReadings({
    readKey: (keyHash) => readKey(this.env.DB, keyHash),
    together: { shared, readKeys: (keyHashes) => readKeys(this.env.DB, keyHashes) },
    after: (ms, run) => void setTimeout(run, ms),
    now: () => Date.now(),
  });
  readonly #store = new KeptCalls(this.ctx.storage);
  readonly #budgets = new Budgets((rule, afterMs) => this.#store.spent(rule, afterMs));
  readonly #admission: AdmissionPorts = {
    store: this.#store,
    budgets: this.#budgets,
    now: () => Date.now(),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  };
  readonly #past = new AgentPast({
    store: new KeptPast(this.ctx.storage),
    sources: pastSources(this.env.DB, auditOf(this.env)),
    held: (fromMs, take) => heldCalls(this.#store, fromMs, take),
    record: () => this.#store.state() ?? { handed: 0, aheadAtMs: null },
    policyOf: (epoch) => policyOf(this.env.DB, epoch),
    now: () => Date.now(),
  });
  /** Once a start: until then nothing is numbered or counted. */
  #compared: Promise<void> | null = null;
  #failures = 0;

  /** How the key of this hash stands, asked for a moment ago; null if it is revoked or nobody's. Throws if that cannot be known. */
  standing(keyHash: string): Promise<KeyReading | null> {
    return this.#keys.standing(keyHash);
  }

  /** Forgets what was read, because it has changed. */
  forget(): void {
    this.#keys.forget();
  }

  /** `RemoteCalls.admit`. After the key's standing is known nothing waits any more. Throws without the record, and while that is away. */
  async admit(keyHash: string, call: CallToAdmit, ended: readonly SettledCall[] = []): Promise<Admission> {
    if (ended.length > 0) await this.#store.started();
    const mayCount = countsAbove(call) !== null && isJudgedAsItStands(call, await this.#standingToAdmit(keyHash));
    const over = mayCount ? await this.#countedAbove(call) : null;
    const admission = admitWithEnds(await this.#standingToAdmit(keyHash), call, ended, over, this.#admission);
    pastOfAdmission(call, admission, this.#past);
    return admission;
  }

  /**
   * Counts a call of an agent below another where those of the agent at the top are counted too. What does not stand, or has to be judged
   * again, spends nothing there; after this its standing is read once more, which is relied on at once.
   */
  async #countedAbove(call: CallToAdmit): Promise<OverLimit | null> {
    const above = countsAbove(call);
    return above === null ? null : activityOf(this.env, above.top).countAsk(above.rule, above.most);
  }

  /** How a key stands, once the record was compared with; null: it is revoked, or none of this agent's. */
  async #standingToAdmit(keyHash: string): Promise<KeyReading | null> {
    if (this.#compared === null) {
      // Both at once; the standing is read again, if it is older by now than may be relied on.
      const reading = await this.#ownReading(keyHash);
      if (reading === null) return null;
      await this.#ready({ id: reading.agent.id, name: reading.facts.name });
    } else await this.#compared;
    return this.#ownReading(keyHash);
  }

  /** A key of another agent is none of this one's, and one that is over by now is nobody's. */
  async #ownReading(keyHash: string): Promise<KeyReading | null> {
    const reading = notOver(await this.#keys.standing(keyHash), Date.now());
    return reading !== null && reading.agent.id === this.ctx.id.name ? reading : null;
  }

  /** `RemotePast.past`. Without the record nothing can be ahead of what is here. */
  async past(ask: PastAsk): ReturnType<RemotePast["past"]> {
    const agent = this.#agent();
    if (agent === null) throw new Error("an agent's object is asked that does not know its name");
    if (auditOf(this.env) !== null) await this.#ready(agent);
    return this.#past.answer(agent.id, ask);
  }

  /** `RemotePast.leaveOut`. */
  leaveOut(key: string): void {
    this.#past.leaveOut(key);
  }

  /** `RemotePast.learn`. */
  learn(key: string): void {
    this.#past.learn(key);
  }

  /** `RemoteCalls.admitPreview`. */
  async admitPreview(call: CallToAdmit): Promise<{ number: number } | OverLimit> {
    const agent = this.#agent();
    if (agent === null) throw new Error("an agent's object is asked that does not know its name");
    const over = await this.#countedAbove(call);
    await this.#ready(agent);
    return recordPreview(call, agent, over, this.#admission);
  }

  /** `RemoteCalls.settle`. */
  async settle(call: SettledCall): Promise<void> {
    await this.#store.started();
    settleCall(call, this.#admission);
  }

  /** `RemoteCalls.rejoin`. */
  rejoin(key: string, requestId: string, instead: string): string {
    return rejoinCall(key, requestId, instead, this.#admission);
  }

  /** `RemoteCalls.unjoin`. */
  unjoin(key: string, requestId: string): Promise<void> {
    unjoinCall(key, requestId, this.#admission);
    return Promise.resolve();
  }

  /** `RemoteCalls.countAsk`. Without the record nothing can be ahead of what is here. */
  async countAsk(rule: string, most: CallLimits): Promise<OverLimit | null> {
    const agent = this.#agent();
    if (agent !== null && auditOf(this.env) !== null) await this.#ready(agent);
    await this.#store.started();
    return countAsk(rule, most, this.#admission);
  }

  /** `RemoteCalls.recentCalls`. */
  async recentCalls(sinceMs: number): Promise<RecentCall[]> {
    const agent = this.#agent();
    return agent === null ? [] : await recentCalls(agent.id, sinceMs, this.#handOver());
  }

  /** Never throws, or the platform would give up on it: the next time is stored first, then the work is tried. */
  override async alarm(): Promise<void> {
    this.#store.woken();
    const state = this.#store.state();
    if (state === null) return endOverdue(this.#admission);
    this.#wakeIn(Math.min(HANDED_OVER_AFTER_MS * 2 ** this.#failures, MOST_PATIENCE_MS));
    try {
      await this.#ready(state.agent);
      await handOver(this.#handOver());
      this.#budgets.tidy(Date.now());
      this.#failures = 0;
      this.#store.woken();
      await this.#sleep();
    } catch (error) {
      this.#failures += 1;
      logLine("calls-not-handed-over-yet", { agent: state.agent.id, error: errorText(error) });
    }
  }

  #wakeIn(ms: number): void {
    this.#store.write((to) => to.wakeBy(Date.now() + ms));
  }

  /** Until there is something to do. */
  async #sleep(): Promise<void> {
    const next = [nextHandOver(this.#handOver()), this.#store.nextEndMs()].filter((at) => at !== null);
    if (next.length === 0) await this.ctx.storage.deleteAlarm();
    else this.#wakeIn(Math.max(HANDED_OVER_AFTER_MS, Math.min(...next) - Date.now()));
  }

  /** Whose object this is, as its name says, or what it keeps: an alarm of long ago does not know the name. */
  #agent(): { id: string; name: string } | null {
    const { name } = this.ctx.id;
    return this.#store.state()?.agent ?? (name === undefined ? null : { id: name, name });
  }

  async #ready(agent: { id: string; name: string }): Promise<void> {
    await this.#store.started();
    this.#compared ??= compareWithRecord({ id: agent.id, name: agent.name }, this.#handOver()).catch((error: unknown) => {
      this.#compared = null;
      throw error;
    });
    await this.#compared;
  }

  #handOver(): HandOverPorts {
    const audit = auditOf(this.env);
    if (audit === null) throw new Error("the gateway is off: there is no AUDIT database");
    const { DB } = this.env;
    const config = readConfig(this.env);
    const origin = () => logOrigin(DB, config);
    return {
      ...this.#admission,
      audit: auditRecord(audit, config.keepCallsDays),
      logged: loggedCalls(DB),
      log: { append: async (leaf) => within(LOG_PATIENCE_MS, logWriter(this.env, await origin()).append(leaf)) },
      logOrigin: origin,
    };
  }
}
