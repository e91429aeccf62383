/** A log whose key is rotated: who is led from a known key to the next, and who is led nowhere. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { b64u } from "#countersign/encoding/bytes.ts";
import { accept } from "#countersign/result.ts";
import type { RecordOf, SealedRecord } from "#countersign/documents/record.ts";
import { LogClient, type LogKeyItem } from "#countersign/sdk/log-client.ts";
import { type LogMemory, processMemory } from "#countersign/sdk/log-memory.ts";
import { rememberCheckpoint } from "#countersign/sdk/remember-checkpoint.ts";
import { verifyEvidence } from "#countersign/tlog/evidence.ts";
import { makeSigner, makeVkey, parseVkey, type Signer } from "#countersign/tlog/note.ts";
import { ServedLog } from "#test/support/log/served-log.ts";
import { type StubAnswer, stubService } from "#test/support/service/stub-service.ts";

const ORIGIN = "gate.example.com/log";
const signerOf = (n: number): Promise<Signer> => makeSigner(ORIGIN, new Uint8Array(32).fill(n));
const [first, second, third, stranger] = [await signerOf(1), await signerOf(2), await signerOf(3), await signerOf(4)];
const vkeyOf = (signer: Signer): string => makeVkey(ORIGIN, signer.publicKey);
const [FIRST, SECOND, THIRD] = [vkeyOf(first), vkeyOf(second), vkeyOf(third)];

const rotation = (from: Signer, to: Signer, changes: Partial<RecordOf<"key.rotated">> = {}): SealedRecord<RecordOf<"key.rotated">> => ({
  record: {
    type: "countersign/record@v1",
    kind: "key.rotated",
    log: ORIGIN,
    at: "2026-11-20T09:00:00.000Z",
    old_vkey: vkeyOf(from),
    new_vkey: vkeyOf(to),
    ...changes,
  },
  salt: b64u(new Uint8Array(32).fill(5)),
});

/** Rotates the key of a log, which from then on both sign. */
async function rotate(log: ServedLog, from: Signer, to: Signer, changes?: Partial<RecordOf<"key.rotated">>): Promise<void> {
  const sealed = rotation(from, to, changes);
  log.signers = [from, to];
  log.keyItems.push(await log.seal(sealed));
}

let log: ServedLog;
let answer: (path: string) => StubAnswer | Promise<StubAnswer>;
let stub: Awaited<ReturnType<typeof stubService>>;
let memory: LogMemory;
beforeEach(async () => {
  log = new ServedLog(ORIGIN, first).growTo(7);
  const genesis = {
    record: { ...rotation(first, first).record, kind: "log.genesis", origin: "https://gate.example.com", vkey: FIRST, previous: null },
  };
  const { old_vkey: _, new_vkey: __, ...record } = genesis.record;
  log.keyItems = [{ index: 0, record, salt: b64u(new Uint8Array(32)), proof: "not looked at" }];
  answer = (path) => log.answer({ path });
  stub = await stubService(({ path }) => answer(path));
  memory = processMemory();
});
afterEach(() => stub.close());

const paths = () => stub.requests.splice(0).map(({ path }) => path);
const held = async () => {
  const read = await memory.read();
  return read.ok ? read.value.map(({ vkeys, checkpoint }) => [vkeys, Number(checkpoint.split("\n")[1])]) : read;
};

function remember(note: string, vkey?: string) {
  const client = new LogClient({ url: `${stub.url}/log` });
  return rememberCheckpoint(note, { client, memory, sleep: () => Promise.resolve(), ...(vkey !== undefined && { vkey }) });
}

/** The log as it was before any rotation is remembered. */
async function hasSeenTheFirst(): Promise<void> {
  expect(await remember(await log.checkpoint(), FIRST)).toMatchObject({ ok: true });
  expect(await held()).toEqual([[[FIRST], 7]]);
}

const unknown = { ok: false, refusal: { code: "log_key_unknown" } };

describe("from a known key", () => {
  it("the next is learnt while both sign", async () => {
    await hasSeenTheFirst();
    await rotate(log, first, second);
    log.growTo(20);
    expect(await remember(await log.checkpoint())).toEqual({ ok: true, value: { vkey: SECOND } });
    expect(paths()).toEqual(["/log/keys", "/log/proof/consistency?from=7&to=8", "/log/proof/consistency?from=8&to=20"]);
    expect(await held()).toEqual([[[FIRST, SECOND], 20]]);
    expect(await remember(await log.checkpoint())).toMatchObject({ ok: true });
    expect(paths()).toEqual([]);
  });

  it("nobody is stopped while both sign and the keys are not to be had", async () => {
    await hasSeenTheFirst();
    await rotate(log, first, second);
    answer = (path) => (path === "/log/keys" ? { status: 404, body: "" } : log.answer({ path }));
    expect(await remember(await log.checkpoint())).toEqual({ ok: true, value: { vkey: FIRST } });
    expect(await held()).toEqual([[[FIRST], 8]]);
  });

  it("the next is led to once it signs alone, and one after the other, however many there were", async () => {
    await hasSeenTheFirst();
    await rotate(log, first, second);
    log.growTo(20);
    await rotate(log, second, third);
    log.signers = [third];
    log.growTo(30);
    expect(await remember(await log.checkpoint())).toEqual({ ok: true, value: { vkey: THIRD } });
    expect(await held()).toEqual([[[FIRST, SECOND, THIRD], 30]]);
  });

  it("the one that is given is led to, and one that is given leads to those that are known", async () => {
    await hasSeenTheFirst();
    await rotate(log, first, second);
    log.signers = [second];
    const note = await log.growTo(20).checkpoint();
    expect(await remember(note, SECOND)).toEqual({ ok: true, value: { vkey: SECOND } });
    memory = processMemory();
    expect(await remember(note, FIRST)).toEqual({ ok: true, value: { vkey: SECOND } });
    expect(await held()).toEqual([[[FIRST, SECOND], 20]]);
    memory = processMemory();
    expect(await remember(note, SECOND)).toMatchObject({ ok: true });
    expect(await held()).toEqual([[[SECOND], 20]]);
    const old = await log.checkpoint({ size: 7, signers: [first] });
    expect(await remember(old)).toMatchObject(unknown);
    expect(await remember(old, FIRST)).toEqual({ ok: true, value: { vkey: FIRST } });
    expect(await held()).toEqual([[[FIRST, SECOND], 20]]);
  });

  it("what the older key alone has signed counts for what was before, and for nothing newer", async () => {
    await hasSeenTheFirst();
    await rotate(log, first, second);
    const note = await log.growTo(20).checkpoint();
    expect(await remember(note)).toMatchObject({ ok: true });
    expect(await remember(await log.checkpoint({ size: 7, signers: [first] }))).toEqual({ ok: true, value: { vkey: FIRST } });
    expect(await remember(await log.growTo(30).checkpoint({ signers: [first] }))).toMatchObject(unknown);
    expect(await held()).toEqual([[[FIRST, SECOND], 20]]);
  });
});

