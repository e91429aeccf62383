/** What is remembered of a log, against logs that are sound, that fork, and that answer nonsense. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accept, refuse } from "#countersign/result.ts";
import { LogClient } from "#countersign/sdk/log-client.ts";
import { type LogMemory, processMemory, type RememberedLogs } from "#countersign/sdk/log-memory.ts";
import { rememberCheckpoint } from "#countersign/sdk/remember-checkpoint.ts";
import { verifyEvidence } from "#countersign/tlog/evidence.ts";
import { makeSigner, makeVkey, parseVkey, signNote } from "#countersign/tlog/note.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { EMPTY_ROOT } from "#countersign/tlog/merkle.ts";
import { ServedLog } from "#test/support/log/served-log.ts";
import { type StubAnswer, type StubRequest, stubService } from "#test/support/service/stub-service.ts";

const ORIGIN = "gate.example.com/log";
const signer = await makeSigner(ORIGIN, new Uint8Array(32).fill(1));
const stranger = await makeSigner(ORIGIN, new Uint8Array(32).fill(2));
const VKEY = makeVkey(ORIGIN, signer.publicKey);

/** What another log has from leaf `forkAt` on, which the first has otherwise. */
const forkOf = (forkAt: number, size: number) => new ServedLog(ORIGIN, signer).growTo(forkAt).growTo(size, 9);

const log = new ServedLog(ORIGIN, signer).growTo(600);

type Answer = (request: StubRequest) => StubAnswer | Promise<StubAnswer>;
let answer: Answer;
let stub: Awaited<ReturnType<typeof stubService>>;
let memory: LogMemory;
let slept: number[];
beforeEach(async () => {
  answer = (request) => log.answer(request);
  stub = await stubService((request) => answer(request));
  memory = processMemory();
  slept = [];
});
afterEach(() => stub.close());

const paths = () => stub.requests.splice(0).map(({ path }) => path);
const held = async () => {
  const read = await memory.read();
  if (!read.ok) throw new Error(read.refusal);
  return read.value;
};

function remember(note: string, { vkey, answerMs }: { vkey?: string; answerMs?: number } = {}) {
  const client = new LogClient({ url: `${stub.url}/log`, ...(answerMs && { answerMs }) });
  const sleep = (ms: number) => Promise.resolve(void slept.push(ms));
  return rememberCheckpoint(note, { client, memory, sleep, ...(vkey && { vkey }) });
}

/** Remembers the checkpoint of that size of the sound log. */
async function hasSeen(size: number): Promise<string> {
  const note = await log.checkpoint({ size });
  stub.requests.length = 0;
  expect(await remember(note, { vkey: VKEY })).toEqual({ ok: true, value: { vkey: VKEY } });
  expect(paths()).toEqual([]);
  return note;
}

const remembered = (checkpoint: string) => [{ log: ORIGIN, urls: [`${stub.url}/log`], vkeys: [VKEY], checkpoint }];

/** That the log was found out, that the evidence says it to anybody, and that nothing was remembered. */
async function expectEvidence(doubted: Awaited<ReturnType<typeof remember>>, kept: string, sizes: readonly [number, number]) {
  if (doubted.ok || doubted.refusal.evidence === undefined) throw new Error(JSON.stringify(doubted));
  const { code, message, evidence } = doubted.refusal;
  expect(code).toBe("log_inconsistent");
  expect(message).toContain(`of ${sizes[0]} and of ${sizes[1]} leaves`);
  const key = parseVkey(VKEY);
  if (!key.ok) throw new Error(key.refusal);
  const proven = await verifyEvidence(evidence, [key.value]);
  expect(proven).toMatchObject({ ok: true, value: { smaller: { size: sizes[0] }, larger: { size: sizes[1] } } });
  expect(await held()).toEqual(remembered(kept));
}

