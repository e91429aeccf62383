/** Rounds of asking witnesses: over real HTTP, with a real log; only the clock and what is kept are the test's. */
import { beforeEach, describe, expect, it, test } from "vitest";
import { env } from "cloudflare:workers";
import { refuse } from "#countersign/result.ts";
import { runWitnessRound, type WitnessReport, type WitnessRoundPorts } from "#gate/log/witnessing/witness-round.ts";
import { NO_WITNESS_STATE, type WitnessState } from "#gate/log/witnessing/witness-state.ts";
import type { Effect } from "#gate/effects.ts";
import { WitnessedLog } from "#gate/log/witnessing/witnessed-log.ts";
import { logReader } from "#storage/log/log-reader.ts";
import { EMPTY_ROOT } from "#countersign/tlog/merkle.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { makeSigner, signNote } from "#countersign/tlog/note.ts";
import { postCheckpoint } from "#witnesses/post-checkpoint.ts";
import type { Behaviour } from "#test/support/witnesses/witness-behaviour.ts";
import { checkLog, leaf, LOG_ORIGIN, type LogWriter, MemoryAnchor, writer } from "#test/workerd/support/log.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { behave, calls, readCosigned, resetNetwork, testPolicy, witnessNamed } from "#test/workerd/support/witness-network.ts";

const INTERVAL_MS = 10_000;
const ALL = ["one", "two", "three"];

class Rounds {
  log!: LogWriter;
  state: WitnessState = NO_WITNESS_STATE;
  nowMs = Date.now();
  reports: WitnessReport[] = [];
  policy = testPolicy();

  async run(overrides: Partial<WitnessRoundPorts> = {}): Promise<number | null> {
    return await runWitnessRound({
      policy: this.policy,
      intervalMs: INTERVAL_MS,
      log: this.log,
      reader: logReader(env.DB, LOG_ORIGIN),
      kept: { read: () => this.state, write: (state) => (this.state = structuredClone(state)) },
      post: postCheckpoint,
      report: (report) => this.reports.push(report),
      now: () => this.nowMs,
      ...overrides,
    });
  }

  get witnessed(): WitnessedLog<Effect> {
    return new WitnessedLog(this.log, this.policy, { read: () => this.state });
  }

  async append(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.log.append(leaf(`leaf ${++appended}`));
  }
}

let appended = 0;
let rounds: Rounds;
beforeEach(async () => {
  await emptyStorage();
  await resetNetwork();
  rounds = new Rounds();
  rounds.log = await writer();
});

const checkpoint = async (vkey?: string) => await readCosigned(await rounds.witnessed.checkpoint(), vkey);
const receiptCheckpoint = async (atLeast: number) => await readCosigned(await rounds.witnessed.witnessedCheckpoint(atLeast));

describe("an honest network", () => {
  it("is asked from size 0, then from what it cosigned, with a proof; what it says is in the checkpoint", async () => {
    await rounds.append(6);
    expect(await rounds.run()).toBeNull();
    expect(await checkpoint()).toEqual({ size: 7, cosigners: ALL, isWitnessed: true });
    await rounds.append(300);
    expect(await rounds.run()).toBeNull();
    expect(await checkpoint()).toEqual({ size: 307, cosigners: ALL, isWitnessed: true });
    const contentType = "text/plain; charset=utf-8";
    const asked = (oldSize: number, size: number) =>
      ALL.map((witness) => expect.objectContaining({ witness, oldSize, size, contentType }) as unknown);
    const got = await calls();
    expect(got.slice(0, 3)).toEqual(expect.arrayContaining(asked(0, 7)));
    expect(got.slice(3)).toEqual(expect.arrayContaining(asked(7, 307)));
    expect(got).toHaveLength(6);
    expect(rounds.reports).toEqual([]);
  });

  it("tells where it stands if that is not known here: 409, and then from there", async () => {
    await rounds.append(4);
    await rounds.run();
    rounds.state = NO_WITNESS_STATE;
    await rounds.append(4);
    await rounds.run();
    expect(await checkpoint()).toEqual({ size: 9, cosigners: ALL, isWitnessed: true });
    const ofOne = (await calls()).filter(({ witness }) => witness === "one");
    expect(ofOne.map(({ oldSize, size }) => [oldSize, size])).toEqual([
      [0, 5],
      [0, 9],
      [5, 9],
    ]);
  });

  it("may also have forgotten: 409 with a smaller size", async () => {
    await rounds.append(4);
    await rounds.run();
    await resetNetwork();
    await rounds.append(4);
    await rounds.run();
    expect(await checkpoint()).toMatchObject({ size: 9, cosigners: ALL });
    expect(rounds.reports).toEqual([]);
  });

  it("is not asked again for the same head for ten minutes, and then to say that it is still the newest", async () => {
    await rounds.append(1);
    await rounds.run();
    const first = await rounds.witnessed.checkpoint();
    rounds.nowMs += 590_000;
    await rounds.run();
    expect(await calls()).toHaveLength(3);
    rounds.nowMs += 20_000;
    await rounds.run();
    expect((await calls()).slice(3)).toHaveLength(3);
    expect((await calls()).slice(3).every(({ oldSize, size }) => oldSize === 2 && size === 2)).toBe(true);
    expect(await checkpoint()).toEqual({ size: 2, cosigners: ALL, isWitnessed: true });
    expect((await rounds.witnessed.checkpoint()).split("\n").slice(0, 5)).toEqual(first.split("\n").slice(0, 5));
  });
});

