/** One key of the log takes the place of another: every order in which secrets can be set, faults on the way, and several writers. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { LogRecord } from "#countersign/documents/record.ts";
import { makeSigner, makeVkey, parseNote, parseVkey, verifyNote } from "#countersign/tlog/note.ts";
import {
  checkLog,
  codeOf,
  type Faults,
  faulty,
  leaf,
  LOG_ORIGIN,
  type LogWriter,
  LOST_CONNECTION,
  MemoryAnchor,
  MemoryRotations,
  rows,
  writer,
} from "#test/workerd/support/log.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

beforeEach(emptyStorage);

const vkeyOfSeed = async (seed: number): Promise<string> => {
  const { publicKey } = await makeSigner(LOG_ORIGIN, new Uint8Array(32).fill(seed));
  return makeVkey(LOG_ORIGIN, publicKey);
};

/** Whose keys, of the seeds 1 to 4, have signed this, in the order of its lines; every one of them verifies. */
async function signedBy(checkpoint: string): Promise<number[]> {
  const note = parseNote(checkpoint);
  if (!note.ok) throw new Error(note.refusal);
  const keys = await Promise.all(
    [1, 2, 3, 4].map(async (seed) => {
      const key = parseVkey(await vkeyOfSeed(seed));
      if (!key.ok) throw new Error(key.refusal);
      return { seed, key: key.value };
    }),
  );
  const verified = await verifyNote(
    note.value,
    keys.map(({ key }) => key),
  );
  if (!verified.ok) throw new Error(verified.refusal);
  expect(verified.value).toHaveLength(note.value.signatures.length);
  return verified.value.map(({ keyId }) => keys.find(({ key }) => key.keyId === keyId)?.seed ?? 0);
}

/** One deployment's log: each new instance has other secrets, and what the one before has kept. */
class Deployment {
  readonly anchor = new MemoryAnchor();
  readonly rotations = new MemoryRotations();
  with(seed: number, nextSeed: number | null = null, d1 = env.DB): Promise<LogWriter> {
    return writer({ anchor: this.anchor, rotations: this.rotations, seed, nextSeed, d1 });
  }
  /** A log of two leaves, under the first key. */
  static async begun(): Promise<Deployment> {
    const deployment = new Deployment();
    await (await deployment.with(1)).append(leaf("one"));
    return deployment;
  }
}

const rotations = async (): Promise<LogRecord[]> =>
  (await rows()).leaves.filter(({ idem }) => idem.startsWith("key.rotated:")).map(({ record }) => JSON.parse(record) as LogRecord);

