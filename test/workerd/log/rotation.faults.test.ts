/** Rotating the log's key in a service that people and agents use: receipts before, while and after, and what a crash leaves. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { leafEntry, type LogRecord } from "#countersign/documents/record.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { parseNote, parseVkey, type VerifierKey, verifyNote } from "#countersign/tlog/note.ts";
import { verifyProof } from "#countersign/tlog/verify-checkpoint.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { type Agent, ask, decided, receiptOf } from "#test/workerd/support/approvals.ts";
import { checkLog, LOG_ORIGIN } from "#test/workerd/support/log.ts";
import { call, ORIGIN, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { beginADayAhead, deployAnew, endDeployments, seedOf, text } from "#test/workerd/faults/deployments.ts";
import { type deploy, type End, type How, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { lies } from "#test/workerd/faults/worker.ts";

const OVERLAP = { LOG_NEXT_SIGNING_KEY: seedOf(2) };
const AFTER = { LOG_SIGNING_KEY: seedOf(2) };

let person: Someone;
let agent: Agent;
let asked: string[] = [];

beforeEach(async () => {
  asked = [];
  ({ person, agent } = await beginADayAhead());
});
afterEach(() => {
  endDeployments();
  expect(lies.splice(0)).toEqual([]);
});
afterAll(emptyStorage);

const redeploy = (variables?: Parameters<typeof deploy>[0]): Promise<void> =>
  deployAnew(variables, { requests: asked, logs: [LOG_ORIGIN] });
async function receiptOfNew(): Promise<string> {
  const { request_id: id } = await ask(agent);
  asked.push(id);
  await decided(person, id, "approved");
  return await receiptOf(agent, id);
}
/** Whether it verifies under that key, or why not. */
async function judgedBy(vkey: string, document: string): Promise<string> {
  const receipt = parseReceipt(document);
  if (!receipt.ok) return receipt.refusal.code;
  const verdict = await verifyReceipt(receipt.value, { vkey, origin: ORIGIN });
  return verdict.ok ? verdict.value.status : verdict.refusal.code;
}
function keyOf(vkey: string): VerifierKey {
  const key = parseVkey(vkey);
  if (!key.ok) throw new Error(key.refusal);
  return key.value;
}
/** What somebody takes the served checkpoint for who trusts this key. */
async function trusts(vkey: string): Promise<string> {
  const note = parseNote(`${await text("/log/checkpoint")}\n`);
  if (!note.ok) throw new Error(note.refusal);
  const verified = await verifyNote(note.value, [keyOf(vkey)]);
  return verified.ok ? "signed" : verified.refusal;
}
interface KeyItem {
  index: number;
  record: LogRecord;
  salt: string;
  proof: string;
}
const keyItems = async (): Promise<KeyItem[]> => (await (await call("GET", "/log/keys")).json<{ items: KeyItem[] }>()).items;
const holdsUnder = async (vkey: string, { record, salt, proof }: KeyItem): Promise<boolean> =>
  (await verifyProof(proof, leafHash(leafEntry(record, salt)), { logKeys: [keyOf(vkey)], policy: null })).ok;

describe("receipts and checkpoints", () => {
  it("verify with the key there was: the old one, either, the new one", async () => {
    const oldVkey = await text("/log/vkey");
    const before = await receiptOfNew();
    await redeploy(OVERLAP);
    const newVkey = await text("/log/vkey");
    const meanwhile = await receiptOfNew();
    expect([await trusts(oldVkey), await trusts(newVkey)]).toEqual(["signed", "signed"]);
    await redeploy(AFTER);
    expect(await text("/log/vkey")).toBe(newVkey);
    const after = await receiptOfNew();
    expect([await trusts(oldVkey), await trusts(newVkey)]).toEqual(["no-known-signature", "signed"]);

    expect(await Promise.all([before, meanwhile, after].map((one) => judgedBy(oldVkey, one)))).toEqual([
      "approved",
      "approved",
      "checkpoint_invalid",
    ]);
    expect(await Promise.all([before, meanwhile, after].map((one) => judgedBy(newVkey, one)))).toEqual([
      "checkpoint_invalid",
      "approved",
      "approved",
    ]);
    // Downloaded again, the first is under the newest checkpoint, and so under the new key.
    expect(await judgedBy(newVkey, await receiptOf(agent, asked[0] ?? ""))).toBe("approved");
  });

  it("who trusts the old key only is led to the new one by /log/keys, also long after", async () => {
    const oldVkey = await text("/log/vkey");
    await redeploy(OVERLAP);
    await receiptOfNew();
    await redeploy(AFTER);
    await receiptOfNew();
    const newVkey = await text("/log/vkey");
    const [genesis, rotation, ...more] = await keyItems();
    if (genesis === undefined || rotation === undefined) throw new Error("two keys");
    expect(more).toEqual([]);
    expect(genesis.record).toMatchObject({ kind: "log.genesis", vkey: oldVkey });
    expect(rotation.record).toMatchObject({ kind: "key.rotated", old_vkey: oldVkey, new_vkey: newVkey });
    expect([await holdsUnder(newVkey, genesis), await holdsUnder(oldVkey, genesis)]).toEqual([true, false]);
    expect([await holdsUnder(newVkey, rotation), await holdsUnder(oldVkey, rotation)]).toEqual([true, true]);
  });
});

describe("every write of a rotation", () => {
  const WRITES = ["D1: batch, insert into log_leaf", "log: put anchor", "log: put rotation 1"];

  it("is this, in this order, and nothing is written again", async () => {
    await redeploy(OVERLAP);
    const { seen } = await withFaults([], () => text("/log/checkpoint"));
    expect(seen.filter(({ mortal }) => mortal).map(({ name }) => name)).toEqual(WRITES);
    await redeploy(OVERLAP);
    const again = await withFaults([], () => text("/log/checkpoint"));
    expect(again.seen.filter(({ mortal }) => mortal)).toEqual([]);
    await redeploy(AFTER);
    const after = await withFaults([], () => text("/log/checkpoint"));
    expect(after.seen.filter(({ mortal }) => mortal)).toEqual([]);
  });

  const cases = WRITES.flatMap((write) =>
    (["absent", "present"] as How[]).flatMap((how) => (["goes on", "dies"] as End[]).map((end) => [write, how, end] as const)),
  );
  it.each(cases)("%s, %s, and the log's writer %s", async (at, how, end) => {
    const oldVkey = await text("/log/vkey");
    await redeploy(OVERLAP);
    const { struck } = await withFaults([{ at, how, end }], () => call("GET", "/log/checkpoint"));
    expect(struck).toHaveLength(1);
    const newVkey = await text("/log/vkey");
    expect(newVkey).not.toBe(oldVkey);
    const receipt = await receiptOfNew();
    expect([await judgedBy(oldVkey, receipt), await judgedBy(newVkey, receipt)]).toEqual(["approved", "approved"]);
    await redeploy(AFTER);
    const [, rotation] = await keyItems();
    expect(rotation !== undefined && (await holdsUnder(oldVkey, rotation))).toBe(true);
    expect((await checkLog()).filter((idem) => idem.startsWith("key."))).toEqual(["key.rotated:1"]);
  });
});
