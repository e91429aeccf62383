/** Who may rely on what was read of a key, and for how long, however the answers come. */
import { describe, expect, it } from "vitest";
import { KeyReadings } from "#gate/agents/activity/key-readings.ts";
import type { KeyReading } from "#gate/agents/activity/remote-activity.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import { KeyMemory } from "#gate/agents/key-memory.ts";
import { KeyStanding } from "#gate/agents/key-standing.ts";
import { beginLease, GIVEN_MS, HELD_MS, LEASE_MS, LENT_MS } from "#rules/lease.ts";

const FACTS: AgentFacts = {
  name: "bot",
  groups: [],
  ownerName: "alex",
  maker: null,
  stops: { all: 0, agent: 0 },
  isStopped: false,
  hasChannels: false,
  epoch: 0,
};
const STANDS: KeyReading = { agent: { id: "agt_1", owner: "usr_alex" }, refusals: 0, facts: FACTS };
const KEY = "hash";

/** Time that goes on only when it is told to, and a primary whose answers take a trip: what it reads is how it was in the middle of it. */
class World {
  nowMs = 0;
  clockAheadMs = 0;
  /** What timers are late by, as when there is too much to do. */
  lateMs = 0;
  tripMs = 0;
  /** How often the primary was asked. */
  asked = 0;
  isAway = false;
  stands = true;
  /** Of a key that was replaced. */
  endsAtMs: number | null = null;
  #timers: { atMs: number; run: () => void }[] = [];

  readonly after = (ms: number, run: () => void): void => void this.#timers.push({ atMs: this.nowMs + ms + this.lateMs, run });
  readonly now = (): number => this.nowMs + this.clockAheadMs;
  readonly readKey = async (): Promise<KeyReading | null> => {
    this.asked += 1;
    await this.#sleep(this.tripMs / 2);
    if (this.isAway) throw new Error("away");
    const until = this.endsAtMs === null ? {} : { until: new Date(this.endsAtMs).toISOString() };
    const reading = this.stands && this.now() < (this.endsAtMs ?? Infinity) ? { ...STANDS, ...until } : null;
    await this.#sleep(this.tripMs / 2);
    return reading;
  };

  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      await new Promise(setImmediate);
      const [next] = this.#timers.filter(({ atMs }) => atMs <= endMs).toSorted((one, other) => one.atMs - other.atMs);
      if (next === undefined) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }

  /** What it comes to, in as much time as it takes. */
  async done<Value>(work: Promise<Value>): Promise<Value> {
    let isDone = false;
    const settle = () => (isDone = true);
    work.then(settle, settle);
    while (!isDone) await this.pass(1);
    return work;
  }

  #sleep(ms: number): Promise<void> {
    return ms === 0 ? Promise.resolve() : new Promise((resolve) => this.after(ms, resolve));
  }
}

describe("a lease", () => {
  it("is over after its time, however the clock is set meanwhile", async () => {
    for (const setAfterMs of [0, 10, 99, 100]) {
      for (const byMs of [-1_000, -100, -50, 0, 50, 1_000]) {
        const world = new World();
        const lease = beginLease(100, world);
        await world.pass(setAfterMs);
        world.clockAheadMs = byMs;
        await world.pass(100 - setAfterMs);
        expect(lease.isOver, `set by ${byMs} after ${setAfterMs}`).toBe(true);
      }
    }
  });

  it("is over after its time, however late timers are", async () => {
    const world = new World();
    world.lateMs = 10_000;
    const lease = beginLease(100, world);
    await world.pass(99);
    expect(lease.isOver).toBe(false);
    await world.pass(1);
    expect(lease.isOver).toBe(true);
  });
});