describe("a witness that does not do as it should", () => {
  test.each<[Behaviour, WitnessReport]>([
    ["down", { event: "witness-failed", witness: "one", reason: "unexpected-answer", status: 503 }],
    ["redirects", { event: "witness-failed", witness: "one", reason: "unexpected-answer", status: 307 }],
    ["conflicts", { event: "witness-failed", witness: "one", reason: "unexpected-answer", status: 409 }],
    ["says too much", { event: "witness-failed", witness: "one", reason: "answer-too-large" }],
    ["is not text", { event: "witness-failed", witness: "one", reason: "answer-not-text" }],
    ["says nothing", { event: "witness-failed", witness: "one", reason: "malformed-answer" }],
    ["is no note", { event: "witness-failed", witness: "one", reason: "malformed-answer" }],
    ["forges", { event: "witness-failed", witness: "one", reason: "bad-cosignature" }],
    ["cosigns another head", { event: "witness-failed", witness: "one", reason: "bad-cosignature" }],
    ["cosigns more than the head", { event: "witness-failed", witness: "one", reason: "malformed-answer" }],
    ["cosigns at no time", { event: "witness-failed", witness: "one", reason: "bad-cosignature" }],
    ["cosigns tomorrow", { event: "witness-failed", witness: "one", reason: "time-in-the-future" }],
    ["signs as another", { event: "witness-failed", witness: "one", reason: "no-cosignature" }],
    ["wavers", { event: "witness-failed", witness: "one", reason: "keeps-changing-its-size" }],
    ["is ahead", { event: "witness-ahead", witness: "one", size: Number.MAX_SAFE_INTEGER }],
    ["refuses", { event: "witness-refused", witness: "one", size: 4 }],
  ])("%s: is not counted, and the others are", async (behaviour, report) => {
    await behave({ one: behaviour });
    await rounds.append(3);
    expect(await rounds.run()).toBe(rounds.nowMs + INTERVAL_MS);
    expect(rounds.reports).toEqual([report]);
    expect(await checkpoint()).toEqual({ size: 4, cosigners: ["two", "three"], isWitnessed: true });
    expect((await calls()).filter(({ witness }) => witness === "one").length).toBeLessThanOrEqual(3);

    await behave();
    rounds.nowMs += INTERVAL_MS;
    expect(await rounds.run()).toBeNull();
    expect(await checkpoint()).toEqual({ size: 4, cosigners: ALL, isWitnessed: true });
    await rounds.append(1);
    await checkLog();
  });

  it("may add what strangers say: only its own line is taken over", async () => {
    await behave({ one: "adds lines of strangers" });
    await rounds.append(1);
    await rounds.run();
    expect(await rounds.witnessed.checkpoint()).not.toContain("stranger");
    expect(await checkpoint()).toMatchObject({ cosigners: ALL });
  });

  it("is not where the policy says", async () => {
    const nobody = { ...witnessNamed("one"), url: "https://nobody.example" };
    rounds.policy = { ...rounds.policy, witnesses: [nobody, witnessNamed("two")] };
    await rounds.append(1);
    await rounds.run();
    expect(rounds.reports).toEqual([{ event: "witness-failed", witness: "one", reason: "unexpected-answer", status: 404 }]);
    expect(await checkpoint()).toMatchObject({ cosigners: ["two"] });
  });

  it("is left alone for twice as long each time, up to ten minutes, and then counts as if nothing had been", async () => {
    await behave({ one: "down" });
    await rounds.append(1);
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const again = (await rounds.run()) ?? 0;
      waits.push((again - rounds.nowMs) / 1000);
      const asked = (await calls()).length;
      rounds.nowMs = again - 1;
      await rounds.append(1);
      await rounds.run();
      expect((await calls()).slice(asked).some(({ witness }) => witness === "one")).toBe(false);
      rounds.nowMs = again;
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 600, 600, 600]);
    await behave();
    expect(await rounds.run()).toBeNull();
    await behave({ one: "down" });
    await rounds.append(1);
    expect(await rounds.run()).toBe(rounds.nowMs + INTERVAL_MS);
  });

  it("comes last the next time, and few are asked at once: those that answer do not wait for those that hang", async () => {
    const { key } = witnessNamed("one");
    const named = (name: string) => ({ name, key, vkey: name, url: `https://${name}.example` });
    const hanging = ["a", "b", "c", "d", "e", "f"];
    rounds.policy = { ...rounds.policy, witnesses: [...hanging, "well", "too"].map(named) };
    const failedBefore = hanging.map((name) => [name, { size: 0, failures: 1, retryAtMs: 0, dispute: null }] as const);
    rounds.state = { ...NO_WITNESS_STATE, standings: Object.fromEntries(failedBefore) };
    const asked: string[] = [];
    const hang = Promise.withResolvers<void>();
    const running = rounds.run({
      post: async (url) => {
        const name = new URL(url).hostname.replace(".example", "");
        asked.push(name);
        if (hanging.includes(name)) await hang.promise;
        return refuse("timed-out");
      },
    });
    await expect.poll(() => asked).toEqual(["well", "too", "a", "b", "c", "d", "e"]);
    hang.resolve();
    await running;
    expect(asked).toHaveLength(8);
  });
});

