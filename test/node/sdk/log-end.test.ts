/** One log after another at the same address: its key is given, and the old one's end is shown, or it is not believed. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { b64u, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import type { RecordOf } from "#countersign/documents/record.ts";
import { LogClient, type LogKeyItem } from "#countersign/sdk/log-client.ts";
import { type LogMemory, processMemory } from "#countersign/sdk/log-memory.ts";
import { rememberCheckpoint } from "#countersign/sdk/remember-checkpoint.ts";
import { verifyEvidence } from "#countersign/tlog/evidence.ts";
import { makeSigner, makeVkey, parseVkey } from "#countersign/tlog/note.ts";
import { ServedLog } from "#test/support/log/served-log.ts";
import { type StubAnswer, stubService } from "#test/support/service/stub-service.ts";

const [OLD, NEW] = ["gate.example.com/log", "gate.example.com/log/2"];
const signer = await makeSigner(OLD, new Uint8Array(32).fill(1));
const stranger = await makeSigner(OLD, new Uint8Array(32).fill(3));
const following = await makeSigner(NEW, new Uint8Array(32).fill(2));
const [OLD_KEY, NEW_KEY] = [makeVkey(OLD, signer.publicKey), makeVkey(NEW, following.publicKey)];
const ENDED = `ended/${hex(sha256(utf8(OLD)))}`;
const KNOWN = 300;
const FINAL = 320;

const old = new ServedLog(OLD, signer).growTo(FINAL);
const fork = new ServedLog(OLD, signer).growTo(KNOWN - 1).growTo(FINAL, 9);

/** What is served at the address now, and what of the log that ended there. */
let log: ServedLog;
let ended: ServedLog;
let instead: (path: string) => StubAnswer | undefined;
let stub: Awaited<ReturnType<typeof stubService>>;
let memory: LogMemory;
/** What the old log is remembered by. */
let known: string;

/** A log whose genesis says that it follows what ended with that checkpoint. */
async function follow(previous: string | null, changes: Partial<RecordOf<"log.genesis">> = {}): Promise<ServedLog> {
  const record: RecordOf<"log.genesis"> = {
    type: "countersign/record@v1",
    kind: "log.genesis",
    log: NEW,
    at: "2026-11-20T09:00:00.000Z",
    origin: "https://gate.example.com",
    vkey: NEW_KEY,
    previous,
    ...changes,
  };
  const begun = new ServedLog(NEW, following);
  begun.keyItems = [await begun.seal({ record, salt: b64u(new Uint8Array(32)) })];
  return begun.growTo(5);
}