describe("nobody is led to a key", () => {
  /** After a rotation that is changed by `change`, with the new key signing alone. */
  async function rotatedWrongly(change: (item: LogKeyItem) => unknown, changes?: Partial<RecordOf<"key.rotated">>) {
    await hasSeenTheFirst();
    await rotate(log, first, second, changes);
    log.keyItems = [...log.keyItems.slice(0, -1), change(log.keyItems.at(-1) as LogKeyItem)];
    log.signers = [second];
    return await remember(await log.growTo(20).checkpoint());
  }

  it.each<[string, (item: LogKeyItem) => unknown, Partial<RecordOf<"key.rotated">>?]>([
    ["that is not listed", (item) => ({ ...item, record: { ...item.record, new_vkey: vkeyOf(third) } })],
    ["by another leaf", (item) => ({ ...item, salt: b64u(new Uint8Array(32)) })],
    ["by a leaf at another place", (item) => ({ ...item, index: 5 })],
    ["without a proof", (item) => ({ ...item, proof: "none" })],
    ["by a rotation of another key", (item) => item, { old_vkey: vkeyOf(stranger) }],
    ["by a rotation in another log's name", (item) => item, { log: "b/log" }],
    ["of another log", (item) => item, { new_vkey: makeVkey("b/log", second.publicKey) }],
    ["that is none", (item) => item, { new_vkey: "key" }],
  ])("%s", async (_, change, changes) => {
    expect(await rotatedWrongly(change, changes)).toMatchObject(unknown);
    expect(await held()).toEqual([[[FIRST], 7]]);
  });

  it("by a rotation that the key before has not signed", async () => {
    await hasSeenTheFirst();
    log.signers = [second];
    log.keyItems.push(await log.seal(rotation(first, second)));
    expect(await remember(await log.growTo(20).checkpoint())).toMatchObject(unknown);
    expect(await held()).toEqual([[[FIRST], 7]]);
  });

  it("if the keys are not to be had", async () => {
    await hasSeenTheFirst();
    await rotate(log, first, second);
    log.signers = [second];
    const note = await log.growTo(20).checkpoint();
    answer = (path) => (path === "/log/keys" ? { status: 503, body: "" } : log.answer({ path }));
    expect(await remember(note)).toMatchObject({ ok: false, refusal: { code: "log_unproven" } });
    expect(await held()).toEqual([[[FIRST], 7]]);
  });

  it("in another log: the rotation's own checkpoint is evidence", async () => {
    await hasSeenTheFirst();
    const fork = new ServedLog(ORIGIN, first).growTo(6).growTo(7, 9);
    await rotate(fork, first, second);
    fork.signers = [second];
    const note = await fork.growTo(20).checkpoint();
    answer = (path) => fork.answer({ path });
    const doubted = await remember(note);
    expect(doubted).toMatchObject({ ok: false, refusal: { code: "log_inconsistent" } });
    const key = parseVkey(FIRST);
    const evidence = doubted.ok ? "" : (doubted.refusal.evidence ?? "");
    expect(await verifyEvidence(evidence, key.ok ? [key.value] : [])).toMatchObject({ ok: true, value: { larger: { size: 8 } } });
    expect(await held()).toEqual([[[FIRST], 7]]);
  });
});

it("two checkpoints of different keys are not of one log, and no evidence against it: an older key may have got into wrong hands", async () => {
  await hasSeenTheFirst();
  await rotate(log, first, second);
  log.signers = [second];
  expect(await remember(await log.growTo(20).checkpoint())).toMatchObject({ ok: true });
  const keptEvidence: string[] = [];
  const keepEvidence = (evidence: string) => Promise.resolve(accept((keptEvidence.push(evidence), null)));
  memory = { ...memory, keepEvidence };
  const fork = new ServedLog(ORIGIN, first).growTo(20, 9);
  for (const size of [7, 20]) {
    const doubted = await remember(await fork.checkpoint({ size }));
    expect(doubted).toMatchObject({ ok: false, refusal: { code: "log_inconsistent", message: expect.stringContaining("different keys") } });
    expect(doubted.ok ? null : doubted.refusal.evidence).toBeUndefined();
  }
  expect(keptEvidence).toEqual([]);
  expect(await held()).toEqual([[[FIRST, SECOND], 20]]);
});