describe("the object of an agent", () => {
  it("asks once for whoever comes at the same moment, and again before that is too old, beside the answer", async () => {
    const world = new World();
    const object = new KeyReadings(world);
    expect(await Promise.all([1, 2, 3].map(() => object.standing(KEY)))).toEqual([STANDS, STANDS, STANDS]);
    await world.pass(99);
    expect([await object.standing(KEY), world.asked]).toEqual([STANDS, 1]);
    await world.pass(1);
    expect([await object.standing(KEY), world.asked]).toEqual([STANDS, 2]);
    await world.pass(199);
    expect([await object.standing(KEY), world.asked]).toEqual([STANDS, 3]);
  });

  it("gives out nothing that was asked for longer ago", async () => {
    const world = new World();
    const object = new KeyReadings(world);
    await object.standing(KEY);
    world.stands = false;
    await world.pass(GIVEN_MS);
    expect(await object.standing(KEY)).toBeNull();
  });

  it("counts from before it asked, and gives a slow answer only to who came in time for it", async () => {
    const world = new World();
    world.tripMs = 2 * GIVEN_MS;
    const object = new KeyReadings(world);
    const first = object.standing(KEY);
    await world.pass(GIVEN_MS - 1);
    const inTime = object.standing(KEY);
    await world.pass(1);
    world.stands = false;
    const tooLate = object.standing(KEY);
    expect(await world.done(Promise.all([first, inTime, tooLate]))).toEqual([STANDS, STANDS, null]);
    expect(world.asked).toBe(2);
  });

  it("gives out nothing that was asked for before it was told of a change, also if the answer comes after", async () => {
    const world = new World();
    world.tripMs = 20;
    const object = new KeyReadings(world);
    const before = object.standing(KEY);
    await world.pass(15);
    world.stands = false;
    object.forget();
    const after = object.standing(KEY);
    expect(await world.done(Promise.all([before, after]))).toEqual([STANDS, null]);
    expect(await object.standing(KEY)).toBeNull();
  });

  it("answers nothing once it cannot ask, except what it may still give out", async () => {
    const world = new World();
    const object = new KeyReadings(world);
    await object.standing(KEY);
    world.isAway = true;
    await world.pass(GIVEN_MS - 1);
    expect(await object.standing(KEY)).toEqual(STANDS);
    await world.pass(1);
    await expect(object.standing(KEY)).rejects.toThrow("away");
    world.isAway = false;
    expect(await object.standing(KEY)).toEqual(STANDS);
  });

  it("holds each key by itself", async () => {
    const object = new KeyReadings({ readKey: (key) => Promise.resolve(key === "revoked" ? null : STANDS), after: () => {}, now: () => 0 });
    expect(await object.standing("revoked")).toBeNull();
    expect(await object.standing("the next one")).toEqual(STANDS);
  });
});

