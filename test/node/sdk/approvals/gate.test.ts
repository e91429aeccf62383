/** A function behind the gate: what it is called with, when it is not called, and what is told of it. */
import { beforeEach, describe, expect, it } from "vitest";
import { Countersign } from "#countersign/sdk/approvals/countersign.ts";
import { type AskedState, CountersignError, OutcomeNotKnown } from "#countersign/sdk/approvals/errors.ts";
import type { Progress } from "#countersign/sdk/approvals/waiting.ts";
import { StubCountersign } from "#countersign/testing/stub-countersign.ts";
import { Death, fastClock, type Fault, faultyFetch } from "#test/support/sdk/faulty-fetch.ts";

let stub: StubCountersign;
let countersign: Countersign;
let states: AskedState[];
let told: string[];
beforeEach(() => {
  stub = new StubCountersign();
  countersign = new Countersign({ url: stub.url, apiKey: stub.apiKey, logKey: stub.logKey, fetch: stub.fetch });
  [states, told] = [[], []];
});

/** Notes what is told, and has people approve what is asked. */
const onProgress = (progress: Progress): void => {
  told.push(progress.kind === "reported" ? `reported ${progress.outcome}${progress.problem === undefined ? "" : "?"}` : progress.kind);
  if (progress.kind !== "asked") return;
  states.push(progress.state);
  stub.decide(progress.state.request_id, "approved");
};
const code = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => (error instanceof CountersignError ? error.code : error),
  );
const payloads = () =>
  stub.calls.flatMap(({ path, body }) => (path.endsWith("/approvals") ? [(body as { payload: unknown }).payload] : []));
const outcomes = () => stub.calls.flatMap(({ path, body }) => (path.endsWith("/outcome") ? [(body as { outcome: string }).outcome] : []));

describe("is called", () => {
  it("once, with a copy of what was approved, and its value and outcome are passed on", async () => {
    const args = { hosts: ["a"] };
    const deploy = countersign.gate(
      async (given: { hosts: string[] }) => {
        given.hosts.push("z");
        return await Promise.resolve(given.hosts.join());
      },
      { action: ({ hosts }) => `Deploy to ${hosts.length}`, tool: "deploy", onProgress },
    );
    const going = deploy(args);
    args.hosts.push("b");
    expect(await going).toBe("a,z");
    expect(args.hosts).toEqual(["a", "b"]);
    expect(told).toEqual(["asked", "decided", "redeemed", "reported succeeded"]);
    expect(stub.calls[0]?.body).toEqual({ action: "Deploy to 1", payload: { hosts: ["a"] }, tool: "deploy", wait_seconds: 0 });
  });

  it("with its arguments as they were, whatever they look like", async () => {
    const seen: unknown[][] = [];
    const act = countersign.gate((...args: unknown[]) => void seen.push(args), { action: "Act", onProgress });
    const calls = [[1, "two", null], [], [["a"]], [{ arguments: [1] }], [{ a: 1 }], [1]];
    for (const args of calls) await act(...args);
    expect(seen).toEqual(calls);
    expect(payloads()).toEqual([
      { arguments: [1, "two", null] },
      { arguments: [] },
      { arguments: [["a"]] },
      // Another call than that with 1 alone.
      { arguments: [{ arguments: [1] }] },
      { a: 1 },
      { arguments: [1] },
    ]);
  });

  it("and what it throws goes on to the caller", async () => {
    const act = (error: Error) =>
      countersign.gate(
        () => {
          throw error;
        },
        { action: "Act", onProgress },
      );
    const [plain, unknown] = [new Error("no disk"), new OutcomeNotKnown("already_redeemed", "Look first.")];
    await expect(act(plain)()).rejects.toBe(plain);
    await expect(act(unknown)()).rejects.toBe(unknown);
    expect(outcomes()).toEqual(["failed", "unknown"]);
  });

  it("inside another one, each with an approval of its own", async () => {
    const inner = countersign.gate((args: { host: string }) => `${args.host} is down`, { action: "Stop a host", onProgress });
    const outer = countersign.gate(async (args: { hosts: string[] }) => await Promise.all(args.hosts.map((host) => inner({ host }))), {
      action: "Stop hosts",
      onProgress,
    });
    expect(await outer({ hosts: ["a", "b"] })).toEqual(["a is down", "b is down"]);
    expect(new Set(states.map(({ request_id }) => request_id)).size).toBe(3);
    expect(outcomes()).toEqual(["succeeded", "succeeded", "succeeded"]);
  });

  it("and its value is given although nobody could be told how it went", async () => {
    const faults = [...Array<Fault>(4).fill("none"), ...Array<Fault>(40).fill("failing")];
    const { url, apiKey, logKey } = stub;
    const fetch = faultyFetch(stub, faults, new Death());
    const act = new Countersign({ url, apiKey, logKey, fetch, clock: fastClock() }).gate(() => "done", { action: "Act", onProgress });
    expect(await act()).toBe("done");
    expect(told.at(-1)).toBe("reported succeeded?");
  });
});