function answer(path: string): StubAnswer | Promise<StubAnswer> {
  const asked = path.replace(/^\/log\//, "");
  const given = instead(asked);
  if (given !== undefined) return given;
  return asked.startsWith(`${ENDED}/`) ? ended.answer({ path: path.replace(`${ENDED}/`, "") }) : log.answer({ path });
}

beforeEach(async () => {
  log = old;
  ended = old;
  instead = () => undefined;
  stub = await stubService(({ path }) => answer(path));
  memory = processMemory();
  known = await old.checkpoint({ size: KNOWN });
  expect(await remember(known, OLD_KEY)).toMatchObject({ ok: true });
});
afterEach(() => stub.close());

function remember(note: string, vkey?: string) {
  const client = new LogClient({ url: `${stub.url}/log` });
  return rememberCheckpoint(note, { client, memory, sleep: () => Promise.resolve(), ...(vkey !== undefined && { vkey }) });
}
const paths = () => stub.requests.splice(0).map(({ path }) => path.replace(/^\/log\//, ""));
async function held() {
  const read = await memory.read();
  return read.ok ? read.value : read;
}
const before = () => [{ log: OLD, urls: [`${stub.url}/log`], vkeys: [OLD_KEY], checkpoint: known }];
const after = (final: string, newest: string) => [
  { log: OLD, urls: [`${stub.url}/log/${ENDED}`], vkeys: [OLD_KEY], checkpoint: final },
  { log: NEW, urls: [`${stub.url}/log`], vkeys: [NEW_KEY], checkpoint: newest },
];
const sorted = async () => [await held()].flat().toSorted((a, b) => ("log" in a && "log" in b && a.log < b.log ? -1 : 1));

const unproven = (message: string) => ({
  ok: false,
  refusal: { code: "log_unproven", message: expect.stringContaining(message) as unknown },
});

describe("with its key", () => {
  it("is believed once its first leaf is shown to continue what is remembered; the end is remembered then, and nothing asked again", async () => {
    const final = await old.checkpoint();
    log = await follow(final);
    const note = await log.checkpoint();
    expect(await remember(note, NEW_KEY)).toEqual({ ok: true, value: { vkey: NEW_KEY } });
    expect(paths()).toEqual(["keys", "proof/consistency?from=1&to=5", `${ENDED}/proof/consistency?from=${KNOWN}&to=${FINAL}`]);
    expect(await sorted()).toEqual(after(final, note));
    for (const vkey of [NEW_KEY, undefined]) expect(await remember(note, vkey)).toMatchObject({ ok: true });
    expect(paths()).toEqual([]);
    expect(await remember(await log.growTo(9).checkpoint())).toMatchObject({ ok: true });
    expect(paths()).toEqual(["proof/consistency?from=5&to=9"]);
  });

  it("needs nothing of the old log where all of it had been seen", async () => {
    log = await follow(known);
    instead = (path) => (path.startsWith(ENDED) ? { status: 503, body: "" } : undefined);
    const note = await log.checkpoint();
    expect(await remember(note, NEW_KEY)).toMatchObject({ ok: true });
    expect(await sorted()).toEqual(after(known, note));
  });

  it("is believed by the old log's tiles, where only its proof is wrong", async () => {
    log = await follow(await old.checkpoint());
    instead = (path) => (path.startsWith(`${ENDED}/proof`) ? { body: { consistency: [] } } : undefined);
    expect(await remember(await log.checkpoint(), NEW_KEY)).toMatchObject({ ok: true });
  });

  it("and not without", async () => {
    log = await follow(await old.checkpoint());
    expect(await remember(await log.checkpoint())).toMatchObject({ ok: false, refusal: { code: "log_replaced" } });
    expect(paths()).toEqual([]);
    expect(await held()).toEqual(before());
  });
});

describe("is not believed, whatever its key", () => {
  const NO_LEAF = "its first leaf is not to be had";
  const UNPROVEN_LEAF = "its first leaf is not proven";
  const NO_CHECKPOINT = "no checkpoint that a known key of that log has signed";

  it.each<[string, () => Promise<string | null>, string]>([
    ["it names no log before it", () => Promise.resolve(null), "names no log before it"],
    [
      "it names fewer leaves than there were",
      () => old.checkpoint({ size: KNOWN - 1 }),
      `had ${KNOWN - 1} leaves, and it had ${KNOWN} before`,
    ],
    ["it names another log's end", () => new ServedLog("b/log", signer).growTo(400).checkpoint(), NO_CHECKPOINT],
    ["a stranger has signed that end", () => old.checkpoint({ signers: [stranger] }), NO_CHECKPOINT],
    ["that end was changed after signing", async () => (await old.checkpoint()).replace(`\n${FINAL}\n`, "\n321\n"), NO_CHECKPOINT],
    ["that end is none", () => Promise.resolve("none"), NO_CHECKPOINT],
  ])("%s", async (_, previous, message) => {
    log = await follow(await previous());
    expect(await remember(await log.checkpoint(), NEW_KEY)).toMatchObject(unproven(message));
    expect(await held()).toEqual(before());
  });

  it.each<[string, (item: LogKeyItem) => unknown, string]>([
    ["another first leaf", (item) => ({ ...item, record: { ...item.record, previous: known } }), UNPROVEN_LEAF],
    ["another leaf as the first", (item) => ({ ...item, index: 1 }), NO_LEAF],
    ["no proof of it", (item) => ({ ...item, proof: "none" }), UNPROVEN_LEAF],
    ["that of another log", (item) => ({ ...item, record: { ...item.record, log: OLD } }), NO_LEAF],
    ["none that can be read", () => ({}), "cannot be read"],
  ])("%s is shown", async (_, change, message) => {
    log = await follow(await old.checkpoint());
    log.keyItems = log.keyItems.map((item) => change(item as LogKeyItem));
    expect(await remember(await log.checkpoint(), NEW_KEY)).toMatchObject(unproven(message));
    expect(await held()).toEqual(before());
  });

  it.each<[string, RegExp, StubAnswer]>([
    ["its keys", /^keys/, { status: 503, body: "" }],
    ["anything of the old log", /^ended/, { status: 404, body: "" }],
    ["what the database has lost of the old log", /^ended/, { status: 503, body: "" }],
    ["more than nonsense of the old log", /^ended/, { body: "nonsense" }],
  ])("%s is not shown", async (_, path, given) => {
    log = await follow(await old.checkpoint());
    instead = (asked) => (path.test(asked) ? given : undefined);
    expect(await remember(await log.checkpoint(), NEW_KEY)).toMatchObject({ ok: false, refusal: { code: "log_unproven" } });
    expect(await held()).toEqual(before());
  });

  it("what is shown as its first leaf stands somewhere else in it", async () => {
    log = await follow(await old.checkpoint({ size: KNOWN }));
    const { record, salt } = log.keyItems[0] as LogKeyItem & { record: RecordOf<"log.genesis"> };
    const item = await log.seal({ record: { ...record, previous: await old.checkpoint() }, salt });
    log.keyItems = [{ ...item, index: 0 }];
    expect(await remember(await log.checkpoint(), NEW_KEY)).toMatchObject(unproven(UNPROVEN_LEAF));
    expect(await held()).toEqual(before());
  });

  it("its first leaf is shown under a checkpoint that is not of one log with its newest", async () => {
    log = await follow(await old.checkpoint());
    const other = await follow(await old.checkpoint(), { at: "2026-11-20T10:00:00.000Z" });
    log.keyItems = other.keyItems;
    expect(await remember(await log.checkpoint(), NEW_KEY)).toMatchObject({ ok: false, refusal: { code: "log_inconsistent" } });
    expect(await held()).toEqual(before());
  });

  it.each([KNOWN, FINAL])(
    "the end that it names, of %i leaves, is of another history: that is evidence against the old log",
    async (size) => {
      log = await follow(await fork.checkpoint({ size }));
      ended = fork;
      const doubted = await remember(await log.checkpoint(), NEW_KEY);
      expect(doubted).toMatchObject({ ok: false, refusal: { code: "log_inconsistent" } });
      const key = parseVkey(OLD_KEY);
      const evidence = doubted.ok ? "" : (doubted.refusal.evidence ?? "");
      const proven = await verifyEvidence(evidence, key.ok ? [key.value] : []);
      expect(proven).toMatchObject({ ok: true, value: { smaller: { size: KNOWN }, larger: { size } } });
      expect(await held()).toEqual(before());
    },
  );

  it("the log between them was never seen", async () => {
    const between = await makeSigner("gate.example.com/log/1", new Uint8Array(32).fill(4));
    log = await follow(await new ServedLog(between.name, between).growTo(400).checkpoint());
    expect(await remember(await log.checkpoint(), NEW_KEY)).toMatchObject(unproven(NO_CHECKPOINT));
  });
});

describe("afterwards the old log", () => {
  let final: string;
  beforeEach(async () => {
    final = await old.checkpoint();
    log = await follow(final);
    expect(await remember(await log.checkpoint(), NEW_KEY)).toMatchObject({ ok: true });
    paths();
  });

  it("is compared with what is still served of it, with its key or without", async () => {
    for (const vkey of [OLD_KEY, undefined]) {
      expect(await remember(await old.checkpoint({ size: 200 }), vkey)).toEqual({ ok: true, value: { vkey: OLD_KEY } });
    }
    expect(new Set(paths())).toEqual(new Set([`${ENDED}/proof/consistency?from=200&to=${FINAL}`]));
    expect(await remember(final)).toMatchObject({ ok: true });
    expect(await sorted()).toEqual(after(final, await log.checkpoint()));
    expect(await remember(await fork.checkpoint())).toMatchObject({ ok: false, refusal: { code: "log_inconsistent" } });
  });

  it("does not grow any more", async () => {
    const grown = new ServedLog(OLD, signer).growTo(FINAL + 1);
    ended = grown;
    expect(await remember(await grown.checkpoint(), OLD_KEY)).toMatchObject(unproven(`ended with ${FINAL} leaves`));
    expect(await sorted()).toEqual(after(final, await log.checkpoint()));
  });
});
