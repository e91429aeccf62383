/**
 * Whether an agent's key stands. D1's primary says so, to each call; of an agent that calls very often its object says so, which asks
 * the primary a few times a second (activity/), and what it said serves the calls of the next moment as well. What any of them said is relied
 * on for as long as rules/lease.ts allows, answer included.
 */
import type { AgentFacts } from "#rules/policies/judged.ts";
import { beginLease, type Clocks, HELD_MS, LENT_MS, type Lease } from "#rules/lease.ts";
import { type KeyHolder, type KeyReading, notOver, type RemoteActivity } from "./activity/remote-activity.ts";
import type { KeyMemory, ToldOfKey } from "./key-memory.ts";

export interface KeyPorts extends Clocks {
  /** From the D1 primary; null if the key is revoked or nobody's. Throws if that cannot be known. */
  readKey(keyHash: string): Promise<KeyReading | null>;
  activityOf(agentId: string): RemoteActivity;
  /** As `after`, also once the call that asks for it is answered. */
  afterAll: Clocks["after"];
  /** What this isolate remembers of keys. */
  memory: KeyMemory;
}

/** So often it is asked again until an answer comes in time. */
const TRIES = 3;

/** The standing of one call's key. */
export class KeyStanding {
  readonly #keyHash: string;
  readonly #ports: KeyPorts;
  /** What was said last, as long as it may be relied on. */
  #held: { lease: Lease; facts: AgentFacts } | null = null;

  get keyHash(): string {
    return this.#keyHash;
  }

  /** Whose key it is, if this isolate has seen it stand before: who that is does not change, only whether it stands. */
  readonly known: KeyHolder | null;
  readonly #isBusy: boolean;

  /** `keyHash`: `apiKeyHash` of a well-formed key. Nothing is asked yet. */
  constructor(keyHash: string, ports: KeyPorts) {
    this.#keyHash = keyHash;
    this.#ports = ports;
    const { holder, isBusy } = ports.memory.called(keyHash, ports.now());
    this.known = holder;
    this.#isBusy = isBusy;
  }

  /** Asks; null if the key is revoked or nobody's. Throws if that cannot be known. */
  ask(): Promise<KeyReading | null> {
    const holder = this.#isBusy ? this.known : null;
    if (holder === null) return this.#askPrimary();
    const told = this.#ports.memory.told(this.#keyHash);
    return told === null ? this.#askObject(holder.id) : this.#relyOn(told);
  }

  /** The same, from the primary in any case. */
  askNow(): Promise<KeyReading | null> {
    return this.#askPrimary();
  }

  /**
   * By what its agent is judged if it stands, so that an answer may be given now, and null if it does not: by what was said last, if that
   * may be relied on, otherwise asked again.
   */
  async stands(): Promise<AgentFacts | null> {
    return this.#held?.lease.isOver === false ? this.#held.facts : this.standsNow();
  }

  /** The same, asked in any case. Throws if no answer comes in time to give one. */
  async standsNow(): Promise<AgentFacts | null> {
    for (let tries = 0; tries < TRIES; tries++) {
      if ((await this.#askPrimary()) === null) return null;
      if (this.#held?.lease.isOver === false) return this.#held.facts;
    }
    throw new Error("whether the agent stands could not be learned in time");
  }

  async #askObject(agentId: string): Promise<KeyReading | null> {
    const ports = this.#ports;
    const askedMs = ports.now();
    const lent = beginLease(LENT_MS, { after: (ms, run) => ports.afterAll(ms, run), now: () => ports.now() });
    const reading = await this.#leased(() => ports.activityOf(agentId).standing(this.#keyHash));
    if (reading !== null) ports.memory.lend(this.#keyHash, { reading, askedMs, lent });
    return reading;
  }

  /** As long as whoever asked may, and no longer. */
  #relyOn({ reading, askedMs }: ToldOfKey): Promise<KeyReading | null> {
    const nowMs = this.#ports.now();
    const left = notOver(reading, nowMs);
    const lease = beginLease(HELD_MS - (nowMs - askedMs), this.#ports);
    this.#held = left && { lease: this.#untilEnd(lease, left), facts: left.facts };
    return Promise.resolve(left);
  }

  /** Of a key that was replaced nothing is relied on once it is over. */
  #untilEnd(lease: Lease, reading: KeyReading): Lease {
    const ports = this.#ports;
    if (reading.until === undefined) return lease;
    return {
      get isOver() {
        return lease.isOver || notOver(reading, ports.now()) === null;
      },
    };
  }

  async #askPrimary(): Promise<KeyReading | null> {
    const reading = await this.#leased(() => this.#ports.readKey(this.#keyHash));
    if (reading !== null) this.#ports.memory.remember(this.#keyHash, reading.agent);
    return reading;
  }

  /** What is asked may be relied on from before the question: if the key stands, nothing else may. */
  async #leased(ask: () => Promise<KeyReading | null>): Promise<KeyReading | null> {
    const lease = beginLease(HELD_MS, this.#ports);
    this.#held = null;
    const reading = notOver(await ask(), this.#ports.now());
    this.#held = reading && { lease: this.#untilEnd(lease, reading), facts: reading.facts };
    return reading;
  }
}