describe("a log that is seen for the first time", () => {
  it("is believed with the key that it serves, which is then the key", async () => {
    const note = await log.checkpoint({ size: 7 });
    expect(await remember(note)).toEqual({ ok: true, value: { vkey: VKEY } });
    expect(paths()).toEqual(["/log/vkey"]);
    expect(await held()).toEqual(remembered(note));
    const other = await log.checkpoint({ size: 7, signers: [stranger] });
    log.signers = [stranger];
    expect(await remember(other)).toMatchObject({ ok: false, refusal: { code: "log_unproven" } });
    log.signers = [signer];
    expect(await held()).toEqual(remembered(note));
  });

  it("is asked nothing if its key is given", async () => {
    const note = await log.checkpoint({ size: 7 });
    expect(await remember(note, { vkey: VKEY })).toMatchObject({ ok: true });
    expect(paths()).toEqual([]);
    expect(await held()).toEqual(remembered(note));
  });

  it.each<[string, Answer, string]>([
    ["no key is served", () => ({ status: 404, body: "" }), "log_unproven"],
    ["nobody answers", () => ({}), "log_unproven"],
    ["the key that is served is none", () => ({ body: "gate.example.com/log\n" }), "log_unproven"],
    ["the key is another log's", () => ({ body: makeVkey("b/log", signer.publicKey) }), "log_key_unknown"],
    [
      "the key is another",
      ({ path }) => (path.endsWith("vkey") ? { body: makeVkey(ORIGIN, stranger.publicKey) } : { status: 404, body: "" }),
      "log_unproven",
    ],
    [
      "the key is another, and leads nowhere",
      ({ path }) => ({ body: path.endsWith("vkey") ? makeVkey(ORIGIN, stranger.publicKey) : { items: [] } }),
      "log_unproven",
    ],
  ])("is not believed if %s", async (_, served, code) => {
    answer = served;
    expect(await remember(await log.checkpoint({ size: 7 }))).toMatchObject({ ok: false, refusal: { code } });
    expect(await held()).toEqual([]);
  });

  it("is not believed with another key than the one that is given", async () => {
    const note = await log.checkpoint({ size: 7 });
    expect(await remember(note, { vkey: makeVkey("b/log", signer.publicKey) })).toMatchObject({ refusal: { code: "log_key_unknown" } });
    expect(await remember(note, { vkey: makeVkey(ORIGIN, stranger.publicKey) })).toMatchObject({ refusal: { code: "log_unproven" } });
    expect(await held()).toEqual([]);
  });
});

describe("a newer checkpoint", () => {
  it("is remembered once it is shown to extend the one that is remembered", async () => {
    await hasSeen(7);
    const newer = await log.checkpoint({ size: 300 });
    expect(await remember(newer)).toEqual({ ok: true, value: { vkey: VKEY } });
    expect(paths()).toEqual(["/log/proof/consistency?from=7&to=300"]);
    expect(await held()).toEqual(remembered(newer));
  });

  it("of a log that had no leaves needs no proof", async () => {
    await hasSeen(0);
    expect(await remember(await log.checkpoint({ size: 300 }))).toMatchObject({ ok: true });
    expect(paths()).toEqual([]);
  });

  it.each([
    [7, 5, 9],
    [8, 3, 9],
    [256, 255, 300],
    [300, 0, 301],
    [512, 511, 513],
  ])("of %i leaves before, forked at %i, is found out at %i", async (size, forkAt, newSize) => {
    const note = await hasSeen(size);
    const fork = forkOf(forkAt, newSize);
    answer = (request) => fork.answer(request);
    await expectEvidence(await remember(await fork.checkpoint()), note, [size, newSize]);
  });
});