describe("disputes", () => {
  it("a witness that saw another tree of this log refuses: told, remembered until it cosigns again, and nothing freezes", async () => {
    const signer = await makeSigner(LOG_ORIGIN, new Uint8Array(32).fill(1));
    const other = await signNote(formatCheckpoint({ origin: LOG_ORIGIN, size: 3, root: EMPTY_ROOT }), [signer]);
    expect(await postCheckpoint("https://one.witness.example/add-checkpoint", `old 0\n\n${other}`)).toMatchObject({
      value: { status: 200 },
    });
    await rounds.append(4);
    await rounds.run();
    expect(rounds.reports).toEqual([{ event: "witness-refused", witness: "one", size: 5 }]);
    expect(rounds.witnessed.health()).toBe("disputed");
    expect(await checkpoint()).toEqual({ size: 5, cosigners: ["two", "three"], isWitnessed: true });
    await behave({ one: "down" });
    rounds.nowMs += INTERVAL_MS;
    await rounds.run();
    expect(rounds.witnessed.health()).toBe("disputed");
    await resetNetwork();
    rounds.nowMs += INTERVAL_MS * 2;
    await rounds.run();
    expect(rounds.witnessed.health()).toBe("ok");
    await rounds.append(1);
    await checkLog();
  });

  it("a witness that another writer of this log told more is right: what is new is read, and cosigned", async () => {
    const anchor = new MemoryAnchor();
    const behind = await writer({ anchor });
    rounds.log = behind;
    await rounds.append(2);
    await behind.checkpoint();
    rounds.log = await writer({ anchor });
    await rounds.append(5);
    await rounds.run();
    rounds.log = behind;
    rounds.state = NO_WITNESS_STATE;
    // This writer's memory says three leaves until it is asked for more.
    await rounds.run();
    expect(rounds.reports).toEqual([]);
    expect(await checkpoint()).toEqual({ size: 8, cosigners: ALL, isWitnessed: true });
  });
});

