/**
 * What one agent did before, as its object keeps it to answer what policies ask of it. Only while the policy in force asks anything: other
 * deployments pay nothing for it.
 *
 * 1. It begins with what record and log hold; from that moment on it is told everything: by admission what passes, by `past` what is about
 *    to be judged by it. Nothing falls between: calls of before are those that this object or the record has then.
 * 2. Between answering and counting nothing waits: of two that come at once the second sees the first.
 * 3. Where it cannot know everything it says from when on it does (`sinceMs`), and whatever reaches further back fails.
 */
import type { CompiledPolicy } from "#countersign/policy/judging/compiled.ts";
import { answerPast } from "#countersign/policy/judging/past/answer.ts";
import { NO_PROFILE } from "#countersign/policy/judging/past/profile.ts";
import { keyOf, type PastAnswers, type PastQuestion } from "#countersign/policy/judging/past/question.ts";
import type { PastAsk, PastEntry } from "#rules/calls/past/agent-past.ts";
import type { PolicyInForce } from "#rules/policies/judged.ts";
import { Gathered, isUse } from "./found-entry.ts";
import type { KeptEntry, KnownFrom, PastSources, PastState, PastStore, TakeFound } from "./kept-past.ts";
import { RememberedPast } from "./remembered-past.ts";

const DAY_MS = 86_400_000;
/** What is usual is learnt from so much of the record. */
const USUAL_MS = 30 * DAY_MS;
/** So long a call may be on its way from being asked about to its admission. */
const MOMENT_MS = 60_000;
/** So often it begins anew if policies change meanwhile. */
const MOST_TRIES = 5;

export interface AgentPastPorts {
  store: PastStore;
  sources: PastSources;
  /** What this object holds of calls since then that went out by themselves, the newest first. */
  held(fromMs: number, take: TakeFound): KnownFrom;
  /** How far the record is, and when it was found to be ahead; null: never. */
  record(): { handed: number; aheadAtMs: number | null };
  /** The policy of this epoch, or what is in force now if that is another. Throws if that cannot be known. */
  policyOf(epoch: number): Promise<PolicyInForce>;
  now(): number;
}

/** A call that was admitted, and goes out. */
export interface PassedCall {
  entry: PastEntry | null;
  number: number;
  server: string;
  tool: string;
  /** The version that it was judged by. */
  policy: number;
}

export class AgentPast {
  readonly #ports: AgentPastPorts;
  /** As it is stored; null until it is read again. */
  #past: RememberedPast | null = null;
  #beginning: Promise<void> | null = null;
  /** Whether in this start the log was asked for uses that this object does not know: it may have been put back. */
  #knowsUses = false;

  constructor(ports: AgentPastPorts) {
    this.#ports = ports;
  }