describe("an older checkpoint", () => {
  it("is accepted once the one that is remembered is shown to extend it, and that one stays", async () => {
    const note = await hasSeen(300);
    expect(await remember(await log.checkpoint({ size: 7 }))).toEqual({ ok: true, value: { vkey: VKEY } });
    expect(paths()).toEqual(["/log/proof/consistency?from=7&to=300"]);
    expect(await remember(await log.checkpoint({ size: 0 }))).toMatchObject({ ok: true });
    expect(paths()).toEqual([]);
    expect(await held()).toEqual(remembered(note));
  });

  it("that is not in the log is found out, whichever of the two is served", async () => {
    const note = await hasSeen(300);
    await expectEvidence(await remember(await forkOf(200, 256).checkpoint()), note, [256, 300]);
    await expectEvidence(await remember(await forkOf(2, 3).checkpoint()), note, [3, 300]);
  });
});

describe("a checkpoint of the same size", () => {
  it("needs nothing if it has the same root", async () => {
    const note = await hasSeen(300);
    expect(await remember(note)).toEqual({ ok: true, value: { vkey: VKEY } });
    expect(paths()).toEqual([]);
  });

  it("is evidence by itself if it has not", async () => {
    const note = await hasSeen(300);
    answer = () => ({});
    await expectEvidence(await remember(await forkOf(299, 300).checkpoint()), note, [300, 300]);
    expect(paths()).toEqual([]);
  });

  it("of no leaves is none with another root than that of none", async () => {
    const root = Uint8Array.from(EMPTY_ROOT, (byte) => byte ^ 1);
    const note = await signNote(formatCheckpoint({ origin: ORIGIN, size: 0, root }), [signer]);
    expect(await remember(note, { vkey: VKEY })).toMatchObject({ ok: false, refusal: { code: "checkpoint_invalid" } });
    expect(await held()).toEqual([]);
  });
});

it("whatever the sizes and wherever it forks, a log that extends is believed and any other is found out", async () => {
  const size = fc.integer({ min: 1, max: 600 });
  await fc.assert(
    fc.asyncProperty(size, size, fc.nat({ max: 600 }), async (one, other, forkAt) => {
      memory = processMemory();
      const note = await hasSeen(one);
      const fork = forkOf(Math.min(forkAt, other), other);
      // The larger one is served: it is what has to be shown to hold the smaller one.
      if (other > one) answer = (request) => fork.answer(request);
      const seen = await remember(await fork.checkpoint());
      answer = (request) => log.answer(request);
      if (forkAt >= Math.min(one, other)) expect(seen).toMatchObject({ ok: true });
      else await expectEvidence(seen, note, [Math.min(one, other), Math.max(one, other)]);
    }),
    { numRuns: 60 },
  );
});

