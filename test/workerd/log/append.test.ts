import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { equal, fromB64u } from "#countersign/encoding/bytes.ts";
import { leafEntry } from "#countersign/documents/record.ts";
import { logErrorCode } from "#gate/log/transparency-log.ts";
import { parseCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { parseNote, parseVkey, verifyNote } from "#countersign/tlog/note.ts";
import {
  checkLog,
  codeOf,
  enrolment,
  faulty,
  type Faults,
  leaf,
  LOG_ORIGIN,
  logObject,
  logStub,
  PUBLIC_ORIGIN,
  rows,
  writer,
} from "#test/workerd/support/log.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { eraseByHand } from "#test/workerd/support/erasure/erasing.ts";

beforeEach(emptyStorage);

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

async function signedSize(checkpoint: string, vkey: string): Promise<number> {
  const note = parseNote(checkpoint);
  const key = parseVkey(vkey);
  if (!note.ok || !key.ok) throw new Error("not a note, or not a key");
  expect(await verifyNote(note.value, [key.value])).toMatchObject({ ok: true });
  const parsed = parseCheckpoint(note.value.text);
  if (!parsed.ok) throw new Error(parsed.refusal);
  const { heads } = await rows();
  const head = heads.find(({ size }) => size === parsed.value.size);
  expect(parsed.value.root).toEqual(Uint8Array.from(head?.root ?? []));
  return parsed.value.size;
}

describe("genesis", () => {
  test("is leaf 0, written when the log is first used, and names origin and key", async () => {
    const log = logObject();
    const [checkpoint, vkey] = [await log.checkpoint(), await log.vkey()];
    expect(await signedSize(checkpoint, vkey)).toBe(1);
    expect(checkpoint.split("\n").slice(0, 2)).toEqual([LOG_ORIGIN, "1"]);
    const { leaves } = await rows();
    const { at, ...record } = JSON.parse(leaves[0]?.record ?? "") as { at: string };
    expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(record).toEqual({
      type: "countersign/record@v1",
      kind: "log.genesis",
      log: LOG_ORIGIN,
      origin: PUBLIC_ORIGIN,
      vkey,
      previous: null,
    });
    expect(fromB64u(leaves[0]?.salt ?? "")).toHaveLength(32);
    expect(await checkLog()).toEqual(["genesis"]);
  });

  test("is written once, even by objects that begin at the same moment", async () => {
    const names = range(4).map((i) => `${LOG_ORIGIN} ${i}`);
    const outcomes = await Promise.all(names.map((name, i) => logObject(name).append(leaf(`leaf ${i}`))));
    expect(outcomes.map(({ status }) => status)).toEqual(names.map(() => "logged"));
    const keys = await checkLog();
    expect(keys[0]).toBe("genesis");
    expect(new Set(keys)).toEqual(new Set(["genesis", ...range(4).map((i) => `leaf ${i}`)]));
  });
});

describe("appending", () => {
  test("at once: every leaf gets a place of its own, and far fewer commits than leaves are needed", async () => {
    const log = logObject();
    const outcomes = await Promise.all(range(90).map((i) => log.append(leaf(`leaf ${i}`))));
    const indices = outcomes.map((outcome) => (outcome.status === "logged" ? outcome.index : -1));
    expect(indices.toSorted((a, b) => a - b)).toEqual(range(90).map((i) => i + 1));
    const keys = await checkLog();
    indices.forEach((index, i) => expect(keys[index]).toBe(`leaf ${i}`));
    const { heads } = await rows();
    expect(heads.length).toBeLessThan(15);
    expect(await signedSize(await log.checkpoint(), await log.vkey())).toBe(91);
  });

  test("past the border of a tile", async () => {
    const log = logObject();
    await Promise.all(range(300).map((i) => log.append(leaf(`leaf ${i}`))));
    await log.append(leaf("last"));
    expect(await checkLog()).toHaveLength(302);
    const { tiles } = await rows();
    expect(tiles.map(({ level, n, hashes }) => [level, n, hashes.length / 32])).toEqual([
      [0, 0, 256],
      [0, 1, 46],
      [1, 0, 1],
    ]);
  });

  test("equal bytes for a key answer as before, at once, later, and after the object has slept", async () => {
    const log = logObject();
    const both = await Promise.all([log.append(leaf("key")), log.append(leaf("key"))]);
    expect(both).toEqual([
      { status: "logged", index: 1 },
      { status: "logged", index: 1 },
    ]);
    await log.append(leaf("other"));
    expect(await log.append(leaf("key"))).toEqual({ status: "logged", index: 1 });
    await evictDurableObject(logStub());
    expect(await log.append(leaf("key"))).toEqual({ status: "logged", index: 1 });
    expect(await checkLog()).toEqual(["genesis", "key", "other"]);
  });

  test("other bytes for a key are a conflict that gives back what is sealed, at once and later", async () => {
    const log = logObject();
    const first = leaf("key", "first");
    const [one, two] = await Promise.all([log.append(first), log.append(leaf("key", "second"))]);
    const conflict = { status: "conflict", index: 1, sealed: first.sealed };
    expect([one, two]).toEqual([{ status: "logged", index: 1 }, conflict]);
    const later = await log.append(leaf("key", "third"));
    expect(later).toEqual(conflict);
    if (later.status !== "conflict") throw new Error("conflict");
    const { leaves } = await rows();
    expect(equal(leafEntry(later.sealed.record, later.sealed.salt), Uint8Array.from(leaves[1]?.entry ?? []))).toBe(true);
    expect(await checkLog()).toEqual(["genesis", "key"]);
  });

  test("a key whose record is erased cannot be adopted, only repeated", async () => {
    const log = logObject();
    await log.append(leaf("key"));
    await eraseByHand(1);
    expect(await log.append(leaf("key"))).toEqual({ status: "logged", index: 1 });
    expect(await codeOf(log.append(leaf("key", "other")))).toBe("log_record_erased");
  });
});

describe("effects", () => {
  test("are there with their leaf", async () => {
    expect(await logObject().append(enrolment("alex", "alex"))).toEqual({ status: "logged", index: 1 });
    const passkey = await env.DB.prepare("SELECT person_id, leaf_index FROM passkey").first();
    expect(passkey).toEqual({ person_id: "usr_alex", leaf_index: 1 });
  });

  test("that break a constraint are refused by its name, and stop no other leaf of their batch", async () => {
    const log = logObject();
    await log.append(enrolment("alex", "alex"));
    const batch = [leaf("before"), enrolment("taken", "alex"), leaf("after"), enrolment("kim", "kim")];
    const outcomes = await Promise.all(batch.map((one) => log.append(one)));
    expect(outcomes.map(({ status }) => status)).toEqual(["logged", "refused", "logged", "logged"]);
    expect(outcomes[1]).toEqual({ status: "refused", constraint: "UNIQUE constraint failed: person.username" });
    expect(await checkLog()).toEqual(["genesis", "alex", "before", "after", "kim"]);
    const people = await env.DB.prepare("SELECT username FROM person ORDER BY username").all();
    expect(people.results).toEqual([{ username: "alex" }, { username: "kim" }]);
  });

  test("that were refused may be tried again with the same key", async () => {
    const log = logObject();
    await log.append(enrolment("alex", "alex"));
    expect(await log.append(enrolment("kim", "alex"))).toMatchObject({ status: "refused" });
    expect(await log.append(enrolment("kim", "kim"))).toEqual({ status: "logged", index: 2 });
  });

  test("two that exclude each other: one is logged, one refused", async () => {
    const log = logObject();
    await log.checkpoint();
    const outcomes = await Promise.all([log.append(enrolment("one", "alex")), log.append(enrolment("two", "alex"))]);
    expect(outcomes.map(({ status }) => status)).toEqual(["logged", "refused"]);
    expect(await checkLog()).toEqual(["genesis", "one"]);
  });
});

describe("rows written to D1", () => {
  async function rowsWritten(leaves: number): Promise<number> {
    const faults: Faults = {};
    const log = await writer({ d1: faulty(faults) });
    await log.checkpoint();
    let written = 0;
    faults.batch = async (run) => {
      const results = await run();
      for (const { meta } of results) written += meta.rows_written;
      return results;
    };
    await Promise.all(range(leaves).map((i) => log.append(leaf(`leaf ${i}`))));
    return written;
  }

  test("one leaf: leaf, key, tile and head", async () => {
    expect(await rowsWritten(1)).toBe(4);
  });

  test("twenty at once: two each, one tile, one head", async () => {
    expect(await rowsWritten(20)).toBe(42);
  });

  test("and nothing is read while the writer remembers", async () => {
    const faults: Faults = {};
    const log = await writer({ d1: faulty(faults) });
    await log.append(leaf("first"));
    let reads = 0;
    faults.read = () => {
      reads += 1;
    };
    await log.append(leaf("second"));
    expect(reads).toBe(0);
  });
});

describe("errors keep their code between objects", () => {
  test("a frozen log", async () => {
    await logObject().checkpoint();
    await env.DB.prepare("UPDATE log SET state = 'frozen'").run();
    const stranger = logObject("has not opened it yet");
    expect(await codeOf(stranger.checkpoint())).toBe("log_frozen");
    expect(await codeOf(stranger.append(leaf("key")))).toBe("log_frozen");
    expect(await codeOf(stranger.vkey())).toBe("log_frozen");
    expect(await checkLog()).toEqual(["genesis"]);
  });

  test("a key that is not the one the log began with refuses everything and says which variable is wrong", async () => {
    await (await writer({ seed: 2 })).checkpoint();
    const log = logObject();
    for (const answer of [() => log.checkpoint(), () => log.vkey(), () => log.append(leaf("key"))]) {
      const error = await answer().catch((thrown: unknown) => thrown);
      expect(logErrorCode(error)).toBe("log_wrong_key");
      expect(String(error)).toContain("LOG_SIGNING_KEY");
    }
    expect(await checkLog()).toEqual(["genesis"]);
  });

  test("a database that holds the log of another origin", async () => {
    await (await writer({ origin: "old.example.com/log" })).checkpoint();
    const error = await logObject()
      .checkpoint()
      .catch((thrown: unknown) => thrown);
    expect(logErrorCode(error)).toBe("log_wrong_origin");
    expect(String(error)).toContain("PUBLIC_ORIGIN");
    expect(await checkLog()).toEqual(["genesis"]);
  });

  test("any other error has none", () => {
    expect(logErrorCode(new Error("D1_ERROR: log_head: no"))).toBe(null);
    expect(logErrorCode("log_frozen: text")).toBe(null);
  });
});
