/** Bundles over the real route: what admins and auditors get, checked as an auditor would who has the log's key and nothing else. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { BUNDLE_FILES } from "#countersign/evidence/bundle-format.ts";
import { type BundleFiles, readWhole } from "#countersign/evidence/bundle-files.ts";
import type { BundleVerdict } from "#countersign/evidence/bundle-verdict.ts";
import { verifyBundle } from "#countersign/evidence/verify-bundle.ts";
import { readZip } from "#countersign/evidence/zip-files.ts";
import { verifyCheckpoint } from "#countersign/tlog/verify-checkpoint.ts";
import { parseVkey } from "#countersign/tlog/note.ts";
import { type Agent, ask, decided, PAYLOAD } from "#test/workerd/support/approvals.ts";
import { erase, eraseByHand, quarterHour, retire } from "#test/workerd/support/erasure/erasing.ts";
import { admitted, changeRoles, given } from "#test/workerd/support/invited.ts";
import { ApprovalRequest } from "#durable-objects/approval-request.ts";
import { LogSequencer } from "#durable-objects/log-sequencer.ts";
import { growLog } from "#test/workerd/support/grown-log.ts";
import { logObject } from "#test/workerd/support/log.ts";
import { call, enrolFirst, makeAgent, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const MOST = 50_000_000;
const PATH = "/api/v1/audit/export?format=bundle";

async function filesIn(answer: Response): Promise<BundleFiles> {
  expect([answer.status, answer.headers.get("content-type"), answer.headers.get("cache-control")]).toEqual([
    200,
    "application/zip",
    "no-store",
  ]);
  const read = readZip(new Uint8Array(await answer.arrayBuffer()), MOST);
  if (!read.ok) throw new Error(read.refusal);
  return read.value;
}

async function textIn(files: BundleFiles, name: string): Promise<string> {
  const content = await readWhole(files.read(name), MOST);
  if (!content.ok) throw new Error(content.refusal);
  return content.value;
}

async function verdictOf(files: BundleFiles): Promise<BundleVerdict> {
  const judged = await verifyBundle(files, { vkey: (await logObject().vkey()).trim(), origin: ORIGIN });
  if (!judged.ok) throw new Error(JSON.stringify(judged.refusal));
  return judged.value;
}

const bundleFor = async (person: Someone, period = ""): Promise<BundleFiles> =>
  filesIn(await call("GET", `${PATH}${period}`, { cookie: person.cookie, origin: null }));

const redeem = async (agent: Agent, id: string): Promise<void> => {
  await given(await call("POST", `/api/v1/approvals/${id}/redeem`, { key: agent.key, origin: null, body: { payload: PAYLOAD } }));
};

describe("a service in which something happened", () => {
  let alex: Someone;
  let blair: Someone;
  let bot: Agent;
  let used: string;
  let denied: string;
  let passed: string;
  /** Between the two requests. */
  let noon: string;

  beforeAll(async () => {
    await emptyStorage();
    alex = await enrolFirst();
    bot = await makeAgent(alex);
    blair = await admitted(alex, "blair");
    await given(await changeRoles(alex, blair.id, ["approver", "auditor"]));
    ({ request_id: used } = await ask(bot));
    await decided(blair, used, "approved", { comment: "Looked at it." });
    await redeem(bot, used);
    noon = new Date(Date.now() + 1_000).toISOString();
    vi.setSystemTime(Date.now() + 2_000);
    await publish(
      alex,
      policyOf([
        { name: "reads", match: { tool: "read" }, effect: "allow" },
        { name: "people", effect: "require_approval" },
      ]),
    );
    ({ request_id: denied } = await ask(bot));
    await decided(blair, denied, "denied");
    ({ request_id: passed } = await ask(bot, { tool: "read" }));
  });

  test("is told to an auditor whole: every leaf, every receipt, the rules and the keys", async () => {
    const files = await bundleFor(blair);
    const verdict = await verdictOf(files);
    const size = await env.DB.prepare("SELECT count(*) AS size FROM log_leaf").first<number>("size");
    expect(verdict.entries).toMatchObject({ shown: size, withheld: 0 });
    expect(verdict.manifest).toMatchObject({
      scope: "everything",
      generated_by: { id: blair.id, username: "blair" },
      missing_receipts: [],
    });
    expect(verdict.receipts.map(({ request, status, basis }) => [request.id, status, basis])).toEqual([
      [used, "approved", "passkeys"],
      [denied, "denied", "passkeys"],
      [passed, "approved", "policy"],
    ]);
    expect(verdict.receipts[0]?.decisions[0]).toMatchObject({ person: { username: "blair" }, comment: "Looked at it." });
    expect(verdict.receipts[0]?.redeemed?.by.id).toBe(bot.id);
    expect(verdict.policies).toMatchObject([{ version: 1 }]);
    expect(verdict.enrolments.map(({ person }) => person.username)).toEqual(["alex", "blair"]);
    expect(await textIn(files, BUNDLE_FILES.readme)).toContain(`--origin ${ORIGIN}`);
  });

  test("costs a question to each request, and few to the database", async () => {
    const meter = new PlatformMeter(env.DB, { ApprovalRequest, LogSequencer });
    await bundleFor(blair);
    const { d1Trips, objectRequests } = meter.take();
    expect(objectRequests).toMatchObject({ "ApprovalRequest.receiptFor": 3, "LogSequencer.signEvidence": 1 });
    // Who asks, which log; the tiles of its trees, how many ended, leaves; four for the receipts; policies, enrolments, and their proofs.
    expect(d1Trips).toBeLessThanOrEqual(16);
  });

  test("is told to an admin who may not read requests without them", async () => {
    const files = await bundleFor(alex);
    const verdict = await verdictOf(files);
    expect(verdict.manifest.scope).toBe("without-requests");
    expect(verdict.receipts).toEqual([]);
    expect(verdict.entries.kinds).not.toHaveProperty("approval.approved");
    expect(verdict.entries.withheld).toBeGreaterThan(3);
    for (const name of files.names) expect(await textIn(files, name)).not.toContain("apr_");
  });

  test("is told by periods that follow each other", async () => {
    const [before, after] = [await bundleFor(blair, `&to=${noon}`), await bundleFor(blair, `&from=${noon}`)];
    expect(await textIn(after, BUNDLE_FILES.first)).toBe(await textIn(before, BUNDLE_FILES.last));
    expect((await verdictOf(before)).receipts.map(({ request }) => request.id)).toEqual([used]);
    expect((await verdictOf(after)).receipts.map(({ request }) => request.id)).toEqual([denied, passed]);
  });

  test("is no checkpoint's word: nothing that it signs passes for one", async () => {
    const files = await bundleFor(blair);
    const key = parseVkey((await logObject().vkey()).trim());
    if (!key.ok) throw new Error(key.refusal);
    const note = await textIn(files, BUNDLE_FILES.note);
    expect(await verifyCheckpoint(note, { logKeys: [key.value], policy: null })).toMatchObject({ ok: false });
    const signed = await logObject()
      .signEvidence("gate.example.com/log\n9999\nAAAA\n")
      .catch((error: unknown) => String(error));
    expect(signed).toContain("a manifest is signed by its hash");
  });

  test("is refused to approvers, agents and strangers, in another format, and for a time that is none", async () => {
    const casey = await admitted(alex, "casey");
    expect(await outcome(await call("GET", PATH, { cookie: casey.cookie, origin: null }))).toEqual([403, "forbidden"]);
    expect(await outcome(await call("GET", PATH, { origin: null }))).toEqual([401, "unauthorized"]);
    expect(await outcome(await call("GET", PATH, { key: bot.key, origin: null }))).toEqual([403, "forbidden"]);
    const asAuditor = async (query: string) =>
      outcome(await call("GET", `/api/v1/audit/export${query}`, { cookie: blair.cookie, origin: null }));
    for (const query of [
      "?format=pdf",
      "?format=bundle&from=yesterday",
      "?format=bundle&to=2026-13-40T00:00:00Z",
      "?format=bundle&to=2026-06-31T00:00:00Z",
      "?format=bundle&from=2026-02-30",
      "?format=bundle&from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z",
      "?format=bundle&more=1",
    ]) {
      expect([query, await asAuditor(query)]).toEqual([query, [400, "invalid_request"]]);
    }
  });

  test("still verifies after records were erased, and says of which requests nothing is left", async () => {
    const index = await env.DB.prepare("SELECT idx FROM log_leaf WHERE idem = ?1").bind(`${used}:redeemed`).first<number>("idx");
    const gone = await env.DB.prepare("SELECT idx FROM log_leaf WHERE idem = ?1").bind(`${denied}:final`).first<number>("idx");
    for (const one of [index, gone]) await eraseByHand(one ?? 0);
    const files = await bundleFor(blair);
    const verdict = await verdictOf(files);
    expect(verdict.entries.withheld).toBe(2);
    expect(verdict.manifest.missing_receipts).toEqual([{ request: used, reason: "erased" }]);
    expect(verdict.receipts.map(({ request }) => request.id)).toEqual([passed]);
    expect(await textIn(files, BUNDLE_FILES.entries)).not.toContain(denied);
  });
});

