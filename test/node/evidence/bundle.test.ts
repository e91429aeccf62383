import { beforeAll, describe, expect, test } from "vitest";
import type { BundleFailure, BundleVerdict } from "#countersign/evidence/bundle-verdict.ts";
import { verifyBundle } from "#countersign/evidence/verify-bundle.ts";
import type { Result } from "#countersign/result.ts";
import { planBundle } from "#gate/evidence/plan-bundle.ts";
import { AUDITOR, filesOf, LoggedEvidence, type MadeFiles, textIn } from "#test/support/evidence/logged-evidence.ts";
import { AGENT, commonMembers, makeWorld, onThatDay, type World } from "#test/support/documents/sealed-receipt.ts";

let world: World;
let logged: LoggedEvidence;
let ids: string[];
beforeAll(async () => {
  world = await makeWorld();
  logged = LoggedEvidence.begun(world);
  ids = [];
  for (let nth = 0; nth < 6; nth += 1) ids.push(await logged.decided(nth));
});

const judge = (made: MadeFiles): Promise<Result<BundleVerdict, BundleFailure>> => verifyBundle(filesOf(made), world.trust);

async function verdictOf(made: MadeFiles): Promise<BundleVerdict> {
  const judged = await judge(made);
  if (!judged.ok) throw new Error(JSON.stringify(judged.refusal));
  return judged.value;
}

