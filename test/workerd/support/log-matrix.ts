/**
 * A writer of the log of which every port can fail, before what was asked of it has happened or after; a witness, a rival on
 * the same database; and what must be so after each failure. The ports are those of src/gate/log/sequence-leaves.ts and witness-round.ts.
 */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { type Bytes, equal, hex, utf8 } from "#countersign/encoding/bytes.ts";
import { accept, refuse } from "#countersign/result.ts";
import type { Effect } from "#gate/effects.ts";
import { LeafSequencer, type SequencerPorts } from "#gate/log/sequence-leaves.ts";
import type { Leaf } from "#gate/log/transparency-log.ts";
import { runWitnessRound, type WitnessRoundPorts } from "#gate/log/witnessing/witness-round.ts";
import { type KeptWitnessState, NO_WITNESS_STATE, type WitnessState } from "#gate/log/witnessing/witness-state.ts";
import { WitnessedLog } from "#gate/log/witnessing/witnessed-log.ts";
import { parseCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { makeCosigner, makeWitnessVkey } from "#countersign/tlog/cosignature.ts";
import { parsePolicy, type WitnessPolicy } from "#countersign/tlog/witness-policy.ts";
import { verifyCheckpoint } from "#countersign/tlog/verify-checkpoint.ts";
import { addCheckpoint, type Witness } from "#countersign/tlog/witness.ts";
import { WitnessLedger } from "#countersign/tlog/witness-ledger.ts";
import { checkLog, enrolment, leaf, LOG_ORIGIN, type LogWriter, MemoryAnchor, portsOfWriter } from "./log.ts";

/** Whether what failed had happened all the same, and lasts. */
export type How = "absent" | "present";

export interface Fault {
  /** Such as `store.commit`. */
  part: string;
  /** Which call of it from now on, counted from 0. */
  nth: number;
  how: How;
}

const INJECTED = "lost (a test)";

/** Calls of ports: counted, and one of them failing. */
export class Plan {
  #calls: string[] = [];
  #fault: Fault | null = null;
  #beforeCommit: (() => Promise<unknown>) | null = null;

  /** From now on: what fails, and what somebody else does just before the next commit. */
  next(fault: Fault | null, beforeCommit: (() => Promise<unknown>) | null): void {
    this.#calls = [];
    this.#fault = fault;
    this.#beforeCommit = beforeCommit;
  }

  /** Every call since `next` was called last. */
  get calls(): readonly string[] {
    return [...this.#calls];
  }

  /** Whether nothing has to fail any more. */
  get isDone(): boolean {
    return this.#fault === null;
  }

  /** The ports, with everything going through here that can fail: clock and randomness cannot. */
  wrapAll(ports: SequencerPorts<Effect>): SequencerPorts<Effect> {
    const { store, anchor, signer } = ports;
    return { ...ports, store: this.wrap("store", store), anchor: this.wrap("anchor", anchor), signer: this.wrap("signer", signer) };
  }

  /** The port, with each of its methods going through here. */
  wrap<Port extends object>(name: string, port: Port): Port {
    return new Proxy(port, {
      get: (target, member) => {
        const value: unknown = Reflect.get(target, member, target);
        if (typeof value !== "function") return value;
        return (...given: unknown[]) => this.#call(`${name}.${String(member)}`, () => Reflect.apply(value, target, given) as unknown);
      },
    });
  }

  #call(part: string, run: () => unknown): unknown {
    const before = this.#beforeCommit;
    if (part !== "store.commit" || before === null) return this.#strike(part, run);
    this.#beforeCommit = null;
    return before().then(() => this.#strike(part, run));
  }

  #strike(part: string, run: () => unknown): unknown {
    const earlier = this.#calls.filter((call) => call === part).length;
    this.#calls.push(part);
    const fault = this.#fault;
    if (fault?.part !== part || fault.nth !== earlier) return run();
    this.#fault = null;
    const lose = (): never => {
      throw new Error(INJECTED);
    };
    if (fault.how === "absent") return lose();
    const done = run();
    return done instanceof Promise ? done.then(lose) : lose();
  }
}

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;

class MemoryWitnessState implements KeptWitnessState {
  state = NO_WITNESS_STATE;
  read(): WitnessState {
    return this.state;
  }
  write(state: WitnessState): void {
    this.state = state;
  }
}

/** The log of the test's database, with a writer that fails, a rival that does not, and a witness that never lies. */
export class World {
  /** What the last attempt has asked of the ports, in this order. */
  calls: readonly string[] = [];
  /** How often something has failed. */
  strikes = 0;
  readonly #plan = new Plan();
  readonly #ports: SequencerPorts<Effect>;
  readonly #rival: LogWriter;
  readonly #policy: WitnessPolicy;
  readonly #witness: Witness;
  readonly #seen: WitnessLedger;
  readonly #kept = new MemoryWitnessState();
  #writer: LogWriter;
  #nowMs = Date.parse("2026-11-20T09:30:00.000Z");
  #batches = 0;
  /** The index of every leaf that somebody was told is logged. */
  readonly #told = new Map<string, number>();

  private constructor(
    ports: { mine: SequencerPorts<Effect>; rivals: SequencerPorts<Effect> },
    { policy, cosigner }: { policy: WitnessPolicy; cosigner: Witness["cosigner"] },
  ) {
    const { signer } = ports.mine;
    this.#ports = this.#plan.wrapAll(ports.mine);
    this.#writer = new LeafSequencer(this.#ports);
    this.#rival = new LeafSequencer(ports.rivals);
    this.#policy = policy;
    this.#seen = new WitnessLedger(new Map(), () => Promise.resolve());
    this.#witness = { logKeys: [signer], cosigner, memory: this.#seen, now: () => this.#nowMs / SECOND_MS };
  }

  /** A log with a few leaves that both writers have opened, and that the witness has seen. */
  static async begun(): Promise<World> {
    const cosigner = await makeCosigner("witness.example", new Uint8Array(32).fill(7));
    const vkey = makeWitnessVkey(cosigner.name, cosigner.publicKey);
    const policy = parsePolicy(`witness only ${vkey} https://witness.example\nquorum only\n`);
    if (!policy.ok) throw new Error(policy.refusal.message);
    const ports = { mine: await watchedPorts(), rivals: await watchedPorts() };
    const world = new World(ports, { policy: policy.value, cosigner });
    await world.#rival.checkpoint();
    await world.attempt(world.batch());
    return world;
  }

  /** The memory of the writer is gone; what it has stored stays. */
  forget(): void {
    this.#writer = new LeafSequencer(this.#ports);
  }

  /** Two leaves that nobody has appended yet, one of them with an effect. */
  batch(): Leaf<Effect>[] {
    const n = this.#batches++;
    return [leaf(`leaf ${n}`), enrolment(`person-${n}`, `person-${n}`)];
  }

  /** Whether all of it is in the log, whatever its callers were told. */
  async isLogged(batch: readonly Leaf<Effect>[]): Promise<boolean> {
    const idems = JSON.stringify(batch.map(({ idem }) => idem));
    const query = env.DB.prepare("SELECT count(*) AS n FROM log_leaf WHERE idem IN (SELECT value FROM json_each(?))");
    return (await query.bind(idems).first<number>("n")) === batch.length;
  }

  /**
   * Appends a batch, asks for a checkpoint and the witness for its cosignature, with this fault on the way. Everybody hears the
   * truth or that something was lost, and all that is stored is sound. `raced`: the rival appends just before the next commit.
   */
  async attempt(
    batch: readonly Leaf<Effect>[],
    { fault = null, raced = false }: { fault?: Fault | null; raced?: boolean } = {},
  ): Promise<void> {
    this.#nowMs += HOUR_MS;
    const round = this.#round();
    const log = new WitnessedLog(this.#writer, this.#policy, round.kept);
    this.#plan.next(fault, raced ? async () => this.#append(this.batch().slice(0, 1), this.#rival) : null);

    await this.#append(batch, log);
    await log.checkpoint().catch(mustBeLost);
    await runWitnessRound(round).catch(mustBeLost);

    this.calls = this.#plan.calls;
    expect(this.#plan.isDone, "what had to fail has failed").toBe(true);
    if (fault !== null) this.strikes += 1;
    const size = await this.check();
    if (fault !== null) return;
    for (const { idem } of batch) expect(this.#told.has(idem), `${idem} is logged`).toBe(true);
    const seen = await verifyCheckpoint(await log.witnessedCheckpoint(), { logKeys: this.#witness.logKeys, policy: this.#policy });
    expect(seen).toMatchObject({ ok: true, value: { size } });
  }

  #round(): WitnessRoundPorts {
    const { store } = this.#ports;
    const witness = this.#plan.wrap("witness", {
      post: async (_: string, body: string) => accept(await addCheckpoint(utf8(body), this.#witness)),
    });
    return {
      policy: this.#policy,
      intervalMs: SECOND_MS,
      log: this.#writer,
      reader: store,
      kept: this.#plan.wrap("kept", this.#kept),
      post: async (url, body) => await witness.post(url, body).catch((error: unknown) => (mustBeLost(error), refuse("timed-out"))),
      report: () => undefined,
      now: () => this.#nowMs,
    };
  }

  async #append(batch: readonly Leaf<Effect>[], log: Pick<LogWriter, "append">): Promise<void> {
    for (const [i, answer] of (await Promise.allSettled(batch.map((one) => log.append(one)))).entries()) {
      if (answer.status === "rejected") mustBeLost(answer.reason);
      else if (answer.value.status === "logged") this.#remember(batch[i]?.idem ?? "", answer.value.index);
      else throw new Error(`told ${answer.value.status}`);
    }
  }

  #remember(idem: string, index: number): void {
    expect(this.#told.get(idem) ?? index, `${idem} is where it was`).toBe(index);
    this.#told.set(idem, index);
  }

  /**
   * The log, derived again from its first leaf, is what is stored and what was told; every effect is there once; what the
   * witness has seen, and what is kept of it, is of this log. Gives the size.
   */
  async check(): Promise<number> {
    const keys = await checkLog();
    expect([...this.#told.values()].map((index) => keys[index])).toEqual([...this.#told.keys()]);
    const [people, heads] = await env.DB.batch<Record<string, unknown>>([
      env.DB.prepare("SELECT id, leaf_index FROM person JOIN passkey ON person_id = id ORDER BY leaf_index"),
      env.DB.prepare("SELECT size, lower(hex(root)) AS root FROM log_head"),
    ]);
    const enrolled = keys.flatMap((idem, i) => (idem.startsWith("person-") ? [{ id: `usr_${idem}`, leaf_index: i }] : []));
    expect(people?.results).toEqual(enrolled);

    const rootOf = new Map(heads?.results.map(({ size, root }) => [size, root]));
    const { newest, witnessed } = this.#kept.state;
    const notes = [newest?.note, witnessed?.note, this.#seen.latest(LOG_ORIGIN)?.checkpoint].filter((note) => note !== undefined);
    for (const { size, root } of notes.map(headOf)) expect(hex(root)).toBe(rootOf.get(size));
    return keys.length;
  }
}

/** The ports of a writer that is seen to sign nothing but what it may. */
async function watchedPorts(): Promise<SequencerPorts<Effect>> {
  const anchor = new MemoryAnchor();
  const ports = await portsOfWriter({ anchor });
  const sign = async (text: Bytes): Promise<Bytes> => {
    await mayBeSigned(text, anchor);
    return await ports.signer.sign(text);
  };
  return { ...ports, signer: { ...ports.signer, sign } };
}

/** What is about to be signed is committed in D1, and anchored by who signs. */
async function mayBeSigned(text: Bytes, anchor: MemoryAnchor): Promise<void> {
  const { size, root } = headOf(new TextDecoder().decode(text));
  expect(anchor.head?.size).toBeGreaterThanOrEqual(size);
  if (anchor.head?.size === size) expect(equal(anchor.head.root, root)).toBe(true);
  const committed = await env.DB.prepare("SELECT root FROM log_head WHERE size = ?").bind(size).first<number[]>("root");
  expect(committed && equal(Uint8Array.from(committed), root)).toBe(true);
}

/** Of a note, or of its text. */
function headOf(note: string): { size: number; root: Bytes } {
  const checkpoint = parseCheckpoint(note.split("\n\n")[0]?.replace(/\n?$/, "\n") ?? "");
  if (!checkpoint.ok) throw new Error(checkpoint.refusal);
  return checkpoint.value;
}

/** Whether this is what a test has lost. */
export const isInjected = (error: unknown): boolean => String(error).includes(INJECTED);

/** Nobody may hear of anything else. */
function mustBeLost(error: unknown): void {
  if (!isInjected(error)) throw error;
}

export const HOWS: How[] = ["absent", "present"];
export const RETRIES = ["the same batch again", "another batch"] as const;
type Retry = (typeof RETRIES)[number];

/** D1's batch, its reads, what the object keeps, what signs, the witness. */
export const FAULTY_PARTS = ["store.commit", "store.read", "anchor.write", "signer.sign", "kept.write", "witness.post"];

export const retried = (world: World, batch: Leaf<Effect>[], retry: Retry): Leaf<Effect>[] =>
  retry === "another batch" ? world.batch() : batch;

/** Says what failed, if it fails. */
export async function failingAs(what: string, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    throw new Error(what, { cause: error });
  });
}
