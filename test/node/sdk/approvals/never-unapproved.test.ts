/**
 * No way through the SDK runs the function without an approval that was redeemed for equal arguments, and none runs it twice: whichever
 * calls go wrong and how, whenever a process dies or gives up, and however many go on with the same request at once.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { payloadHash } from "#countersign/documents/request.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { Countersign } from "#countersign/sdk/approvals/countersign.ts";
import { type AskedState, CountersignError } from "#countersign/sdk/approvals/errors.ts";
import { processMemory } from "#countersign/sdk/log-memory.ts";
import { StubCountersign } from "#countersign/testing/stub-countersign.ts";
import { Death, fastClock, type Fault, FAULTS, faultyFetch } from "#test/support/sdk/faulty-fetch.ts";

type End = "approved" | "denied" | "expired" | "passes";

/** One process: what goes wrong in it, after how many calls whoever waits gives up, and what its function does. */
interface Life {
  faults: Fault[];
  abortAt: number | null;
  /** How many go on with the request in it at once. */
  at_once: number;
  /** Whether each goes on in the same process when something keeps it from going on. */
  again: boolean;
  act: "returns" | "throws" | "dies";
  /** Whether the caller changes its arguments while it waits. */
  changes: boolean;
  madeByHand: boolean;
  /** Whether it knows the log's key, or what was first seen of the log. */
  knowsKey: boolean;
}

/** Now and then one goes wrong for longer than a call is tried again. */
const faults = fc
  .array(
    fc.record({
      fault: fc.oneof({ arbitrary: fc.constant("none" as const), weight: 8 }, fc.constantFrom(...FAULTS)),
      times: fc.oneof({ arbitrary: fc.constant(1), weight: 5 }, fc.constant(12)),
    }),
    { maxLength: 10 },
  )
  .map((runs) => runs.flatMap(({ fault, times }) => Array.from({ length: fault === "none" ? 1 : times }, () => fault)));

const life: fc.Arbitrary<Life> = fc.record({
  faults,
  abortAt: fc.option(fc.nat({ max: 9 }), { freq: 4 }),
  at_once: fc.integer({ min: 1, max: 3 }),
  again: fc.boolean(),
  act: fc.constantFrom("returns", "returns", "throws", "dies"),
  changes: fc.boolean(),
  madeByHand: fc.boolean(),
  knowsKey: fc.boolean(),
});

const lives = fc.array(life, { minLength: 1, maxLength: 3 });
const ending = fc.record({
  end: fc.constantFrom<End>("approved", "approved", "approved", "denied", "expired", "passes"),
  after: fc.nat({ max: 4 }),
});

interface Run {
  args: JsonObject;
  /** As the service had it when the function ran. */
  wasRedeemed: boolean;
}

class World {
  readonly stub = new StubCountersign();
  readonly #memory = processMemory();
  readonly runs: Run[] = [];
  state: AskedState | null = null;
  #reads = 0;
  readonly #ending: { end: End; after: number };

  constructor(planned: { end: End; after: number }) {
    this.#ending = planned;
  }

  /** People decide between two readings. */
  #decideInTime = (url: URL): void => {
    const id = /^\/api\/v1\/approvals\/([^/]+)$/.exec(url.pathname)?.[1];
    if (id === undefined || this.#reads++ < this.#ending.after) return;
    try {
      if (this.#ending.end === "passes") this.stub.letPass(id);
      else if (this.#ending.end === "expired") this.stub.expire(id);
      else this.stub.decide(id, this.#ending.end);
    } catch {
      // It has ended before.
    }
  };

  #isRedeemed(): Promise<boolean> {
    const headers = { "x-api-key": this.stub.apiKey };
    const path = `${this.stub.url}/api/v1/approvals/${this.state?.request_id}`;
    return this.stub.fetch(path, { headers }).then(async (answer) => {
      const view = (await answer.json()) as { redeemed_at?: string; payload_hash: string; status: string };
      return view.redeemed_at !== undefined && view.status === "approved";
    });
  }

  /** One process from its start until all that it does has ended, or it is dead. Gives what came of each. */
  async live(planned: Life): Promise<("done" | "dead" | CountersignError | Error)[]> {
    const { abortAt, at_once, again, act, changes, madeByHand } = planned;
    const abort = new AbortController();
    const death = new Death();
    let calls = 0;
    const fetch = faultyFetch(this.stub, [...planned.faults], death, (url) => {
      if (calls++ === abortAt) abort.abort();
      this.#decideInTime(url);
    });
    const { url, apiKey, logKey } = this.stub;
    const countersign = new Countersign({
      url,
      apiKey,
      fetch,
      clock: fastClock(),
      ...(planned.knowsKey ? { logKey } : { memory: this.#memory }),
    });
    const gated = countersign.gate(
      async (args: JsonObject) => {
        this.runs.push({ args, wasRedeemed: await this.#isRedeemed() });
        if (act === "throws") throw new Error("no disk");
        if (act === "dies") await death.die();
        return "done" as const;
      },
      {
        action: "Deploy",
        signal: abort.signal,
        ...(madeByHand && { payload: (args: JsonObject) => ({ ...args }) }),
        onProgress: ({ state }) => (this.state ??= JSON.parse(JSON.stringify(state)) as AskedState),
      },
    );
    const begin = async (): Promise<"done"> => {
      const args = { version: "4.2.0", hosts: ["a", "b"] };
      const going = this.state === null ? gated(args) : gated.resume(this.state, args);
      if (changes) args.hosts.push("c");
      return await going;
    };
    const ended = (error: unknown): Error => error as Error;
    const insist = () => begin().catch((error: unknown) => (again ? begin().catch(ended) : ended(error)));
    const began = Array.from({ length: this.state === null ? 1 : at_once }, insist);
    return await Promise.race([Promise.all(began), death.promise.then(() => ["dead" as const])]);
  }
}

const APPROVED = payloadHash({ version: "4.2.0", hosts: ["a", "b"] });

it("whatever goes wrong: it is run at most once, after the approval was redeemed, with what was approved", async () => {
  let [ran, unharmed] = [0, 0];
  await fc.assert(
    fc.asyncProperty(lives, ending, async (planned, end) => {
      const world = new World(end);
      const outcomes = [];
      for (const one of planned) outcomes.push(await world.live(one));
      const said = outcomes.flat();

      expect(world.runs.length).toBeLessThanOrEqual(end.end === "approved" ? 1 : 0);
      for (const { args, wasRedeemed } of world.runs) expect([payloadHash(args), wasRedeemed]).toEqual([APPROVED, true]);
      // Only who ran it may say that it is done, and whatever else is said is an error with a code.
      expect(said.filter((one) => one === "done").length).toBeLessThanOrEqual(world.runs.length);
      for (const one of said) {
        if (typeof one !== "string" && one.message !== "no disk") expect(one).toBeInstanceOf(CountersignError);
      }
      const [firstLife] = planned;
      const isUnharmed =
        firstLife?.faults.every((fault) => fault === "none") && firstLife.abortAt === null && !(firstLife.changes && firstLife.madeByHand);
      if (isUnharmed && end.end === "approved") {
        unharmed += 1;
        expect(world.runs).toHaveLength(1);
      }
      ran += world.runs.length;
    }),
    { numRuns: 350 },
  );
  // It would hold as well if nothing ever ran.
  expect([ran > 80, unharmed > 12]).toEqual([true, true]);
});