describe("the checkpoint of a receipt", () => {
  it("is the newest one that is witnessed and covers it, and otherwise the newest", async () => {
    await rounds.append(4);
    expect(await receiptCheckpoint(3)).toEqual({ size: 5, cosigners: [], isWitnessed: false });
    await rounds.run();
    await rounds.append(4);
    expect(await receiptCheckpoint(5)).toEqual({ size: 5, cosigners: ALL, isWitnessed: true });
    expect(await receiptCheckpoint(6)).toEqual({ size: 9, cosigners: [], isWitnessed: false });
    await behave({ one: "down", two: "down" });
    await rounds.run();
    expect(await receiptCheckpoint(5)).toEqual({ size: 5, cosigners: ALL, isWitnessed: true });
    expect(await receiptCheckpoint(6)).toEqual({ size: 9, cosigners: ["three"], isWitnessed: false });
    expect(await checkpoint()).toEqual({ size: 9, cosigners: ["three"], isWitnessed: false });
    await behave({ one: "down" });
    rounds.nowMs += INTERVAL_MS;
    await rounds.run();
    expect(await receiptCheckpoint(5)).toEqual({ size: 9, cosigners: ["two", "three"], isWitnessed: true });
  });

  it("is not one under a key that signs no more", async () => {
    await rounds.append(4);
    await rounds.run();
    await rounds.append(4);
    const [newest, stored] = [await rounds.log.checkpoint(), rounds.state.witnessed];
    const [text] = stored?.note.split("\n\n") ?? [];
    const old = await makeSigner(LOG_ORIGIN, new Uint8Array(32).fill(9));
    rounds.state = { ...rounds.state, witnessed: { ...stored, note: await signNote(`${text}\n`, [old]) } as WitnessState["witnessed"] };
    expect(await rounds.witnessed.witnessedCheckpoint(5)).toBe(newest);
  });

  it("is judged by the policy of today", async () => {
    await rounds.append(4);
    await rounds.run();
    await rounds.append(1);
    const [one, two] = [witnessNamed("one"), witnessNamed("two")];
    rounds.policy = { ...testPolicy(), witnesses: [one], quorum: one };
    expect(await rounds.witnessed.witnessedCheckpoint(5)).toMatch(/one\.witness\.example [^ ]+\n$/);
    expect(await receiptCheckpoint(5)).toMatchObject({ size: 5, cosigners: ["one"] });
    const stranger = { ...two, name: "new", vkey: "not asked yet", key: { ...two.key, publicKey: EMPTY_ROOT } };
    rounds.policy = { ...testPolicy(), witnesses: [one, stranger], quorum: { name: "both", required: 2, members: [one, stranger] } };
    expect(await receiptCheckpoint(5)).toEqual({ size: 6, cosigners: [], isWitnessed: false });
    rounds.policy = { ...testPolicy(), witnesses: [one], quorum: one };
    await rounds.run();
    expect(Object.keys(rounds.state.standings)).toEqual([one.vkey]);
  });
});

it("tells how the witnesses do: behind, if those that answer are not enough", async () => {
  expect(rounds.witnessed.health()).toBe("ok");
  await rounds.append(1);
  await behave({ one: "down" });
  await rounds.run();
  expect(rounds.witnessed.health()).toBe("ok");
  rounds.nowMs += INTERVAL_MS;
  await rounds.append(1);
  await behave({ one: "down", two: "forges" });
  await rounds.run();
  expect(rounds.witnessed.health()).toBe("behind");
  // Since it was two of them, not since it was one.
  expect(rounds.witnessed.health(rounds.nowMs - 1)).toBe("ok");
  const since = rounds.nowMs;
  rounds.nowMs += INTERVAL_MS * 60;
  await rounds.run();
  expect(rounds.witnessed.health(since)).toBe("behind");
});

it("asks nobody while D1 is away, and says so", async () => {
  await rounds.append(1);
  await rounds.run();
  await rounds.append(1);
  const readTiles = () => Promise.reject(new Error("D1 is away"));
  await expect(rounds.run({ reader: { readTiles } })).rejects.toThrow("D1 is away");
  expect(await calls()).toHaveLength(3);
  await rounds.run();
  expect(await checkpoint()).toEqual({ size: 3, cosigners: ALL, isWitnessed: true });
});
