/** Objects of one isolate that read together: what one has asked for others give out as old as it is, and never past a change. */
import { describe, expect, it } from "vitest";
import { KeyReadings } from "#gate/agents/activity/key-readings.ts";
import type { KeyReading } from "#gate/agents/activity/remote-activity.ts";
import { SharedReadings } from "#gate/agents/activity/shared-readings.ts";
import { GIVEN_MS } from "#rules/lease.ts";

const KEYS = ["one", "two"] as const;
const readingOf = (key: string): KeyReading => ({
  agent: { id: `agt_${key}`, owner: "usr_alex" },
  refusals: 0,
  facts: {
    name: key,
    groups: [],
    ownerName: "alex",
    maker: null,
    stops: { all: 0, agent: 0 },
    isStopped: false,
    hasChannels: false,
    epoch: 0,
  },
});

class World {
  nowMs = 0;
  readonly asked: string[][] = [];
  readonly revoked = new Set<string>();
  isAway = false;
  /** Answers wait until they are let go. */
  isSlow = false;
  readonly #slow: (() => void)[] = [];
  readonly #timers: { atMs: number; run: () => void }[] = [];
  readonly #shared = new SharedReadings();

  object(): KeyReadings {
    return new KeyReadings({
      readKey: () => Promise.reject(new Error("keys are read together")),
      together: { shared: this.#shared, readKeys: (keys) => this.#read(keys) },
      after: (ms, run) => void this.#timers.push({ atMs: this.nowMs + ms, run }),
      now: () => this.nowMs,
    });
  }

  async #read(keys: readonly string[]): Promise<Map<string, KeyReading>> {
    this.asked.push([...keys]);
    const found = new Map(keys.filter((key) => !this.revoked.has(key)).map((key) => [key, readingOf(key)]));
    if (this.isAway) throw new Error("away");
    if (this.isSlow) await new Promise<void>((go) => void this.#slow.push(go));
    return found;
  }

  async letGo(): Promise<void> {
    for (const go of this.#slow.splice(0)) go();
    await new Promise(setImmediate);
  }

  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    for (const { atMs, run } of this.#timers) if (atMs <= this.nowMs) run();
    await new Promise(setImmediate);
  }
}

/** Two agents that have called a moment ago. */
async function two(world: World): Promise<[KeyReadings, KeyReadings]> {
  const objects: [KeyReadings, KeyReadings] = [world.object(), world.object()];
  for (const [n, object] of objects.entries()) await object.standing(KEYS[n] ?? "");
  world.asked.splice(0);
  return objects;
}

describe("objects of one isolate", () => {
  it("ask once for all that were wanted lately", async () => {
    const world = new World();
    const [one, other] = await two(world);
    await world.pass(100);
    for (const object of [one, other, one]) expect(await object.standing(object === one ? "one" : "two")).not.toBeNull();
    expect(world.asked).toEqual([["one", "two"]]);
    await world.pass(2_000);
    expect(await one.standing("one")).not.toBeNull();
    expect(world.asked.at(-1)).toEqual(["one"]);
  });

  it("give out what another has asked for no longer than that one may", async () => {
    const world = new World();
    const [one, other] = await two(world);
    await world.pass(100);
    await one.standing("one");
    await world.pass(99);
    world.revoked.add("two");
    expect(await other.standing("two")).not.toBeNull();
    await world.pass(GIVEN_MS - 99);
    world.isAway = true;
    await expect(other.standing("two")).rejects.toThrow("away");
    world.isAway = false;
    expect(await other.standing("two")).toBeNull();
  });

  it("take nothing that was asked for before they were told of a change, also if the answer comes after", async () => {
    const world = new World();
    const [one, other] = await two(world);
    await world.pass(100);
    world.isSlow = true;
    await one.standing("one");
    world.revoked.add("two");
    other.forget();
    await world.letGo();
    world.isSlow = false;
    expect(await other.standing("two")).toBeNull();
    await world.pass(100);
    expect(await other.standing("two")).toBeNull();
  });

  it("ask for themselves first: of another's question nobody waits for an answer", async () => {
    const world = new World();
    const [one] = await two(world);
    await world.pass(100);
    await one.standing("one");
    world.asked.splice(0);
    expect(await world.object().standing("two")).not.toBeNull();
    expect(world.asked[0]?.[0]).toBe("two");
  });

  it("go on asking where another's question gets no answer", async () => {
    const world = new World();
    const [one, other] = await two(world);
    await world.pass(100);
    world.isSlow = true;
    await one.standing("one");
    await other.standing("two");
    expect(world.asked).toHaveLength(1);
    await world.pass(100);
    const waiting = other.standing("two");
    expect(world.asked).toHaveLength(2);
    await world.letGo();
    expect(await waiting).not.toBeNull();
  });
});
