import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import {
  checkLog,
  codeOf,
  enrolment,
  faulty,
  type Faults,
  leaf,
  LOST_CONNECTION,
  MemoryAnchor,
  writer,
} from "#test/workerd/support/log.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

beforeEach(emptyStorage);

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Fails the next `times` batches: before they ran, or after. */
function failNext(faults: Faults, times: number, how: "absent" | "present"): void {
  let left = times;
  faults.batch = async (run) => {
    if (left-- <= 0) return await run();
    if (how === "present") await run();
    throw new Error(LOST_CONNECTION);
  };
}

async function opened(): Promise<{ log: Awaited<ReturnType<typeof writer>>; faults: Faults; anchor: MemoryAnchor }> {
  const faults: Faults = {};
  const anchor = new MemoryAnchor();
  const log = await writer({ d1: faulty(faults), anchor });
  await log.checkpoint();
  return { log, faults, anchor };
}

describe("a batch whose connection is lost", () => {
  test.each(["absent", "present"] as const)("and which is %s: one leaf, logged", async (how) => {
    const { log, faults } = await opened();
    failNext(faults, 1, how);
    expect(await log.append(leaf("key"))).toEqual({ status: "logged", index: 1 });
    expect(await log.append(leaf("next"))).toEqual({ status: "logged", index: 2 });
    expect(await checkLog()).toEqual(["genesis", "key", "next"]);
  });

  test.each(["absent", "present"] as const)("and which is %s, with effects of several leaves", async (how) => {
    const { log, faults } = await opened();
    failNext(faults, 1, how);
    const outcomes = await Promise.all(["alex", "kim", "sam"].map((name) => log.append(enrolment(name, name))));
    expect(outcomes).toEqual([1, 2, 3].map((index) => ({ status: "logged", index })));
    expect(await checkLog()).toEqual(["genesis", "alex", "kim", "sam"]);
  });

  test("twice, absent: the caller is told, and may call again", async () => {
    const { log, faults } = await opened();
    failNext(faults, 2, "absent");
    await expect(log.append(leaf("key"))).rejects.toThrow("Network connection lost");
    expect(await checkLog()).toEqual(["genesis"]);
    expect(await log.append(leaf("key"))).toEqual({ status: "logged", index: 1 });
  });

  test("absent, and present when tried again: one leaf, logged", async () => {
    const { log, faults } = await opened();
    const plan = ["absent", "present"];
    faults.batch = async (run) => {
      const how = plan.shift();
      if (how !== "absent") {
        const results = await run();
        if (how === undefined) return results;
      }
      throw new Error(LOST_CONNECTION);
    };
    expect(await log.append(leaf("key"))).toEqual({ status: "logged", index: 1 });
    expect(await checkLog()).toEqual(["genesis", "key"]);
  });

  test("and whose write lands only after it was looked for: still one leaf", async () => {
    const { log, faults } = await opened();
    let late: (() => Promise<unknown>) | null = null;
    faults.batch = async (run) => {
      if (late === null) {
        late = run;
        throw new Error(LOST_CONNECTION);
      }
      const landing = late;
      delete faults.batch;
      await landing();
      return await run();
    };
    expect(await log.append(enrolment("alex", "alex"))).toEqual({ status: "logged", index: 1 });
    expect(await checkLog()).toEqual(["genesis", "alex"]);
  });

  test("during genesis: absent or present, the log begins once", async () => {
    for (const how of ["absent", "present"] as const) {
      await emptyStorage();
      const faults: Faults = {};
      failNext(faults, 1, how);
      const log = await writer({ d1: faulty(faults) });
      await expect(log.checkpoint()).rejects.toThrow("Network connection lost");
      expect(await log.append(leaf("key"))).toEqual({ status: "logged", index: 1 });
      expect(await checkLog()).toEqual(["genesis", "key"]);
    }
  });

  test("and D1 cannot be read either: nobody waits for ever, nothing is forgotten", async () => {
    const { log, faults } = await opened();
    failNext(faults, 1, "present");
    faults.read = () => {
      throw new Error(LOST_CONNECTION);
    };
    const answers = await Promise.allSettled(range(3).map((i) => log.append(leaf(`leaf ${i}`))));
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await expect(log.checkpoint()).rejects.toThrow("Network connection lost");
    delete faults.read;
    const again = await Promise.all(range(3).map((i) => log.append(leaf(`leaf ${i}`))));
    expect(again).toEqual([1, 2, 3].map((index) => ({ status: "logged", index })));
    expect(await checkLog()).toEqual(["genesis", "leaf 0", "leaf 1", "leaf 2"]);
  });

  test("always for one leaf, which D1 cannot take: the others of its batch are logged", async () => {
    const { log } = await opened();
    const notText = JSON.parse("{}") as string;
    const poison = { ...leaf("poison"), effect: { kind: "agent-revoked" as const, agentId: notText, at: notText } };
    const outcomes = await Promise.allSettled([log.append(leaf("before")), log.append(poison), log.append(leaf("after"))]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await checkLog()).toEqual(["genesis", "before", "after"]);
  });
});

