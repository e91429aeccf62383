import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { app } from "#composition/app.ts";
import type { Bindings } from "#config/bindings.ts";
import { proveLeaves } from "#gate/log/reading/prove-leaves.ts";
import { leafEntry } from "#countersign/documents/record.ts";
import { logReader } from "#storage/log/log-reader.ts";
import { parseCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { leafHash, verifyInclusion } from "#countersign/tlog/merkle.ts";
import { parseNote, parseVkey, verifyNote } from "#countersign/tlog/note.ts";
import { parseProof } from "#countersign/tlog/proof.ts";
import { leaf, LOG_ORIGIN, logObject } from "#test/workerd/support/log.ts";
import { ORIGIN } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { eraseByHand } from "#test/workerd/support/erasure/erasing.ts";

beforeEach(emptyStorage);

const ports = () => ({ log: logObject(), reader: logReader(env.DB, LOG_ORIGIN) });
const appendAll = (from: number, to: number) =>
  Promise.all(Array.from({ length: to - from }, (_, i) => logObject().append(leaf(`leaf ${from + i}`))));

/** As anyone would check it who has the log's key: from the signature down to the leaf. */
async function verify(proofText: string, entry: Uint8Array, vkey: string): Promise<{ index: number; size: number }> {
  const proof = parseProof(proofText);
  if (!proof.ok) throw new Error(proof.refusal);
  const [note, key] = [parseNote(proof.value.checkpoint), parseVkey(vkey)];
  if (!note.ok || !key.ok) throw new Error("not a note, or not a key");
  expect(await verifyNote(note.value, [key.value])).toMatchObject({ ok: true });
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) throw new Error(checkpoint.refusal);
  const { origin, size, root } = checkpoint.value;
  const { index, path } = proof.value;
  expect(origin).toBe(LOG_ORIGIN);
  expect(verifyInclusion({ leafHash: leafHash(entry), index, size, root, path })).toBe(true);
  return { index, size };
}

describe("proofs for a receipt", () => {
  test("lead from every leaf to one and the same checkpoint", async () => {
    await appendAll(0, 300);
    const vkey = await logObject().vkey();
    const indices = Array.from({ length: 301 }, (_, i) => 300 - i);
    const proven = await proveLeaves(indices, ports());
    if (!proven.ok) throw new Error(proven.refusal.reason);
    const { checkpoint, leaves } = proven.value;
    expect(leaves.map(({ index }) => index)).toEqual(indices);
    for (const { index, record, salt, proof } of leaves) {
      expect(proof.endsWith(`\n\n${checkpoint}`)).toBe(true);
      expect(await verify(proof, leafEntry(record, salt), vkey)).toEqual({ index, size: 301 });
    }
  });

  test("are the same after the log has grown past the checkpoint meanwhile", async () => {
    await appendAll(0, 100);
    const { log, reader } = ports();
    const checkpoint = await log.checkpoint();
    const before = await proveLeaves([0, 50, 100], { log: { witnessedCheckpoint: () => Promise.resolve(checkpoint) }, reader });
    await appendAll(100, 400);
    const after = await proveLeaves([0, 50, 100], { log: { witnessedCheckpoint: () => Promise.resolve(checkpoint) }, reader });
    expect(before).toMatchObject({ ok: true, value: { checkpoint } });
    expect(after).toEqual(before);
  });

  test("of no leaves are the checkpoint alone", async () => {
    expect(await proveLeaves([], ports())).toMatchObject({ ok: true, value: { leaves: [] } });
  });

  test("are refused for a leaf that is not there, or erased", async () => {
    await appendAll(0, 2);
    expect(await proveLeaves([1, 3], ports())).toEqual({ ok: false, refusal: { reason: "no-such-leaf", index: 3 } });
    await eraseByHand(1);
    expect(await proveLeaves([2, 1], ports())).toEqual({ ok: false, refusal: { reason: "record-erased", index: 1 } });
    expect(await proveLeaves([2], ports())).toMatchObject({ ok: true });
  });

  test("are not given out from tiles or leaves that were tampered with", async () => {
    await appendAll(0, 5);
    const { log, reader } = ports();
    await log.checkpoint();
    await env.DB.batch(
      ["DROP TRIGGER log_leaf_update", "UPDATE log_leaf SET entry = zeroblob(33) WHERE idx = 2"].map((sql) => env.DB.prepare(sql)),
    );
    await expect(proveLeaves([2], { log, reader })).rejects.toThrow("does not lead to the root");
    await env.DB.batch(
      ["DROP TRIGGER log_tile_update", "UPDATE log_tile SET hashes = zeroblob(length(hashes))"].map((sql) => env.DB.prepare(sql)),
    );
    await expect(proveLeaves([1], { log, reader })).rejects.toThrow("does not lead to the root");
    await env.DB.prepare("UPDATE log_tile SET hashes = zeroblob(64)").run();
    await expect(proveLeaves([1], { log, reader })).rejects.toThrow("too narrow");
  });
});

describe("over HTTP", () => {
  const get = (path: string, init?: RequestInit, bindings: Partial<Bindings> = {}) =>
    app.request(`${ORIGIN}/log/${path}`, init, { ...env, ...bindings });

  test("the checkpoint is a signed note that may be kept for two seconds", async () => {
    await appendAll(0, 3);
    const response = await get("checkpoint");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("public, max-age=2");
    const text = await response.text();
    expect(text).toBe(await logObject().checkpoint());
    expect(text.split("\n").slice(0, 2)).toEqual([LOG_ORIGIN, "4"]);
  });

  test("the key alone, nothing around it", async () => {
    const response = await get("vkey");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("public, max-age=60");
    // Of the test configuration's key, 32 bytes of 1.
    expect(await response.text()).toBe("gate.example.com/log+f91a1c29+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c");
  });

  test("HEAD answers as GET does, any other method is told what is allowed", async () => {
    for (const path of ["checkpoint", "vkey"]) {
      const head = await get(path, { method: "HEAD" });
      expect([head.status, await head.text()]).toEqual([200, ""]);
      for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
        const response = await get(path, { method });
        expect([response.status, response.headers.get("allow"), response.headers.get("cache-control")]).toEqual([
          405,
          "GET, HEAD",
          "no-store",
        ]);
      }
    }
  });

  test("a log that does not answer is 503, kept by nobody, and says nothing of why", async () => {
    await logObject().checkpoint();
    await env.DB.prepare("UPDATE log SET state = 'frozen'").run();
    for (const path of ["checkpoint", "vkey"]) {
      const frozen = await get(path, {}, { LOG_SEQUENCER: { getByName: () => logObject("opens it now") } });
      expect([frozen.status, frozen.headers.get("cache-control")]).toEqual([503, "no-store"]);
      expect(await frozen.text()).toBe("The log does not answer now.\n");
      const withoutKey = await get(path, {}, { LOG_SIGNING_KEY: "not a key" });
      expect([withoutKey.status, withoutKey.headers.get("cache-control")]).toEqual([503, "no-store"]);
      expect(await withoutKey.text()).not.toContain("not a key");
    }
  });
});