describe("a bundle", () => {
  test("says who approved what, under which rule, and that nothing is missing", async () => {
    const verdict = await verdictOf(await logged.bundle());
    expect(verdict.manifest).toMatchObject({
      log: "gate.example.com/log",
      from: null,
      to: null,
      first: { size: 0 },
      last: { size: logged.size },
      generated_by: { id: "usr_alex", username: "alex" },
      scope: "everything",
      missing_receipts: [],
    });
    expect(verdict.entries).toEqual({
      shown: logged.size,
      withheld: 0,
      kinds: {
        "log.genesis": 1,
        "passkey.enrolled": 3,
        "agent.created": 1,
        "policy.published": 1,
        "approval.approved": 5,
        "approval.denied": 1,
        "approval.redeemed": 5,
      },
    });
    expect(verdict.receipts.map(({ request }) => request.id)).toEqual(ids);
    expect(verdict.receipts.map(({ status, rule, decisions }) => [status, rule, decisions[0]?.person.username])).toEqual([
      ["approved", "production-deploys", "alex"],
      ["approved", "default", "blair"],
      ["approved", "default", "alex"],
      ["approved", "production-deploys", "alex"],
      ["denied", "default", "alex"],
      ["approved", "default", "blair"],
    ]);
    expect(verdict.policies).toMatchObject([{ version: 1, index: 5 }]);
    expect(verdict.enrolments.map(({ person }) => person.username)).toEqual(["alex", "blair", "casey"]);
    expect(verdict.witnesses).toBeNull();
  });

  test("of a part of the log begins and ends with the heads at these times, and brings what its receipts rest on", async () => {
    const made = await logged.bundle({ from: onThatDay("08:45:00"), to: onThatDay("09:10:00") });
    const verdict = await verdictOf(made);
    // Of heads of the same time the newest is found among those that follow each other.
    expect(verdict.manifest.first.size).toBe(6);
    expect(verdict.manifest.last.size).toBeGreaterThan(6);
    expect(verdict.manifest.last.size).toBeLessThan(logged.size);
    expect(verdict.policies).toMatchObject([{ version: 1, index: 5 }]);
    expect(verdict.enrolments).toHaveLength(3);
    expect(verdict.receipts.length).toBeGreaterThan(0);
  });

  test("follows on another where that one ended", async () => {
    const [before, after] = await Promise.all([
      logged.bundle({ from: null, to: onThatDay("08:45:00") }),
      logged.bundle({ from: onThatDay("08:45:00"), to: null }),
    ]);
    expect(textIn(after, "checkpoints/first")).toBe(textIn(before, "checkpoints/last"));
    expect((await verdictOf(before)).entries.shown + (await verdictOf(after)).entries.shown).toBe(logged.size);
  });

  test("of a time before the log began, or in which nothing happened, holds no leaf and is valid", async () => {
    const early = await verdictOf(await logged.bundle({ from: null, to: onThatDay("06:00:00") }));
    expect(early.manifest.last.size).toBe(0);
    const quiet = await verdictOf(await logged.bundle({ from: onThatDay("23:00:00"), to: null }));
    expect(quiet.entries).toEqual({ shown: 0, withheld: 0, kinds: {} });
  });

  test("withholds what was erased by its hash, and names receipts that cannot be made for it", async () => {
    const other = LoggedEvidence.begun(world);
    const id = await other.decided(1);
    await other.decided(2);
    const redeemed = other.size - 1;
    // The use of the second, and the enrolment that the first rests on.
    other.erase(redeemed);
    other.erase(2);
    const verdict = await verdictOf(await other.bundle());
    expect(verdict.entries).toMatchObject({ shown: other.size - 2, withheld: 2 });
    expect(verdict.manifest.missing_receipts.map(({ reason }) => reason)).toEqual(["erased", "erased"]);
    expect(verdict.manifest.missing_receipts[0]?.request).toBe(id);
    expect(verdict.enrolments.map(({ person }) => person.username)).toEqual(["alex", "casey"]);
  });

  test("of a request whose end was erased says nothing of it", async () => {
    const other = LoggedEvidence.begun(world);
    const id = await other.decided(4);
    other.erase(other.size - 1);
    const made = await other.bundle();
    expect([...made.values()].some((bytes) => new TextDecoder().decode(bytes).includes(id))).toBe(false);
    expect((await verdictOf(made)).entries.withheld).toBe(1);
  });

  test("shows nothing of any request to who may not read all of them", async () => {
    const made = await logged.bundle(undefined, { ...AUDITOR, scope: "without-requests" });
    const verdict = await verdictOf(made);
    expect(verdict.entries).toMatchObject({ shown: 6, withheld: logged.size - 6 });
    expect(verdict.receipts).toEqual([]);
    expect([...made.values()].some((bytes) => new TextDecoder().decode(bytes).includes("apr_"))).toBe(false);
  });

  test("shows nothing of what agents did one by one to who may not read that", async () => {
    const other = LoggedEvidence.begun(world);
    const agent = { id: AGENT.id, name: AGENT.name };
    const at = commonMembers(onThatDay("09:00:00"));
    other.append(`calls:${agent.id}:1`, { ...at, kind: "calls.logged", agent, from: 1, to: 2, root: "0".repeat(64) });
    other.append("grt_1:used:1", { ...at, kind: "grant.used", grant: "grt_1", use: 1, request_hash: "0".repeat(64) });
    const single = { "calls.logged": 1, "grant.used": 1 };
    expect((await verdictOf(await other.bundle())).entries).toMatchObject({ withheld: 0, kinds: single });
    const verdict = await verdictOf(await other.bundle(undefined, { ...AUDITOR, scope: "without-requests" }));
    expect(verdict.entries).toMatchObject({ shown: 6, withheld: 2 });
    for (const kind of Object.keys(single)) expect(verdict.entries.kinds).not.toHaveProperty([kind]);
  });

  test("holds receipts as they were when its checkpoint was signed", async () => {
    const other = LoggedEvidence.begun(world);
    const id = await other.decided(0);
    const begun = other.ports();
    const note = await begun.log.checkpoint();
    const unknown = {
      ...commonMembers(onThatDay("09:30:00")),
      kind: "call.unknown",
      request_hash: "0".repeat(64),
      detail_hash: null,
    } as const;
    const outcomeIndex = other.append(`${id}:unknown`, unknown);
    const parts = await begun.partsOf(id);
    if (parts === null) throw new Error("no parts");
    const further = { policyVersion: 1, detail: { text: "Lost sight of it", salt: "AA" } };
    const ports = other.ports({
      log: { ...begun.log, witnessedCheckpoint: () => Promise.resolve(note) },
      partsOf: () => Promise.resolve({ ...parts, outcomeIndex, further }),
    });
    const verdict = await verdictOf(await other.bundle(undefined, AUDITOR, ports));
    expect(verdict.manifest).toMatchObject({ signed: { size: outcomeIndex }, missing_receipts: [] });
    expect(verdict.receipts).toMatchObject([{ request: { id }, redeemed: { by: { id: AGENT.id } }, outcome: null }]);
  });

  test("is refused by whoever trusts another key, another origin, or only certain people", async () => {
    const made = await logged.bundle();
    const another = await makeWorld(new Uint8Array(32).fill(9));
    expect(await verifyBundle(filesOf(made), another.trust)).toMatchObject({ ok: false, refusal: { code: "checkpoint_invalid" } });
    const elsewhere = { ...world.trust, origin: "https://other.example.com" };
    expect(await verifyBundle(filesOf(made), elsewhere)).toMatchObject({ ok: false, refusal: { code: "manifest_invalid" } });
    const approvers = new Map([["usr_alex", new Set(["0".repeat(64)])]]);
    expect(await verifyBundle(filesOf(made), { ...world.trust, approvers })).toMatchObject({
      ok: false,
      refusal: { code: "receipt_invalid" },
    });
  });

  test("is not begun for what is too much, and for what ends before it begins", async () => {
    const ports = logged.ports();
    const crowded = { ...ports, evidence: { ...ports.evidence, countEnded: () => Promise.resolve(2_501) } };
    expect(await planBundle({ from: null, to: null }, crowded)).toEqual({
      ok: false,
      refusal: { reason: "too-many-requests", requests: 2_501, most: 2_500 },
    });
    const backwards = { from: onThatDay("10:00:00"), to: onThatDay("09:00:00") };
    expect(await planBundle(backwards, ports)).toEqual({ ok: false, refusal: { reason: "from-after-to" } });
  });

  test("breaks off, unsigned, where the database is not what is signed for", async () => {
    const ports = logged.ports();
    const evidence = {
      ...ports.evidence,
      leaves: async (first: number, count: number) => (await ports.evidence.leaves(first, count)).slice(1),
    };
    await expect(logged.bundle(undefined, AUDITOR, { ...ports, evidence })).rejects.toThrow("leaf 0 is not in the database");
  });
});

test("a bundle of a thousand decisions verifies", async () => {
  const large = LoggedEvidence.begun(world);
  for (let nth = 0; nth < 1_000; nth += 1) await large.decided(nth);
  const verdict = await verdictOf(await large.bundle());
  expect(verdict.receipts).toHaveLength(1_000);
  expect(verdict.entries).toMatchObject({ shown: large.size, withheld: 0 });
});