describe("a log that does not show what it has to", () => {
  const PROOF = "/log/proof/consistency?from=7&to=300";
  const nonsense =
    (body: unknown): Answer =>
    () => ({ body });
  const HASH = `${"A".repeat(43)}=`;

  it.each<[string, Answer]>([
    ["answers 404", () => ({ status: 404, body: "" })],
    ["answers no JSON", nonsense("<html>")],
    ["answers another document", nonsense({ consistency: "yes" })],
    ["gives no hashes", nonsense({ consistency: [] })],
    ["gives hashes that prove nothing", nonsense({ consistency: [HASH, HASH] })],
    ["answers endlessly", nonsense("x".repeat(100_000))],
    ["leads elsewhere", () => ({ status: 302, headers: { location: "/" }, body: "" })],
    [
      "gives tiles that lead nowhere",
      ({ path }) => (path.includes("tile") ? { body: new Uint8Array(256 * 32) } : { status: 404, body: "" }),
    ],
    ["breaks off", () => ({})],
    ["fails", () => ({ status: 503, body: "" })],
  ])("is doubted, and nothing is remembered, if it %s", async (_, served) => {
    const note = await hasSeen(7);
    answer = served;
    const doubted = await remember(await log.checkpoint({ size: 300 }));
    expect(doubted).toMatchObject({ ok: false, refusal: { code: "log_unproven" } });
    if (!doubted.ok)
      expect(doubted.refusal.message).toMatch(/^The log gate\.example\.com\/log did not show that 300 leaves extend 7\. .+\.$/);
    expect(await held()).toEqual(remembered(note));
    answer = (request) => log.answer(request);
    expect(await remember(await log.checkpoint({ size: 300 }))).toMatchObject({ ok: true });
  });

  it("is doubted if it takes too long", async () => {
    const note = await hasSeen(7);
    answer = () => new Promise(() => {});
    const doubted = await remember(await log.checkpoint({ size: 300 }), { answerMs: 50 });
    expect(doubted).toMatchObject({ ok: false, refusal: { code: "log_unproven" } });
    expect(await held()).toEqual(remembered(note));
  });

  it("is asked again if it did not answer, and only then", async () => {
    await hasSeen(7);
    answer = (request) => (stub.requests.length < 3 ? { status: 503, body: "" } : log.answer(request));
    expect(await remember(await log.checkpoint({ size: 300 }))).toMatchObject({ ok: true });
    expect([paths(), slept]).toEqual([
      [PROOF, PROOF, PROOF],
      [500, 2_000],
    ]);
    answer = () => ({ status: 503, body: "" });
    expect(await remember(await log.checkpoint({ size: 600 }))).toMatchObject({ refusal: { code: "log_unproven" } });
    expect(paths()).toHaveLength(3);
  });

  it("is believed for its tiles, where only its proof is wrong", async () => {
    await hasSeen(7);
    answer = (request) => (request.path.includes("/proof/") ? { body: { consistency: [HASH] } } : log.answer(request));
    expect(await remember(await log.checkpoint({ size: 300 }))).toMatchObject({ ok: true });
    expect(paths()).toEqual([PROOF, "/log/tile/0/000", "/log/tile/0/001.p/44"]);
  });
});

describe("whose checkpoint it is", () => {
  it.each<[string, (note: string) => string]>([
    ["no note", () => "gate.example.com/log\n"],
    ["a note of something else", (note) => note.replace("\n7\n", "\nseven\n")],
    ["what was changed after signing", (note) => note.replace("\n7\n", "\n8\n")],
    ["a note with too many signatures", (note) => note + note.slice(note.indexOf("—")).repeat(16)],
  ])("is invalid: %s", async (_, change) => {
    const note = await log.checkpoint({ size: 7 });
    expect(await remember(change(note), { vkey: VKEY })).toMatchObject({ ok: false, refusal: { code: "checkpoint_invalid" } });
    expect(await held()).toEqual([]);
  });

  it("is another log's where one was, and its key is not given", async () => {
    const first = await hasSeen(7);
    const other = await makeSigner("other.example.com/log", new Uint8Array(32).fill(3));
    const moved = new ServedLog(other.name, other).growTo(3);
    answer = (request) => moved.answer(request);
    const note = await moved.checkpoint();
    const message = `At ${stub.url}/log there was the log ${ORIGIN}, and now there is other.example.com/log. If that is meant to be, give its key.`;
    expect(await remember(note)).toEqual({ ok: false, refusal: { code: "log_replaced", message } });
    expect(await held()).toEqual(remembered(first));
  });

  it("is the same log's at another address", async () => {
    const note = await hasSeen(7);
    const mirror = await stubService((request) => log.answer(request));
    const client = new LogClient({ url: `${mirror.url}/log` });
    const watch = { client, memory, sleep: () => Promise.resolve() };
    await expectEvidence(await rememberCheckpoint(await forkOf(6, 7).checkpoint(), watch), note, [7, 7]);
    expect(await rememberCheckpoint(note, watch)).toMatchObject({ ok: true });
    expect(await held()).toEqual([{ ...remembered(note)[0], urls: [`${stub.url}/log`, `${mirror.url}/log`] }]);
    mirror.close();
  });
});