test("after a person was erased, a bundle verifies, and says which receipts rested on what is gone", async () => {
  await emptyStorage();
  const alex = await enrolFirst();
  const bot = await makeAgent(alex);
  const blair = await admitted(alex, "blair");
  const auditor = await admitted(alex, "sam", ["auditor"]);
  const { request_id: byBlair } = await ask(bot);
  await decided(blair, byBlair, "approved");
  const { request_id: byAlex } = await ask(bot);
  await decided(alex, byAlex, "approved");
  await retire(alex, blair);
  await given(await erase(alex, blair.id));
  await quarterHour();
  const verdict = await verdictOf(await bundleFor(auditor));
  expect(verdict.entries.withheld).toBeGreaterThan(0);
  expect(verdict.entries.kinds).toMatchObject({ "person.erased": 1 });
  expect(verdict.enrolments.map(({ person }) => person.username)).toEqual(["alex", "sam"]);
  expect(verdict.receipts.map(({ request }) => request.id)).toEqual([byAlex]);
  expect(verdict.manifest.missing_receipts).toEqual([{ request: byBlair, reason: "erased" }]);
});

describe("a log with many leaves", () => {
  const SIZE = 100_001;
  let alex: Someone;
  let start: string;

  beforeAll(async () => {
    await emptyStorage();
    await growLog(SIZE);
    vi.setSystemTime(Date.now() + 2_000);
    start = new Date(Date.now() - 1_000).toISOString();
    alex = await enrolFirst();
    await makeAgent(alex);
  });

  test("has periods that are too long for one bundle, and says how long one may be", async () => {
    const answer = await call("GET", PATH, { cookie: alex.cookie, origin: null });
    const { code, detail } = await answer.json<{ code: string; detail: string }>();
    expect([answer.status, code]).toEqual([413, "period_too_long"]);
    expect(detail).toBe(
      "The log has 100003 leaves in this period, and a bundle holds 100000. Ask for shorter periods, each from where the one before ended: together they show the same.",
    );
  });

  test("costs the database what the period has, and not what the log has", async () => {
    const meter = new PlatformMeter(env.DB, { LogSequencer });
    const files = await bundleFor(alex, `&from=${start}`);
    const { d1RowsRead } = meter.take();
    const verdict = await verdictOf(files);
    expect(verdict.manifest).toMatchObject({ first: { size: SIZE }, last: { size: SIZE + 2 } });
    expect(verdict.entries).toMatchObject({ shown: 2, withheld: 0 });
    expect(d1RowsRead).toBeLessThan(250);
  });
});