describe("several writers on one database", () => {
  test("one wins each size, nothing is lost, nothing is twice", async () => {
    const writers = await Promise.all(range(3).map(() => writer()));
    const outcomes = await Promise.all(
      writers.flatMap((log, w) => range(10).map(async (i) => ({ key: `${w}/${i}`, outcome: await log.append(leaf(`${w}/${i}`)) }))),
    );
    const keys = await checkLog();
    expect(keys).toHaveLength(31);
    for (const { key, outcome } of outcomes) expect(outcome).toEqual({ status: "logged", index: keys.indexOf(key) });
  });

  test("the same leaf from each is one leaf", async () => {
    const writers = await Promise.all(range(3).map(() => writer()));
    const outcomes = await Promise.all(writers.map((one) => one.append(enrolment("alex", "alex"))));
    expect(outcomes).toEqual(range(3).map(() => ({ status: "logged", index: 1 })));
    expect(await checkLog()).toEqual(["genesis", "alex"]);
  });

  test("a stale one never signs another root for a size: it finds out when it writes, and goes on from D1", async () => {
    const [stale, other] = [await writer(), await writer()];
    await stale.checkpoint();
    await other.append(leaf("other"));
    expect(await stale.append(leaf("mine"))).toEqual({ status: "logged", index: 2 });
    await other.append(leaf("more"));
    const sizeFour = async (log: typeof stale) => (await log.append(leaf("mine")), await log.checkpoint());
    expect(await sizeFour(stale)).toBe(await sizeFour(other));
  });

  test("a stale one that is asked for more than it knows of looks, signs what is there, and no more", async () => {
    const [stale, other] = [await writer(), await writer()];
    const small = await stale.checkpoint();
    await other.append(leaf("other"));
    expect(await stale.checkpoint()).toBe(small);
    expect(await stale.checkpoint(2)).toBe(await other.checkpoint());
    expect(await stale.checkpoint(99)).toBe(await other.checkpoint());
  });

  test("one that loses every race says so, and its leaf is not there", async () => {
    const rival = await writer();
    const faults: Faults = {};
    const log = await writer({ d1: faulty(faults) });
    await log.checkpoint();
    let races = 0;
    faults.batch = async (run) => {
      await rival.append(leaf(`rival ${races++}`));
      return await run();
    };
    expect(await codeOf(log.append(leaf("mine")))).toBe("log_contended");
    expect(await checkLog()).not.toContain("mine");
  });
});

describe("a queue", () => {
  test("that is full refuses at once, and empties", async () => {
    const { log, faults } = await opened();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    faults.batch = async (run) => {
      await held;
      return await run();
    };
    const waiting = range(1000).map((i) => log.append(leaf(`leaf ${i}`)));
    expect(await codeOf(log.append(leaf("too many")))).toBe("log_queue_full");
    const repeated = log.append(leaf("leaf 7"));
    release();
    expect(await Promise.all(waiting)).toHaveLength(1000);
    expect(await repeated).toEqual({ status: "logged", index: 8 });
    expect(await checkLog()).toHaveLength(1001);
    expect(await log.append(leaf("too many"))).toEqual({ status: "logged", index: 1001 });
  });
});