describe("is not called", () => {
  it("with other arguments than those of the state, and nothing is asked then", async () => {
    const ran: unknown[] = [];
    const act = countersign.gate((args: { n: number }) => void ran.push(args), { action: "Act" });
    await act.with({ onProgress })({ n: 2 });
    const [state] = states as [AskedState];
    const before = stub.calls.length;
    expect(await code(act.resume(state, { n: 3 }))).toBe("payload_changed");
    expect([stub.calls.length, ran]).toEqual([before, [{ n: 2 }]]);
  });

  it("a second time, whoever goes on with it", async () => {
    let ran = 0;
    const act = countersign.gate((_: { n: number }) => void ran++, { action: "Act", onProgress });
    await act({ n: 1 });
    const [state] = states as [AskedState];
    expect(await code(act.resume(state, { n: 1 }))).toBe("already_redeemed");
    expect(ran).toBe(1);
  });

  it("by more than one of those who go on at once, in one process or several", async () => {
    let ran = 0;
    const { url, apiKey, logKey } = stub;
    const processes = [countersign, new Countersign({ url, apiKey, logKey, fetch: stub.fetch })];
    const acts = processes.map((one) => one.gate((_: { n: number }) => ++ran, { action: "Act" }));
    await code((acts[0] as (typeof acts)[0]).with({ waitSeconds: 0, onProgress: ({ state }) => states.push(state) })({ n: 1 }));
    const [state] = states as [AskedState];
    stub.decide(state.request_id, "approved");
    const all = await Promise.all([...acts, ...acts].map((act) => code(act.resume(state, { n: 1 }))));
    expect(all.toSorted()).toEqual(["already_redeemed", "already_redeemed", "already_redeemed", null]);
    expect(ran).toBe(1);
  });

  it("if the payload that is made of its arguments is another by then, before or after the approval is used", async () => {
    const counted = (changesAt: string) => {
      const args = { n: 1 };
      const act = countersign.gate(
        () => {
          throw new Error("was called");
        },
        {
          action: "Act",
          payload: () => ({ n: args.n }),
          onProgress: (progress: Progress) => {
            onProgress(progress);
            if (progress.kind === changesAt) args.n = 2;
          },
        },
      );
      return code(act());
    };
    expect(await counted("decided")).toBe("payload_changed");
    expect(outcomes()).toEqual([]);
    expect(stub.calls.some(({ path }) => path.endsWith("/redeem"))).toBe(false);
    expect(await counted("redeemed")).toBe("payload_changed");
    expect(outcomes()).toEqual(["failed"]);
  });

  it("once nobody waits, and the approval is still there for whoever does", async () => {
    const abort = new AbortController();
    const act = countersign.gate((args: { n: number }) => args.n, { action: "Act" });
    const giveUp = (progress: Progress) => {
      onProgress(progress);
      if (progress.kind === "decided") abort.abort();
    };
    expect(await code(act.with({ signal: abort.signal, onProgress: giveUp })({ n: 1 }))).toBe("aborted");
    const [state] = states as [AskedState];
    expect(await act.resume(state, { n: 1 })).toBe(1);

    // At the last moment: as the payload is made anew.
    const late = new AbortController();
    const payload = (args: { n: number }) => {
      if (states.length === 2) late.abort();
      return args;
    };
    const giving = countersign.gate((args: { n: number }) => args.n, { action: "Act", payload, signal: late.signal, onProgress });
    expect(await code(giving({ n: 2 }))).toBe("aborted");
    expect(stub.calls.filter(({ path }) => path.endsWith("/redeem"))).toHaveLength(1);
  });

  it("for arguments that nobody can be shown", async () => {
    const act = countersign.gate((_: unknown) => "done", { action: "Act", onProgress });
    expect(await code(act(undefined))).toBe("payload_not_canonical");
    expect(await code(act({ at: new Date() }))).toBe("payload_not_canonical");
    expect(stub.calls).toEqual([]);
  });
});
