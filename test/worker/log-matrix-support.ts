/**
 * A writer of the log of which every port can fail, before what was asked of it has happened or after; a rival on the same
 * database; and what must be so after each failure. What the ports are is src/gate/sequence-leaves.ts.
 */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { type Bytes, equal } from "../../src/core/bytes.ts";
import { LeafSequencer, type SequencerPorts } from "../../src/gate/sequence-leaves.ts";
import type { Leaf } from "../../src/gate/transparency-log.ts";
import { parseCheckpoint } from "../../src/tlog/checkpoint.ts";
import { checkLog, enrolment, leaf, MemoryAnchor, portsOfWriter } from "./log-support.ts";

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
class Plan {
  /** Every call since `next` was called last. */
  calls: string[] = [];
  #fault: Fault | null = null;
  #beforeCommit: (() => Promise<unknown>) | null = null;

  /** From now on: what fails, and what somebody else does just before the next commit. */
  next(fault: Fault | null, beforeCommit: (() => Promise<unknown>) | null): void {
    this.calls = [];
    this.#fault = fault;
    this.#beforeCommit = beforeCommit;
  }

  get hasStruck(): boolean {
    return this.#fault === null;
  }

  /** The ports, with each of their methods going through here. Clock and randomness cannot fail. */
  wrapAll(ports: SequencerPorts): SequencerPorts {
    const { store, anchor, signer } = ports;
    return { ...ports, store: this.#wrap("store", store), anchor: this.#wrap("anchor", anchor), signer: this.#wrap("signer", signer) };
  }

  #wrap<Port extends object>(name: string, port: Port): Port {
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
    if (part === "store.commit" && before !== null) {
      this.#beforeCommit = null;
      return before().then(() => this.#strike(part, run));
    }
    return this.#strike(part, run);
  }

  #strike(part: string, run: () => unknown): unknown {
    const earlier = this.calls.filter((call) => call === part).length;
    this.calls.push(part);
    const fault = this.#fault;
    if (fault === null || fault.part !== part || fault.nth !== earlier) return run();
    this.#fault = null;
    const lose = (): never => {
      throw new Error(INJECTED);
    };
    if (fault.how === "absent") return lose();
    const done = run();
    return done instanceof Promise ? done.then(lose) : lose();
  }
}

/** The log of the test's database, with a writer that fails and a rival that does not. */
export class World {
  readonly plan = new Plan();
  readonly #anchor = new MemoryAnchor();
  #writer: LeafSequencer | null = null;
  #rival: LeafSequencer | null = null;
  #leaves = 0;
  /** The index of every leaf that somebody was told is logged. */
  readonly #told = new Map<string, number>();

  /** Both writers have opened the log, so that what they do next is what they do while they remember. */
  static async begun(): Promise<World> {
    const world = new World();
    await world.writer();
    await (await world.rival()).checkpoint();
    await world.attempt(world.batch());
    return world;
  }

  /** The memory of the writer is gone; what it has stored stays. */
  forget(): void {
    this.#writer = null;
  }

  async writer(): Promise<LeafSequencer> {
    this.#writer ??= new LeafSequencer(this.plan.wrapAll(await watchedPorts(this.#anchor)));
    return this.#writer;
  }

  async rival(): Promise<LeafSequencer> {
    this.#rival ??= new LeafSequencer(await watchedPorts(new MemoryAnchor()));
    return this.#rival;
  }

  /** Two leaves that nobody has appended yet, one of them with an effect. */
  batch(): Leaf[] {
    const n = this.#leaves++;
    return [leaf(`leaf ${n}`), enrolment(`person-${n}`, `person-${n}`)];
  }

  /**
   * Appends a batch and asks for a checkpoint, with this fault on the way. Everybody hears the truth or that something was
   * lost, and the log is whole. `raced`: the rival appends just before the writer's next commit.
   */
  async attempt(batch: readonly Leaf[], { fault = null, raced = false }: { fault?: Fault | null; raced?: boolean } = {}): Promise<void> {
    const writer = await this.writer();
    const race = async () => this.#hear(this.batch().slice(0, 1), await this.rival());
    this.plan.next(fault, raced ? race : null);
    const lost = await this.#hear(batch, writer);
    const size = await writer.checkpoint().then(sizeOf, (error: unknown) => isLost(error));
    expect(this.plan.hasStruck, "the fault struck").toBe(true);
    if (fault === null) expect([lost, size]).toEqual([0, await this.check()]);
    else await this.check();
  }

  /** Appends; how many callers heard nothing but that something was lost. */
  async #hear(batch: readonly Leaf[], writer: LeafSequencer): Promise<number> {
    let lost = 0;
    for (const [i, answer] of (await Promise.allSettled(batch.map((one) => writer.append(one)))).entries()) {
      if (answer.status === "rejected") lost += isLost(answer.reason);
      else if (answer.value.status === "logged") this.#remember(batch[i]?.idem ?? "", answer.value.index);
      else throw new Error(`told ${answer.value.status}`);
    }
    return lost;
  }

  #remember(idem: string, index: number): void {
    expect(this.#told.get(idem) ?? index, `${idem} is where it was`).toBe(index);
    this.#told.set(idem, index);
  }

  /** The log, derived again from its first leaf, is what is stored and what was told; every effect is there once. Its size. */
  async check(): Promise<number> {
    const keys = await checkLog();
    for (const [idem, index] of this.#told) expect(keys[index]).toBe(idem);
    const people = await env.DB.prepare("SELECT id, leaf_index FROM person JOIN passkey ON person_id = id ORDER BY leaf_index").all();
    const enrolled = keys.flatMap((idem, i) => (idem.startsWith("person-") ? [{ id: `usr_${idem}`, leaf_index: i }] : []));
    expect(people.results).toEqual(enrolled);
    return keys.length;
  }

  /** Whether all of it is in the log, whatever its callers were told. */
  async isLogged(batch: readonly Leaf[]): Promise<boolean> {
    const idems = JSON.stringify(batch.map(({ idem }) => idem));
    const there = await env.DB.prepare("SELECT count(*) AS n FROM log_leaf WHERE idem IN (SELECT value FROM json_each(?))")
      .bind(idems)
      .first<number>("n");
    return there === batch.length;
  }
}

/** The ports of a writer that is seen to sign nothing but what it may. */
async function watchedPorts(anchor: MemoryAnchor): Promise<SequencerPorts> {
  const ports = await portsOfWriter({ anchor });
  const sign = async (text: Bytes): Promise<Bytes> => {
    await mayBeSigned(new TextDecoder().decode(text), anchor);
    return await ports.signer.sign(text);
  };
  return { ...ports, signer: { ...ports.signer, sign } };
}

const sizeOf = (note: string): number => Number(note.split("\n")[1]);

/** 1, if this is what a test has lost; nobody may hear of anything else. */
function isLost(error: unknown): 1 {
  if (!String(error).includes(INJECTED)) throw error;
  return 1;
}

/** What is about to be signed is committed in D1, and anchored by who signs. */
async function mayBeSigned(text: string, anchor: MemoryAnchor): Promise<void> {
  const checkpoint = parseCheckpoint(text);
  if (!checkpoint.ok) throw new Error(checkpoint.refusal);
  const { size, root } = checkpoint.value;
  expect(anchor.head?.size).toBeGreaterThanOrEqual(size);
  if (anchor.head?.size === size) expect(equal(anchor.head.root, root)).toBe(true);
  const committed = await env.DB.prepare("SELECT root FROM log_head WHERE size = ?").bind(size).first<number[]>("root");
  expect(committed && equal(Uint8Array.from(committed), root)).toBe(true);
}