describe("rotation", () => {
  test("logs the new key, signs with both while both are set, and then with the new one alone", async () => {
    const deployment = await Deployment.begun();
    const [before, both] = [await deployment.with(1), await deployment.with(1, 2)];
    expect(await signedBy(await before.checkpoint())).toEqual([1]);
    expect(await signedBy(await both.checkpoint())).toEqual([1, 2]);
    expect(await both.vkey()).toBe(await vkeyOfSeed(2));
    expect(await both.append(leaf("two"))).toEqual({ status: "logged", index: 3 });
    expect(await signedBy(await both.checkpoint())).toEqual([1, 2]);

    const after = await deployment.with(2);
    expect(await signedBy(await after.checkpoint())).toEqual([2]);
    expect(await after.append(leaf("three"))).toEqual({ status: "logged", index: 4 });
    expect(await after.vkey()).toBe(await vkeyOfSeed(2));
    expect(await checkLog()).toEqual(["genesis", "one", "key.rotated:1", "two", "three"]);
    expect(await rotations()).toEqual([
      {
        type: "countersign/record@v1",
        kind: "key.rotated",
        log: LOG_ORIGIN,
        at: "2026-11-20T09:30:00.000Z",
        old_vkey: await vkeyOfSeed(1),
        new_vkey: await vkeyOfSeed(2),
      },
    ]);
  });

  test("can be put back to the overlap, if the old key was taken away too early", async () => {
    const deployment = await Deployment.begun();
    await (await deployment.with(1, 2)).checkpoint();
    await (await deployment.with(2)).append(leaf("two"));
    expect(await signedBy(await (await deployment.with(1, 2)).checkpoint())).toEqual([1, 2]);
    expect(await checkLog()).toEqual(["genesis", "one", "key.rotated:1", "two"]);
  });

  test("is shown under a checkpoint that the old key has signed, also once it signs nothing any more", async () => {
    const deployment = await Deployment.begun();
    await (await deployment.with(1, 2)).append(leaf("two"));
    const after = await deployment.with(2);
    await after.append(leaf("three"));
    const [genesis, rotated, ...more] = await after.keys();
    expect(more).toEqual([]);
    expect(genesis).toEqual({ index: 0, checkpoint: await after.checkpoint() });
    expect(rotated?.index).toBe(2);
    expect(await signedBy(rotated?.checkpoint ?? "")).toEqual([1, 2]);
    expect(rotated?.checkpoint.split("\n")[1]).toBe("3");
  });

  test("again, and again: each from the key before", async () => {
    const deployment = await Deployment.begun();
    for (const seed of [2, 3, 4]) {
      await (await deployment.with(seed - 1, seed)).append(leaf(`under ${seed}`));
      expect(await signedBy(await (await deployment.with(seed)).checkpoint())).toEqual([seed]);
    }
    const keys = await (await deployment.with(4)).keys();
    expect(await Promise.all(keys.map(({ checkpoint }) => signedBy(checkpoint)))).toEqual([[4], [1, 2], [2, 3], [3, 4]]);
    expect(keys.map(({ index }) => index)).toEqual([0, 2, 4, 6]);
  });

  test("of a log that is only just beginning", async () => {
    const log = await new Deployment().with(1, 2);
    expect(await signedBy(await log.checkpoint())).toEqual([1, 2]);
    expect(await checkLog()).toEqual(["genesis", "key.rotated:1"]);
  });
});

describe("secrets that do not fit", () => {
  /** What is said, and that nothing is signed, written or frozen. */
  async function refused(log: LogWriter): Promise<string> {
    const before = await rows();
    for (const answer of [() => log.checkpoint(), () => log.vkey(), () => log.keys()]) expect(await codeOf(answer())).toBe("log_wrong_key");
    const error = await log.append(leaf("never")).catch((thrown: unknown) => thrown);
    expect(await rows()).toEqual(before);
    expect(await env.DB.prepare("SELECT state FROM log").first("state")).toBe("active");
    return String(error);
  }

  test("the next one taken away again while only the old one is there: half-way back is refused, and putting it back goes on", async () => {
    const deployment = await Deployment.begun();
    await (await deployment.with(1, 2)).checkpoint();
    expect(await refused(await deployment.with(1))).toContain("put it back as LOG_NEXT_SIGNING_KEY");
    expect(await signedBy(await (await deployment.with(1, 2)).checkpoint())).toEqual([1, 2]);
    expect(await (await deployment.with(2)).append(leaf("two"))).toEqual({ status: "logged", index: 3 });
  });

  test("taken away before anything was logged, nothing has happened", async () => {
    const deployment = await Deployment.begun();
    await deployment.with(1, 2);
    expect(await signedBy(await (await deployment.with(1)).checkpoint())).toEqual([1]);
    expect(await checkLog()).toEqual(["genesis", "one"]);
  });

  test("both swapped, before and after", async () => {
    const deployment = await Deployment.begun();
    expect(await refused(await deployment.with(2, 1))).toContain("put that key back");
    await (await deployment.with(1, 2)).checkpoint();
    expect(await refused(await deployment.with(2, 1))).toContain("which the log had before");
  });

  test("the same twice is as good as one, before and after: both secrets cannot be set in one step", async () => {
    const deployment = await Deployment.begun();
    expect(await signedBy(await (await deployment.with(1, 1)).checkpoint())).toEqual([1]);
    await (await deployment.with(1, 2)).checkpoint();
    expect(await signedBy(await (await deployment.with(2, 2)).checkpoint())).toEqual([2]);
    expect(await checkLog()).toEqual(["genesis", "one", "key.rotated:1"]);
  });

  test("a key that was retired never comes back", async () => {
    const deployment = await Deployment.begun();
    await (await deployment.with(1, 2)).checkpoint();
    await (await deployment.with(2, 3)).checkpoint();
    expect(await refused(await deployment.with(3, 1))).toContain("which the log had before");
    expect(await refused(await deployment.with(1))).toContain("put that key back");
    expect(await refused(await deployment.with(1, 3))).toContain("put that key back");
  });

  test("a third key while two overlap", async () => {
    const deployment = await Deployment.begun();
    await (await deployment.with(1, 2)).checkpoint();
    expect(await refused(await deployment.with(1, 3))).toContain("the log has gone on");
    expect(await refused(await deployment.with(3, 4))).toContain("put that key back");
  });

  test("a database put back to before the rotation is taken for that, and not for a wrong key", async () => {
    const deployment = await Deployment.begun();
    await (await deployment.with(1, 2)).checkpoint();
    const names = ["log_leaf_delete", "log_head_delete", "log_tile_update"];
    await env.DB.batch(
      [
        ...names.map((name) => `DROP TRIGGER ${name}`),
        "DELETE FROM log_leaf WHERE idx >= 2",
        "DELETE FROM log_head WHERE size > 2",
        "UPDATE log_tile SET hashes = substr(hashes, 1, 64)",
      ].map((sql) => env.DB.prepare(sql)),
    );
    expect(await codeOf((await deployment.with(2)).checkpoint())).toBe("log_rolled_back");
    expect(await env.DB.prepare("SELECT state FROM log").first("state")).toBe("frozen");
  });
});

