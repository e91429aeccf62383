/** One log follows another, seen from its writers: several at once, late ones, and what the old log may still say. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { LeafSequencer } from "#gate/log/sequence-leaves.ts";
import type { Effect } from "#gate/effects.ts";
import type { Leaf } from "#gate/log/transparency-log.ts";
import { codeOf, enrolment, leaf, LOG_ORIGIN, type LogWriter, MemoryAnchor, portsOfWriter, writer } from "#test/workerd/support/log.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const SECOND = "gate.example.com/log/2";

let anchor: MemoryAnchor;
let old: LogWriter;
beforeEach(async () => {
  await emptyStorage();
  anchor = new MemoryAnchor();
  old = await writer({ anchor });
  for (const name of ["alex", "kim", "sam"]) await old.append(enrolment(name, name));
});

const freeze = () => env.DB.prepare("UPDATE log SET state = 'frozen'").run();
const successor = (): Promise<LogWriter> => writer({ origin: SECOND, ended: old });
const keysIn = async (origin: string): Promise<string[]> => {
  const query = env.DB.prepare("SELECT idem FROM log_leaf WHERE log_id = (SELECT id FROM log WHERE origin = ?) ORDER BY idx");
  return (await query.bind(origin).all<{ idem: string }>()).results.map(({ idem }) => idem);
};
/** A leaf of the log that follows. */
const own = (idem: string, effect: Effect | null = null): Leaf<Effect> => {
  const one = leaf(idem, idem, effect);
  return { ...one, sealed: { ...one.sealed, record: { ...one.sealed.record, log: SECOND } } };
};
const PASSKEYS = ["YWxleA", "a2lt", "c2Ft"].map((id) => `passkey:${id}`);

test("beside an active log none begins, and an active log has no end", async () => {
  expect(await codeOf((await successor()).checkpoint())).toBe("log_wrong_origin");
  expect(await codeOf(old.finalCheckpoint())).toBe("log_wrong_origin");
  expect(await keysIn(SECOND)).toEqual([]);
});

test("three writers begin it once, with each passkey once, and whatever they append comes after", async () => {
  await freeze();
  const writers = await Promise.all([1, 2, 3].map(successor));
  const outcomes = await Promise.all(writers.map((log, n) => log.append(own(`leaf ${n}`))));
  const keys = await keysIn(SECOND);
  expect(keys.slice(0, 4)).toEqual(["genesis", ...PASSKEYS]);
  expect(new Set(keys.slice(4))).toEqual(new Set(["leaf 0", "leaf 1", "leaf 2"]));
  for (const [n, outcome] of outcomes.entries()) expect(outcome).toEqual({ status: "logged", index: keys.indexOf(`leaf ${n}`) });
  const { results } = await env.DB.prepare("SELECT leaf_index AS idx FROM passkey ORDER BY leaf_index").all<{ idx: number }>();
  expect(results.map(({ idx }) => idx)).toEqual([1, 2, 3]);
});

test("a writer that read what stands before it changed enrols nothing of it: the change comes after, as it was made", async () => {
  await freeze();
  const roles = async () => {
    const enrolled = env.DB.prepare(
      "SELECT record ->> '$.person.username' AS name, record ->> '$.roles' AS roles FROM log_leaf WHERE record ->> '$.kind' = 'passkey.enrolled' ORDER BY idx",
    );
    return (await enrolled.all<{ name: string; roles: string }>()).results.map(({ name, roles: list }) => `${name} ${list}`);
  };
  const at = "2026-11-20T09:31:00.000Z";
  const changes: Effect[] = [
    { kind: "passkey-revoked", personId: "usr_kim", credentialId: "a2lt", at, adminsNeeded: 1 },
    {
      kind: "role-changed",
      personId: "usr_sam",
      roles: ["auditor"],
      groups: [],
      adminsNeeded: 1,
      authorised: { operationHash: "", credentialIds: [], spends: [], kept: [] },
    },
  ];
  const slow = await portsOfWriter({ origin: SECOND, ended: old });
  let reads = 0;
  const passkeysToEnrol: typeof slow.passkeysToEnrol = async (most) => {
    const found = await slow.passkeysToEnrol(most);
    reads += 1;
    if (reads === 1) {
      expect(found).toHaveLength(3);
      const fast = await successor();
      for (const [n, effect] of changes.entries()) await fast.append(own(`change ${n}`, effect));
    }
    return found;
  };
  const outcome = await new LeafSequencer({ ...slow, passkeysToEnrol }).append(own("late"));
  expect(outcome).toEqual({ status: "logged", index: 6 });
  expect(reads).toBe(2);
  expect(await keysIn(SECOND)).toEqual(["genesis", ...PASSKEYS, "change 0", "change 1", "late"]);
  expect(await roles()).toEqual(["alex", "kim", "sam"].map((name) => `${name} ["approver"]`));
  const rows = env.DB.prepare(
    "SELECT leaf_index AS idx, revoked_at AS revoked, roles FROM passkey JOIN person ON person.id = person_id ORDER BY idx",
  );
  expect((await rows.all()).results).toEqual([
    { idx: 1, revoked: null, roles: '["approver"]' },
    { idx: 2, revoked: at, roles: '["approver"]' },
    { idx: 3, revoked: null, roles: '["auditor"]' },
  ]);
});

test("a writer of the old log that remembers it appends nothing more, and its end is the same however often it is asked for", async () => {
  const last = await old.checkpoint();
  await freeze();
  expect(await old.finalCheckpoint()).toBe(last);
  await (await successor()).checkpoint();
  expect(await codeOf(old.append(leaf("late")))).toBe("log_frozen");
  expect(await codeOf(old.checkpoint())).toBe("log_frozen");
  expect(await old.finalCheckpoint()).toBe(last);
  expect(await keysIn(LOG_ORIGIN)).toEqual(["genesis", "alex", "kim", "sam"]);
});

test("the end is what was signed for, not what the database says", async () => {
  const last = await old.checkpoint();
  await env.DB.batch(
    ["DROP TRIGGER log_leaf_update", "UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = 0", "UPDATE log SET state = 'frozen'"].map(
      (sql) => env.DB.prepare(sql),
    ),
  );
  expect(await old.finalCheckpoint()).toBe(last);
});

test("a log that nothing was signed for has no end to follow", async () => {
  await freeze();
  anchor.head = null;
  expect(await codeOf(old.finalCheckpoint())).toBe("log_wrong_origin");
  expect(await codeOf((await successor()).checkpoint())).toBe("log_wrong_origin");
  expect(await keysIn(SECOND)).toEqual([]);
});