  /** `RemoteCalls.past`. */
  async answer(agentId: string, ask: PastAsk): Promise<PastAnswers> {
    const { version, compiled } = await this.#ports.policyOf(ask.by.epoch);
    if (compiled === null || version !== ask.by.version) {
      if (this.#ports.store.state() !== null) this.#count(ask);
      return unknown(ask.questions);
    }
    for (let tries = 0; !this.#isReady(version, compiled); tries++) {
      if (tries === MOST_TRIES) throw new Error("policies change faster than the past is read for them");
      this.#beginning ??= this.#begin(agentId, version, compiled).finally(() => (this.#beginning = null));
      await this.#beginning;
    }
    return this.#answerNow(ask, compiled);
  }

  /** `RemoteCalls.leaveOut`. */
  leaveOut(key: string): void {
    const entry = this.#ports.store.state() === null ? undefined : this.#known().of(key);
    if (entry === undefined || entry.isLearnt) return;
    this.#write((past) => past.drop([entry]));
  }

  /** `RemoteCalls.learn`. */
  learn(key: string): void {
    const entry = this.#ports.store.state() === null ? undefined : this.#known().of(key);
    if (entry === undefined || entry.isLearnt) return;
    this.#write((past) => past.learn(entry));
  }

  /** A call was admitted. It is told in the same moment, without waiting for anything. */
  passed({ entry, number, server, tool, policy }: PassedCall): void {
    const state = this.#ports.store.state();
    if (state === null) return;
    if (entry === null && policy > state.version) return this.#end();
    if (entry !== null && this.#known().of(entry.key) !== undefined) return this.learn(entry.key);
    // By a version before, which asked nothing: nothing more is known of it.
    const kept = entry ?? { key: `number:${number}`, server, tool, scalars: null, isCut: true, watched: null };
    this.#write((past) => past.add([{ ...kept, atMs: this.#nowMs(), isLearnt: true }]));
  }

  #isReady(version: number, policy: CompiledPolicy): boolean {
    const state = this.#ports.store.state();
    if (state === null || !state.isSeeded || !this.#knowsUses) return false;
    // What was judged by an earlier version gets the answers that there are.
    if (version <= state.version) return true;
    // In between another version may have asked nothing, so that uses were not told.
    if (asksMore(state, policy) || version > state.version + 1) return false;
    this.#write((past) => past.note({ version, ...askedBy(policy) }));
    return true;
  }

  /** Reads what was before. Throws if it cannot be read: then nothing is answered. */
  async #begin(agentId: string, version: number, policy: CompiledPolicy): Promise<void> {
    const { store, sources } = this.#ports;
    const before = store.state();
    const goesOn = before !== null && before.isSeeded && !asksMore(before, policy);
    const reachMs = this.#ports.now() - Math.max(policy.longestWithin, policy.anomaly === null ? 0 : USUAL_MS);
    const gathered = new Gathered(policy.anomaly?.watch ?? null);
    const state = goesOn ? before : this.#beginAt(reachMs, version, policy, gathered);
    const { handed } = this.#ports.record();
    const of = { fromMs: reachMs, beforeMs: state.fromMs, lastNumber: handed };
    const [callsFromMs, uses] = await Promise.all([
      goesOn ? null : sources.calls(agentId, of, gathered.take),
      sources.uses(agentId, reachMs),
    ]);
    gathered.takeUses(uses.found);
    const sinceMs = latest(store.state()?.sinceMs ?? null, goesOn ? null : reachMs, callsFromMs, uses.knownFromMs);
    this.#write((past) => {
      past.add(gathered.given());
      past.note({ version, ...askedBy(policy), sinceMs, isSeeded: true });
    });
    this.#past = null;
    this.#knowsUses = true;
  }

  /**
   * From now on everything is told. What this object holds of before is taken at once, and only then the record is read. Uses stay, of
   * which the record knows less, and so does what is being judged at this moment.
   */
  #beginAt(reachMs: number, version: number, policy: CompiledPolicy, gathered: Gathered): PastState {
    const { store } = this.#ports;
    const fromMs = this.#nowMs();
    const [heldFromMs, { aheadAtMs }] = [this.#ports.held(reachMs, gathered.take), this.#ports.record()];
    const isOld = (entry: KeptEntry) => !isUse(entry) && (entry.isLearnt || entry.atMs < fromMs - MOMENT_MS);
    const sinceMs = latest(aheadAtMs, heldFromMs);
    const state: PastState = { version, ...askedBy(policy), sinceMs, aheadAtMs, fromMs, isSeeded: false };
    const dropped = store.state() === null ? [] : this.#known().entries.filter(isOld);
    store.write((to) => {
      to.drop(dropped.map(({ key }) => key));
      to.add(gathered.given());
      to.profile(NO_PROFILE);
      to.state(state);
    });
    this.#past = null;
    return state;
  }

  #answerNow(ask: PastAsk, policy: CompiledPolicy): PastAnswers {
    const { entry, watched, questions } = ask;
    this.#noteAhead();
    const past = this.#known();
    const nowMs = this.#nowMs();
    const judged = { nowMs, tool: entry.tool === "" ? null : entry.tool, watched };
    const { sinceMs, profile } = past;
    const [ofUsual, ofCalls] = [questions.filter(isOfUsual), questions.filter((one) => !isOfUsual(one))];
    const spans = questions.map((one) => ("within" in one ? one.within : 0));
    const calls = past.since(nowMs - Math.max(policy.longestWithin, ...spans)).filter(({ key }) => key !== entry.key);
    const answers = {
      // What may still be left out is nothing that it is used to.
      ...answerPast(ofUsual, { calls: [], sinceMs, profile }, judged, policy),
      ...answerPast(ofCalls, { calls, sinceMs, profile }, judged, policy),
    };
    this.#count(ask);
    return answers;
  }

  /** Once for its key. */
  #count({ entry, counts }: PastAsk): void {
    if (!counts || this.#known().of(entry.key) !== undefined) return;
    this.#write((past) => past.add([{ ...entry, atMs: this.#nowMs(), isLearnt: false }]));
  }

  /** What the record was ahead with is not known here. */
  #noteAhead(): void {
    const [state, aheadAtMs] = [this.#ports.store.state(), this.#ports.record().aheadAtMs];
    if (state === null || aheadAtMs === null || aheadAtMs === state.aheadAtMs) return;
    this.#write((past) => past.note({ aheadAtMs, sinceMs: latest(state.sinceMs, aheadAtMs) }));
  }

  #end(): void {
    this.#ports.store.write((to) => to.end());
    this.#past = null;
  }

  #known(): RememberedPast {
    this.#past ??= new RememberedPast(this.#ports.store);
    return this.#past;
  }

  /** What is remembered is read again where it could not be stored. */
  #write(work: (past: RememberedPast) => void): void {
    const past = this.#known();
    try {
      past.write(() => work(past), this.#nowMs());
    } catch (error) {
      this.#past = null;
      throw error;
    }
  }

  /** A clock that goes back changes no order. */
  #nowMs(): number {
    return Math.max(this.#ports.now(), this.#ports.store.state() === null ? 0 : this.#known().newestMs);
  }
}

const unknown = (questions: readonly PastQuestion[]): PastAnswers => Object.fromEntries(questions.map((one) => [keyOf(one), null]));

const isOfUsual = ({ ask }: PastQuestion): boolean => ask === "hour" || ask === "first-tool" || ask === "first-value";

const askedBy = ({ longestWithin, anomaly }: CompiledPolicy) => ({ longestWithin, watch: anomaly?.watch ?? null });

/** Whether it asks for what was not kept until now. */
const asksMore = ({ longestWithin, watch }: PastState, { longestWithin: wanted, anomaly }: CompiledPolicy): boolean =>
  wanted > longestWithin || (anomaly !== null && JSON.stringify(watch) !== JSON.stringify(anomaly.watch));

const latest = (...times: (number | null)[]): number | null => {
  const known = times.filter((at) => at !== null);
  return known.length === 0 ? null : Math.max(...known);
};
