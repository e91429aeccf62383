/** How allowed calls ended is told with the agent's next call, or soon by itself, and is not lost on the way. */
import { describe, expect, it } from "vitest";
import { UNTOLD_MS, UntoldEnds } from "#gate/calls/untold-ends.ts";
import type { Admission, CallToAdmit, RemoteCalls, SettledCall } from "#rules/calls/admission.ts";

const FACTS = {
  name: "bot",
  groups: [],
  ownerName: "alex",
  maker: null,
  stops: { all: 0, agent: 0 },
  isStopped: false,
  hasChannels: false,
  epoch: 0,
};
const CALL: CallToAdmit = {
  judgedBy: FACTS,
  facts: null,
  limits: null,
  keep: { what: "none", days: null },
  arguments: null,
  session: null,
  trace: null,
  join: null,
};
const ended = (number: number): SettledCall => ({
  number,
  status: "succeeded",
  code: null,
  flags: [],
  request: null,
  resultHash: null,
  resultBytes: 2,
  result: null,
  masked: [],
  ms: 1,
});

/** An agent's object as it is told, and time that goes on when it is told to. */
class World {
  nowMs = 0;
  /** Numbers, as they came: with a call, or by themselves. */
  readonly withCalls: number[][] = [];
  readonly alone: number[] = [];
  isAway = false;
  hears = true;
  isolateLives = true;
  readonly #sleeping: { untilMs: number; wake: () => void }[] = [];

  readonly #object = {
    admit: (_key: string, _call: CallToAdmit, came: readonly SettledCall[] = []): Promise<Admission> => {
      if (this.isAway) return Promise.reject(new Error("away"));
      this.withCalls.push(came.map(({ number }) => number));
      const admission = { status: "admitted" as const, facts: FACTS, number: 1, joined: null };
      return Promise.resolve(this.hears && came.length > 0 ? { ...admission, heard: came.length } : admission);
    },
    settle: (end: SettledCall): Promise<void> => {
      if (this.isAway) return Promise.reject(new Error("away"));
      this.alone.push(end.number);
      return Promise.resolve();
    },
  };

  /** What one request has, of an isolate or another. */
  readonly ports = {
    activity: this.#object as unknown as RemoteCalls,
    sleep: (ms: number) => new Promise<void>((wake) => void this.#sleeping.push({ untilMs: this.nowMs + ms, wake })),
    now: () => this.nowMs,
    waitUntil: (work: Promise<unknown>) => void work,
  };

  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    for (const { untilMs, wake } of this.#sleeping) if (untilMs <= this.nowMs && this.isolateLives) wake();
    await new Promise(setImmediate);
  }
}

describe("how a call ended", () => {
  it("goes along with the agent's next call, and nothing else is sent", async () => {
    const world = new World();
    const ends = new UntoldEnds();
    for (const n of [1, 2]) void ends.tell("agt_1", ended(n), world.ports);
    await ends.admit("agt_1", "key", CALL, world.ports);
    await world.pass(UNTOLD_MS);
    expect([world.withCalls, world.alone]).toEqual([[[1, 2]], []]);
  });

  it("is told by itself where no call comes, once for all that have ended by then", async () => {
    const world = new World();
    const ends = new UntoldEnds();
    const first = ends.tell("agt_1", ended(1), world.ports);
    await world.pass(UNTOLD_MS - 1);
    await ends.tell("agt_1", ended(2), world.ports);
    expect(world.alone).toEqual([]);
    await world.pass(1);
    await first;
    expect(world.alone).toEqual([1, 2]);
    void ends.tell("agt_1", ended(3), world.ports);
    await world.pass(UNTOLD_MS);
    expect(world.alone).toEqual([1, 2, 3]);
  });

  it("is told again where the call that it went with failed, or came to an object that hears of no ends", async () => {
    for (const how of ["isAway", "hears"] as const) {
      const world = new World();
      const ends = new UntoldEnds();
      void ends.tell("agt_1", ended(1), world.ports);
      world[how] = how === "isAway";
      const admitted = await ends.admit("agt_1", "key", CALL, world.ports).then(
        () => true,
        () => false,
      );
      expect(admitted).toBe(how === "hears");
      world.isAway = false;
      await world.pass(UNTOLD_MS);
      expect(world.alone, how).toEqual([1]);
    }
  });

  it("waits for the next call where the object could not be told", async () => {
    const world = new World();
    const ends = new UntoldEnds();
    void ends.tell("agt_1", ended(1), world.ports);
    world.isAway = true;
    await world.pass(UNTOLD_MS);
    world.isAway = false;
    await ends.admit("agt_1", "key", CALL, world.ports);
    expect([world.withCalls, world.alone]).toEqual([[[1]], []]);
  });

  it("is told by another request, where that which was to tell it has come to an end", async () => {
    const world = new World();
    const ends = new UntoldEnds();
    world.isolateLives = false;
    void ends.tell("agt_1", ended(1), world.ports);
    await world.pass(10 * UNTOLD_MS);
    world.isolateLives = true;
    void ends.tell("agt_1", ended(2), { ...world.ports, sleep: () => Promise.resolve() });
    await world.pass(0);
    expect(world.alone).toEqual([1, 2]);
  });

  it("is of one agent, and of one isolate, which tells its own", async () => {
    const world = new World();
    const [here, there] = [new UntoldEnds(), new UntoldEnds()];
    void here.tell("agt_1", ended(1), world.ports);
    void there.tell("agt_1", ended(2), world.ports);
    await here.admit("agt_2", "key", CALL, world.ports);
    await here.admit("agt_1", "key", CALL, world.ports);
    await world.pass(UNTOLD_MS);
    expect([world.withCalls, world.alone]).toEqual([[[], [1]], [2]]);
  });

  it("goes in portions: a call takes a hundred along", async () => {
    const world = new World();
    const ends = new UntoldEnds();
    for (let n = 1; n <= 130; n++) void ends.tell("agt_1", ended(n), world.ports);
    await ends.admit("agt_1", "key", CALL, world.ports);
    expect(world.withCalls.map(({ length }) => length)).toEqual([100]);
    await world.pass(UNTOLD_MS);
    expect(world.alone).toHaveLength(30);
  });
});