describe("the memory", () => {
  it.each<[string, (logs: RememberedLogs) => RememberedLogs]>([
    [
      "a checkpoint that its keys have not signed",
      ([one]) => (one ? [{ ...one, checkpoint: one.checkpoint.replace("\n7\n", "\n6\n") }] : []),
    ],
    ["a checkpoint that is none", ([one]) => (one ? [{ ...one, checkpoint: "7" }] : [])],
    ["another key", ([one]) => (one ? [{ ...one, vkeys: [makeVkey(ORIGIN, stranger.publicKey)] }] : [])],
    ["a key that is none", ([one]) => (one ? [{ ...one, vkeys: [VKEY, "key"] }] : [])],
    ["no key", ([one]) => (one ? [{ ...one, vkeys: [] }] : [])],
  ])("is not believed if it holds %s", async (_, damage) => {
    await hasSeen(7);
    const before = await held();
    await memory.replace(before, damage(before));
    const damaged = await held();
    expect(await remember(await log.checkpoint({ size: 300 }))).toMatchObject({ ok: false, refusal: { code: "log_memory_unusable" } });
    expect(await held()).toEqual(damaged);
  });

  it("that cannot be read or written to is not taken for an empty one", async () => {
    const note = await log.checkpoint({ size: 7 });
    const working = memory;
    memory = { ...working, read: () => Promise.resolve(refuse("It is gone.")) };
    expect(await remember(note, { vkey: VKEY })).toEqual({ ok: false, refusal: { code: "log_memory_unusable", message: "It is gone." } });
    memory = { ...working, replace: () => Promise.resolve(refuse("It is full.")) };
    expect(await remember(note, { vkey: VKEY })).toEqual({ ok: false, refusal: { code: "log_memory_unusable", message: "It is full." } });
  });

  it("keeps evidence where it can, and what it cannot keep is said whole", async () => {
    await hasSeen(7);
    const note = await forkOf(6, 7).checkpoint();
    const working = memory;
    const kept: string[] = [];
    memory = { ...working, keepEvidence: (evidence) => Promise.resolve(accept(`file ${kept.push(evidence)}`)) };
    const told = await remember(note);
    if (told.ok) throw new Error("not found out");
    expect(told.refusal.message).toMatch(/What proves it is in file 1\.$/);
    expect(kept).toEqual([told.refusal.evidence]);
    memory = { ...working, keepEvidence: () => Promise.resolve(refuse("disk full")) };
    const lost = await remember(note);
    if (lost.ok) throw new Error("not found out");
    expect(lost.refusal.message).toContain(`could not be kept (disk full): ${lost.refusal.evidence ?? ""}`);
  });

  /** Lets another process remember something after the first read. */
  function meanwhile(act: () => Promise<unknown>): void {
    const shared = memory;
    let reads = 0;
    memory = {
      ...shared,
      read: async () => {
        const read = await shared.read();
        if (reads++ === 0) {
          const mine = memory;
          memory = shared;
          await act();
          memory = mine;
        }
        return read;
      },
    };
  }

  it("loses nothing newer that another process has seen meanwhile", async () => {
    await hasSeen(7);
    const newest = await log.checkpoint({ size: 600 });
    meanwhile(async () => expect(await remember(newest)).toMatchObject({ ok: true }));
    expect(await remember(await log.checkpoint({ size: 300 }))).toMatchObject({ ok: true });
    expect(await held()).toEqual(remembered(newest));
    expect(paths()).toEqual([
      "/log/proof/consistency?from=7&to=600",
      "/log/proof/consistency?from=7&to=300",
      "/log/proof/consistency?from=300&to=600",
    ]);
  });

  it("finds out a log that shows two processes two things at once", async () => {
    await hasSeen(7);
    const fork = forkOf(7, 300);
    const first = await log.checkpoint({ size: 301 });
    meanwhile(async () => {
      expect(await remember(first)).toMatchObject({ ok: true });
      // Either proves well what it shows, and the two can be told apart only by comparing them.
      answer = (request) => (request.path.endsWith("from=7&to=300") ? fork.answer(request) : log.answer(request));
    });
    await expectEvidence(await remember(await fork.checkpoint()), first, [300, 301]);
  });
});