describe("the leaves that name keys", () => {
  test("are never erased", async () => {
    await (await (await Deployment.begun()).with(1, 2)).checkpoint();
    const erase = env.DB.prepare("UPDATE log_leaf SET record = NULL, salt = NULL WHERE idem = 'key.rotated:1'");
    await expect(erase.run()).rejects.toThrow("log_leaf: record and salt may be erased together and nothing else");
  });

  test.each([
    ["another record", "UPDATE log_leaf SET record = replace(record, '2026', '2025') WHERE idx = 2"],
    ["no record", "UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = 2"],
    ["the key of the second only", "UPDATE log_leaf SET idem = 'lost' WHERE idx = 2"],
  ])("with %s freeze the log", async (_, sql) => {
    const deployment = await Deployment.begun();
    await (await deployment.with(1, 2)).checkpoint();
    await (await deployment.with(2, 3)).checkpoint();
    await env.DB.batch(["DROP TRIGGER log_leaf_update", sql].map((one) => env.DB.prepare(one)));
    expect(await codeOf((await deployment.with(2, 3)).checkpoint())).toBe("log_damaged");
    expect(await env.DB.prepare("SELECT state FROM log").first("state")).toBe("frozen");
  });
});

describe("faults on the way", () => {
  const PARTS = ["D1", "the anchor", "what is kept of the rotation"] as const;
  const cases = PARTS.flatMap((part) =>
    (["absent", "present"] as const).flatMap((how) => ([true, false] as const).map((dies) => [part, how, dies] as const)),
  );

  test.each(cases)("%s, %s, and the writer is gone: %s", async (part, how, dies) => {
    const deployment = await Deployment.begun();
    let left = 1;
    const strike = <Done>(run: () => Done): Done => {
      if (left-- <= 0) return run();
      if (how === "present") run();
      throw new Error(LOST_CONNECTION);
    };
    const faults: Faults = {};
    if (part === "D1") {
      faults.batch = async (run) => {
        if (left-- <= 0) return await run();
        if (how === "present") await run();
        throw new Error(LOST_CONNECTION);
      };
    }
    const { anchor, rotations: kept } = deployment;
    const log = await writer({
      d1: faulty(faults),
      anchor: part === "the anchor" ? { read: () => anchor.read(), write: (head) => strike(() => anchor.write(head)) } : anchor,
      rotations:
        part === "what is kept of the rotation" ? { read: (n) => kept.read(n), write: (n, one) => strike(() => kept.write(n, one)) } : kept,
      seed: 1,
      nextSeed: 2,
    });
    await expect(log.checkpoint()).rejects.toThrow(LOST_CONNECTION);

    const next = dies ? await deployment.with(1, 2) : log;
    expect(await signedBy(await next.checkpoint())).toEqual([1, 2]);
    expect(await next.append(leaf("two"))).toEqual({ status: "logged", index: 3 });
    expect(await checkLog()).toEqual(["genesis", "one", "key.rotated:1", "two"]);
    const [, rotated] = await (await deployment.with(2)).keys();
    expect(await signedBy(rotated?.checkpoint ?? "")).toEqual([1, 2]);
  });

  test("and the old key is taken away before it could sign for the new one: the log goes on, and shows the rotation under the new key", async () => {
    const deployment = await Deployment.begun();
    const lost = {
      read: () => null,
      write: () => {
        throw new Error(LOST_CONNECTION);
      },
    };
    const log = await writer({ anchor: deployment.anchor, rotations: lost, seed: 1, nextSeed: 2 });
    await expect(log.checkpoint()).rejects.toThrow(LOST_CONNECTION);
    const after = await deployment.with(2);
    const [, rotated] = await after.keys();
    expect(await signedBy(rotated?.checkpoint ?? "")).toEqual([2]);
  });
});