describe("D1 that went back in time", () => {
  /** As a restored backup looks: everything from `size` leaves on is gone. The triggers are put back. */
  async function restore(size: number): Promise<void> {
    const names = ["log_leaf_delete", "log_head_delete", "log_tile_delete", "log_tile_update"];
    const triggers = await env.DB.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all<{
      name: string;
      sql: string;
    }>();
    await env.DB.batch(
      [
        ...names.map((name) => `DROP TRIGGER ${name}`),
        `DELETE FROM log_leaf WHERE idx >= ${size}`,
        `DELETE FROM log_head WHERE size > ${size}`,
        size === 0 ? "DELETE FROM log_tile" : `UPDATE log_tile SET hashes = substr(hashes, 1, ${32 * size}) WHERE level = 0`,
        ...triggers.results.filter(({ name }) => names.includes(name)).map(({ sql }) => sql),
      ].map((sql) => env.DB.prepare(sql)),
    );
  }
  const state = () => env.DB.prepare("SELECT state FROM log").first("state");
  /** As a new instance of the same object. */
  const again = (anchor: MemoryAnchor) => writer({ anchor });

  async function logOfThree(): Promise<{ log: Awaited<ReturnType<typeof writer>>; anchor: MemoryAnchor }> {
    const anchor = new MemoryAnchor();
    const log = await writer({ anchor });
    for (const idem of ["one", "two"]) await log.append(leaf(idem));
    return { log, anchor };
  }

  test("halts the writer when it starts, freezes the log, and nothing is signed", async () => {
    const { anchor } = await logOfThree();
    const anchored = anchor.head;
    await restore(2);
    const log = await again(anchor);
    expect(await codeOf(log.checkpoint())).toBe("log_rolled_back");
    expect(await state()).toBe("frozen");
    for (const answer of [log.checkpoint(), log.vkey(), log.append(leaf("two"))]) expect(await codeOf(answer)).toBe("log_frozen");
    expect(anchor.head).toEqual(anchored);
    expect(await checkLog()).toEqual(["genesis", "one"]);
  });

  test("and then forward again, as when a restore is undone: the log goes on", async () => {
    const { anchor } = await logOfThree();
    const tables = ["log_leaf", "log_head", "log_tile"];
    for (const table of tables) await env.DB.exec(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);
    await restore(2);
    expect(await codeOf((await again(anchor)).checkpoint())).toBe("log_rolled_back");

    const triggers = await env.DB.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all<{
      name: string;
      sql: string;
    }>();
    await env.DB.batch(
      [
        ...triggers.results.map(({ name }) => `DROP TRIGGER ${name}`),
        ...tables.flatMap((table) => [
          `DELETE FROM ${table}`,
          `INSERT INTO ${table} SELECT * FROM kept_${table}`,
          `DROP TABLE kept_${table}`,
        ]),
        "UPDATE log SET state = 'active'",
        ...triggers.results.map(({ sql }) => sql),
      ].map((sql) => env.DB.prepare(sql)),
    );
    expect(await (await again(anchor)).append(leaf("three"))).toEqual({ status: "logged", index: 3 });
    expect(await checkLog()).toEqual(["genesis", "one", "two", "three"]);
  });

  test("halts the writer that remembers when it next appends", async () => {
    const { log } = await logOfThree();
    await restore(2);
    expect(await codeOf(log.append(leaf("three")))).toBe("log_rolled_back");
    expect(await state()).toBe("frozen");
    expect(await codeOf(log.checkpoint())).toBe("log_frozen");
    expect(await checkLog()).toEqual(["genesis", "one"]);
  });

  test("and then got other leaves: found by consistency, although it is as long or longer", async () => {
    for (const others of [["other"], ["other", "another"]]) {
      await emptyStorage();
      const { anchor } = await logOfThree();
      await restore(2);
      const rival = await writer();
      for (const idem of others) await rival.append(leaf(idem));
      expect(await codeOf((await again(anchor)).checkpoint())).toBe("log_rolled_back");
      expect(await state()).toBe("frozen");
    }
  });

  test("to before the log began", async () => {
    const { anchor } = await logOfThree();
    await emptyStorage();
    expect(await codeOf((await again(anchor)).append(leaf("three")))).toBe("log_rolled_back");
    expect(await checkLog()).toEqual([]);
  });

  test("in its leaves and heads, but not in the log's own row", async () => {
    const { anchor } = await logOfThree();
    await restore(0);
    expect(await codeOf((await again(anchor)).checkpoint())).toBe("log_damaged");
    expect(await state()).toBe("frozen");
  });
});

describe("damage", () => {
  async function damage(trigger: string, sql: string): Promise<void> {
    await env.DB.batch([`DROP TRIGGER ${trigger}`, sql].map((one) => env.DB.prepare(one)));
  }
  test.each([
    ["a tile that does not hash to the head", "log_tile_update", `UPDATE log_tile SET hashes = zeroblob(length(hashes))`],
    ["a tile that is too narrow", "log_tile_update", "UPDATE log_tile SET hashes = substr(hashes, 1, 32)"],
    ["a tile that is missing", "log_tile_delete", "DELETE FROM log_tile"],
    ["another root", "log_head_update", `UPDATE log_head SET root = zeroblob(32) WHERE size = 2`],
    [
      "another genesis",
      "log_leaf_update",
      "UPDATE log_leaf SET record = replace(record, 'gate.example.com', 'evil.example.com') WHERE idx = 0",
    ],
    ["an erased genesis", "log_leaf_update", "UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = 0"],
  ])("%s freezes the log, also without an anchor", async (_, trigger, sql) => {
    await (await writer()).append(leaf("one"));
    await damage(trigger, sql);
    expect(await codeOf((await writer()).checkpoint())).toBe("log_damaged");
    expect(await env.DB.prepare("SELECT state FROM log").first("state")).toBe("frozen");
  });
});

describe("the anchor", () => {
  test("behind D1 moves on, as after a crash between commit and anchor", async () => {
    const { log, anchor } = await opened();
    const behind = anchor.head;
    for (const i of range(5)) await log.append(leaf(`leaf ${i}`));
    const ahead = anchor.head;
    anchor.head = behind;
    expect(await (await writer({ anchor })).checkpoint()).toBe(await log.checkpoint());
    expect(anchor.head).toEqual(ahead);
  });

  test("that somebody else has moved stops the writer before it signs", async () => {
    const { log, anchor } = await opened();
    await log.append(leaf("one"));
    anchor.head = { size: 1, root: new Uint8Array(32) };
    expect(await codeOf(log.append(leaf("two")))).toBe("log_rolled_back");
    expect(await codeOf(log.checkpoint())).toBe("log_frozen");
  });
});