describe("a call", () => {
  /** Calls of one agent, in an isolate that knows its key. `busy`: it calls so often that its object is asked. */
  async function calls({ busy }: { busy: boolean }) {
    const world = new World();
    const memory = new KeyMemory();
    const object = new KeyReadings(world);
    const asked = { object: 0 };
    const standing = (keyHash: string) => {
      asked.object += 1;
      return object.standing(keyHash);
    };
    const activityOf = () => ({ standing, forget: () => Promise.resolve(object.forget()) });
    const ports = { readKey: world.readKey, after: world.after, afterAll: world.after, now: world.now, memory, activityOf };
    const call = () => new KeyStanding(KEY, ports);
    await call().ask();
    for (let count = 0; busy && count < 100; count++) call();
    world.asked = 0;
    return { world, asked, call };
  }

  it("asks the primary; the answer may be relied on for a while, and then only after asking again", async () => {
    const { world, asked, call } = await calls({ busy: false });
    const standing = call();
    expect(standing.known).toEqual(STANDS.agent);
    expect(await standing.ask()).toEqual(STANDS);
    await world.pass(HELD_MS - 1);
    expect([await standing.stands(), world.asked]).toEqual([FACTS, 1]);
    await world.pass(1);
    expect([await standing.stands(), world.asked]).toEqual([FACTS, 2]);
    world.stands = false;
    expect([await standing.standsNow(), await standing.stands()]).toEqual([null, null]);
    expect(asked.object).toBe(0);
  });

  it("of an agent that calls very often asks its object, which asks the primary a few times a second", async () => {
    const { world, asked, call } = await calls({ busy: true });
    for (let count = 0; count < 500; count++) {
      await world.pass(2);
      expect(await call().ask()).toEqual(STANDS);
    }
    expect(asked.object).toBe(10);
    expect(world.asked).toBe(10);
    await world.pass(3_000);
    await call().ask();
    expect(asked.object).toBe(10);
  });

  it("takes what another one was told a moment ago, and relies on it until that one may no more", async () => {
    const { world, asked, call } = await calls({ busy: true });
    await call().ask();
    await world.pass(LENT_MS - 1);
    const second = call();
    expect([await second.ask(), asked.object]).toEqual([STANDS, 1]);
    world.stands = false;
    await world.pass(HELD_MS - LENT_MS);
    expect(await second.stands()).toEqual(FACTS);
    await world.pass(1);
    expect(await second.stands()).toBeNull();
  });

  it("asks for itself once that is longer ago, however the clock was set meanwhile", async () => {
    for (const byMs of [-10_000, -50, -1, 0, 10_000]) {
      const { world, asked, call } = await calls({ busy: true });
      await call().ask();
      await world.pass(LENT_MS - 1);
      world.clockAheadMs = byMs;
      await world.pass(1);
      const before = asked.object + world.asked;
      await call().ask();
      expect(asked.object + world.asked, `set by ${byMs}`).toBeGreaterThan(before);
    }
  });

  it("relies on the object's word, and then asks the primary", async () => {
    const { world, call } = await calls({ busy: true });
    const standing = call();
    await standing.ask();
    world.stands = false;
    await world.pass(HELD_MS - 1);
    expect(await standing.stands()).toEqual(FACTS);
    await world.pass(1);
    expect(await standing.stands()).toBeNull();
  });

  it.each([false, true])("with a key that was replaced is given no answer from its end on (busy: %j)", async (busy) => {
    const { world, call } = await calls({ busy });
    world.endsAtMs = world.nowMs + 500;
    const standing = call();
    expect(await standing.ask()).not.toBeNull();
    await world.pass(499);
    expect(await standing.stands()).toEqual(FACTS);
    const last = call();
    expect(await last.ask()).not.toBeNull();
    // Its object gives out what it read before, and another call's answer would be lent: neither opens anything any more.
    await world.pass(1);
    expect([await standing.stands(), await last.stands(), await call().ask()]).toEqual([null, null, null]);
  });

  it("is answered if the primary is slow, and not if it is so slow that its answer may no longer be relied on", async () => {
    const { world, call } = await calls({ busy: false });
    const standing = call();
    world.tripMs = HELD_MS - 2;
    await world.done(standing.ask());
    expect(await world.done(standing.stands())).toEqual(FACTS);
    world.tripMs = HELD_MS + 2;
    await world.pass(HELD_MS);
    world.asked = 0;
    await expect(world.done(standing.stands())).rejects.toThrow("could not be learned in time");
    expect(world.asked).toBe(3);
  });

  it("is not admitted if nobody can be asked", async () => {
    const { world, call } = await calls({ busy: true });
    world.isAway = true;
    await expect(call().ask()).rejects.toThrow("away");
  });

  it.each([false, true])("is given no answer once the revocation has one, however slow the primary is (busy: %j)", async (busy) => {
    for (const tripMs of [0, 10, 100, 250, 500, 900]) {
      const { world, call } = await calls({ busy });
      world.tripMs = tripMs;
      const answeredAt: number[] = [];
      const answer = async () => {
        const standing = call();
        if ((await standing.ask()) !== null && (await standing.stands()) !== null) answeredAt.push(world.nowMs);
      };
      const open: Promise<void>[] = [];
      const go = async (ms: number) => {
        for (let passed = 0; passed < ms; passed += 5) {
          open.push(answer().catch(() => undefined));
          await world.pass(5);
        }
      };
      await go(1_500);
      world.stands = false;
      const revokedAtMs = world.nowMs;
      await go(1_500);
      await world.done(Promise.all(open));
      if (tripMs < HELD_MS) expect(answeredAt.length, `trips of ${tripMs} ms`).toBeGreaterThan(10);
      expect(Math.max(0, ...answeredAt), `trips of ${tripMs} ms`).toBeLessThan(revokedAtMs + LEASE_MS);
    }
  });
});

describe("what an isolate remembers of keys", () => {
  it("is whose they are, of a thousand", () => {
    const memory = new KeyMemory();
    for (let count = 0; count <= 1_000; count++) memory.remember(`key ${count}`, { ...STANDS.agent, id: `agt_${count}` });
    expect(memory.called("key 0", 0).holder).toBeNull();
    expect(memory.called("key 1", 0).holder).toMatchObject({ id: "agt_1" });
    expect(memory.called("key 1000", 0).holder).toMatchObject({ id: "agt_1000" });
    expect(memory.called("another", 0).holder).toBeNull();
  });
});