describe("several writers, as while a deployment is under way", () => {
  test("one that does not know the next key signs nothing after the rotation, and appends nothing", async () => {
    const deployment = await Deployment.begun();
    const old = await deployment.with(1);
    const small = await old.checkpoint();
    const both = await deployment.with(1, 2);
    await both.checkpoint();

    expect(await old.checkpoint()).toBe(small);
    expect(await codeOf(old.append(leaf("two")))).toBe("log_wrong_key");
    expect(await codeOf(old.checkpoint())).toBe("log_wrong_key");
    expect(await codeOf(old.checkpoint(3))).toBe("log_wrong_key");
    expect(await both.append(leaf("two"))).toEqual({ status: "logged", index: 3 });
    expect(await checkLog()).toEqual(["genesis", "one", "key.rotated:1", "two"]);
  });

  test("all of which know it rotate once", async () => {
    await (await writer()).append(leaf("one"));
    const writers = await Promise.all([1, 2, 3].map(() => writer({ seed: 1, nextSeed: 2 })));
    const notes = await Promise.all(writers.map((log) => log.checkpoint()));
    expect(await Promise.all(notes.map(signedBy))).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(await checkLog()).toEqual(["genesis", "one", "key.rotated:1"]);
  });

  test("of which one has the old key still and one no more agree on every head", async () => {
    const deployment = await Deployment.begun();
    const [both, after] = [await deployment.with(1, 2), await writer({ seed: 2 })];
    await both.checkpoint();
    await after.append(leaf("two"));
    expect(await both.append(leaf("three"))).toEqual({ status: "logged", index: 4 });
    const textOf = (note: string) => note.split("\n\n")[0];
    expect(textOf(await after.checkpoint(5))).toBe(textOf(await both.checkpoint(5)));
    expect(await checkLog()).toEqual(["genesis", "one", "key.rotated:1", "two", "three"]);
  });
});

test("a leaf of another log is refused before anything is read", async () => {
  const log = await writer();
  const one = leaf("one");
  const stray = { ...one, sealed: { ...one.sealed, record: { ...one.sealed.record, log: "gate.example.com/log/2" } } };
  expect(await codeOf(log.append(stray))).toBe("log_wrong_origin");
  expect(await checkLog()).toEqual([]);
});
