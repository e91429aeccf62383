/**
 * Everything that happens is in the tree: one leaf of every kind of record there is, each followed from the signed checkpoint
 * down to its record as a stranger would; and the way from the key that decided back to the first person's.
 */
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Bytes, equal, fromB64 } from "#countersign/encoding/bytes.ts";
import { leafEntry, type LogRecord, type RecordKind, recordOfKind, type RecordOf, recordShapes } from "#countersign/documents/record.ts";
import { leafHash, verifyInclusion } from "#countersign/tlog/merkle.ts";
import { parseVkey } from "#countersign/tlog/note.ts";
import { tilePath, tileWidth } from "#countersign/tlog/tile.ts";
import { verifyCheckpoint } from "#countersign/tlog/verify-checkpoint.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { type Agent, ask, decided, openPage, PAYLOAD, receiptOf, send, signedDecision, viewOf } from "#test/workerd/support/approvals.ts";
import { endKey, rotated } from "#test/workerd/support/agents/keys.ts";
import { below } from "#test/workerd/support/agents/below.ts";
import { deniedAlike, lift } from "#test/workerd/support/alike.ts";
import { handedOver } from "#test/workerd/support/calls/agent-calls.ts";
import { makeConnector, revokeConnector } from "#test/workerd/support/connectors/connectors.ts";
import { addPasskey, admitted, changeRoles, confirm, given, revoke } from "#test/workerd/support/invited.ts";
import { erase, retire } from "#test/workerd/support/erasure/erasing.ts";
import { answered, askedBack, giveTime } from "#test/workerd/support/talk/asking.ts";
import { awayWish, endAway, ownSignature, sendAway, statementOfAway } from "#test/workerd/support/channels/notifications.ts";
import { writer } from "#test/workerd/support/log.ts";
import { call, enrolFirst, makeAgent, ORIGIN, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { callWith, challengeFor, evidenceOf } from "#test/workerd/support/calls/evidence.ts";
import { disconnected, signedOwn, signedShared } from "#test/workerd/support/servers/connections.ts";
import { LISTED, putServer, putServerGrant } from "#test/workerd/support/servers/servers-in-force.ts";
import { addedServer, signServer } from "#test/workerd/support/servers/signed-servers.ts";
import { addedChannel, removedChannel, signChannel } from "#test/workerd/support/channels/signed-channels.ts";
import { changeGroups, release, stop } from "#test/workerd/support/stops.ts";

/** Nothing gives grants yet. */
const TO_COME: readonly RecordKind[] = ["grant.used", "grant.revoked"];
const KINDS = (Object.keys(recordShapes) as RecordKind[]).filter((kind) => !TO_COME.includes(kind));

interface FoundLeaf {
  index: number;
  record: LogRecord;
  salt: string;
}

let alex: Someone;
let blair: Someone;
let bot: Agent;
/** Approved by Blair, redeemed, and reported on. */
let used: string;
let leaves: FoundLeaf[];

const post = async (agent: Agent, id: string, what: string, body: object): Promise<void> => {
  await given(await call("POST", `/api/v1/approvals/${id}/${what}`, { key: agent.key, origin: null, body }));
};

async function approvedAndRedeemed(): Promise<string> {
  const { request_id: id } = await ask(bot);
  await decided(blair, id, "approved");
  await post(bot, id, "redeem", { payload: PAYLOAD });
  return id;
}

/** A service from its first day on, in which everything happens that can. */
async function everything(): Promise<void> {
  // The log begins with another key, and goes on to the deployment's.
  await (await writer({ seed: 9, nextSeed: 1 })).checkpoint();
  alex = await enrolFirst();
  bot = await makeAgent(alex);
  blair = await admitted(alex, "blair");
  await given(await changeRoles(alex, blair.id, ["approver", "auditor"]));
  const spare = await addPasskey(blair);
  await given(await confirm(alex, spare));
  expect((await revoke(alex, spare)).status).toBe(204);
  const kim = await admitted(alex, "kim");
  await retire(alex, kim);
  await given(await erase(alex, kim.id));

  for (const outcome of ["succeeded", "failed", "unknown"]) {
    const id = await approvedAndRedeemed();
    await post(bot, id, "outcome", { outcome });
    if (outcome === "succeeded") used = id;
  }
  const { request_id: another } = await ask(bot, { expires_in_seconds: 240 });
  await given(await giveTime(blair, another));
  const proposing = { ...(await signedDecision(blair, await openPage(blair, another), "denied")), proposal: { ...PAYLOAD, replicas: 1 } };
  await given(await send(blair, another, proposing));
  const { request_id: denied } = await ask(bot);
  await askedBack(blair, denied, "Which hosts?");
  await answered(bot, denied, "All of them.");
  const { pattern } = await deniedAlike(blair, denied);
  expect((await lift(alex, pattern?.id ?? "")).status).toBe(204);
  const { request_id: cancelled } = await ask(bot);
  await post(bot, cancelled, "cancel", {});
  const { request_id: late } = await ask(bot, { expires_in_seconds: 30 });
  vi.setSystemTime(Date.now() + 30_000);
  expect(await viewOf(bot, late)).toMatchObject({ status: "expired" });

  await publish(alex, "type: countersign/policy@v1\nrules:\n  - { name: reads, match: { tool: read }, effect: allow }\n");
  expect(await ask(bot, { tool: "read" })).toMatchObject({ status: "approved", basis: "policy" });

  const statement = await statementOfAway(alex, awayWish(blair.id));
  const { id: away } = await given<{ id: string }>(await sendAway(alex, await ownSignature(alex.passkey, statement)), 201);
  expect((await endAway(alex, away)).status).toBe(204);
  const { id: channel } = await addedChannel(alex);
  await given((await signChannel(alex, { draft: "rotate", channel })).answer);
  expect((await removedChannel(alex, channel)).status).toBe(204);

  await putServer("listed");
  const accepting = { draft: "tools", server: "listed", tools: [LISTED] };
  await given((await signServer(alex, accepting)).answer);
  // Refused, since nobody has accepted such a tool: what was refused is recorded, and in the log, as well.
  const headers = { accept: "application/json, text/event-stream" };
  const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "close_ticket", arguments: { id: 7 } } };
  expect(await (await call("POST", "/mcp/listed", { key: bot.key, origin: null, headers, body })).text()).toContain("unknown_tool");
  await handedOver(bot);
  const verified = { name: "tickets", match: { source: "call", server: "listed" }, effect: "allow", verified_approval: "platform" };
  await publish(alex, policyOf([verified]));
  const challenge = await challengeFor("legacy", bot.key, LISTED.name, {}, "listed");
  // Nothing answers there; the evidence is consumed before anything is sent.
  await callWith("legacy", bot.key, LISTED.name, {}, await evidenceOf(alex, challenge), "listed");
  await addedServer(alex);
  const changed = { draft: "change", server: "tickets", url: "https://mcp.example.com/mcp", authentication: { kind: "none" } };
  await given((await signServer(alex, changed)).answer);
  const shared = await putServerGrant(alex.id, null);
  await given(await signedShared(alex, shared, "tickets"), 201);
  await given(await signedOwn(alex, await putServerGrant(alex.id, alex.id), "tickets"), 201);
  expect((await disconnected(alex, shared, "tickets")).status).toBe(204);
  expect((await call("DELETE", "/api/v1/servers/tickets", { cookie: alex.cookie })).status).toBe(204);

  const { id: connector } = await makeConnector(alex, "laptop", "files");
  expect((await revokeConnector(alex, connector)).status).toBe(204);

  const other = await makeAgent(alex, "other-bot");
  await ask(other);
  await given(await changeGroups(alex, other.id, ["staging"]));
  const rekeyed = await rotated(alex, other, 1);
  expect((await endKey(alex, other.id, 1)).status).toBe(204);
  expect((await stop(alex, other.id)).status).toBe(204);
  await given(await release(alex, other.id));
  await ask(rekeyed);
  await below(rekeyed, { name: "helper", servers: ["listed"] });
  expect((await call("DELETE", `/api/v1/agents/${other.id}`, { cookie: alex.cookie })).status).toBe(204);
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  await everything();
  const { results } = await env.DB.prepare("SELECT idx, record, salt FROM log_leaf ORDER BY idx").all<{
    idx: number;
    record: string;
    salt: string;
  }>();
  leaves = results.map(({ idx, record, salt }) => ({ index: idx, record: JSON.parse(record) as LogRecord, salt }));
});
afterAll(() => {
  vi.useRealTimers();
});

const log = async (path: string): Promise<Response> => {
  const answer = await call("GET", `/log/${path}`);
  expect(answer.status, path).toBe(200);
  return answer;
};

async function signedHead(): Promise<{ size: number; root: Bytes }> {
  const key = parseVkey((await (await log("vkey")).text()).trim());
  if (!key.ok) throw new Error(key.refusal);
  const checkpoint = await verifyCheckpoint(await (await log("checkpoint")).text(), { logKeys: [key.value], policy: null });
  if (!checkpoint.ok) throw new Error(checkpoint.refusal);
  return checkpoint.value;
}

/** Follows a leaf as a stranger who was given its record and salt: the bundle holds its entry, and the entry is under the signed root. */
async function proven({ index, record, salt }: FoundLeaf): Promise<void> {
  const { size, root } = await signedHead();
  const entry = leafEntry(record, salt);
  const bundle = { level: 0, n: Math.floor(index / 256) };
  const path = tilePath(bundle, tileWidth(bundle, size)).replace("tile/0/", "tile/entries/");
  const bytes = new Uint8Array(await (await log(path)).arrayBuffer());
  const start = 35 * (index % 256);
  expect(equal(bytes.slice(start + 2, start + 35), entry)).toBe(true);

  const { audit_path } = await (await log(`proof/inclusion?index=${index}&size=${size}`)).json<{ audit_path: string[] }>();
  const hashes = audit_path.map((hash) => fromB64(hash) ?? new Uint8Array());
  expect(verifyInclusion({ leafHash: leafHash(entry), index, size, root, path: hashes })).toBe(true);
}

describe("of every kind of record there is a leaf, under the signed root", () => {
  test.each(KINDS)("%s", async (kind) => {
    const found = leaves.filter(({ record }) => record.kind === kind);
    expect(found).not.toEqual([]);
    for (const leaf of found) {
      expect(() => recordOfKind(kind)(leaf.record, kind)).not.toThrow();
      await proven(leaf);
    }
  });

  test("and of what has ended each end is there once", () => {
    const ended = leaves.flatMap(({ record }) => ("ended_by" in record ? [`${record.kind} by ${record.ended_by}`] : []));
    expect(ended.toSorted()).toEqual([
      ...Array<string>(3).fill("approval.approved by passkeys"),
      "approval.cancelled by requester",
      "approval.cancelled by revocation",
      "approval.cancelled by stop",
      ...Array<string>(2).fill("approval.denied by passkeys"),
      "approval.expired by deadline",
    ]);
  });
});

/** The leaf of that kind for which this holds: there is exactly one. */
function only<Kind extends RecordKind>(kind: Kind, holds: (record: RecordOf<Kind>) => boolean): { index: number; record: RecordOf<Kind> } {
  const found = leaves.flatMap(({ index, record }) => {
    if (record.kind !== kind) return [];
    const one = recordOfKind(kind)(record, kind);
    return holds(one) ? [{ index, record: one }] : [];
  });
  expect(found).toHaveLength(1);
  return found[0] as { index: number; record: RecordOf<Kind> };
}

const enrolment = (credentialId: string | undefined) => only("passkey.enrolled", ({ credential }) => credential.id === credentialId);

test("from the first key to the decision and what came of it, each step is signed by who stands before it", () => {
  const approval = only("approval.approved", ({ request }) => request.id === used);
  const [decision] = approval.record.decisions;
  const decider = enrolment(decision?.credential_id);
  expect(decider.record.person).toEqual({ id: blair.id, username: "blair" });
  const admin = enrolment(decider.record.authorised_by[0]?.credential_id);
  expect(admin.record).toMatchObject({ person: { id: alex.id }, roles: ["admin", "approver"], authorised_by: [] });
  const agent = only("agent.created", (record) => record.agent.id === approval.record.request.requested_by.id);
  expect(agent.record.authorised_by[0]?.credential_id).toBe(admin.record.credential.id);

  const rest = leaves.filter(({ record }) => "request_hash" in record && record.request_hash === decision?.statement.request_hash);
  expect(rest.map(({ record }) => record.kind)).toEqual(["approval.redeemed", "call.succeeded"]);
  const indices = [admin, decider, approval, ...rest].map(({ index }) => index);
  expect(indices).toEqual(indices.toSorted((a, b) => a - b));
});

test("and the receipt proves that way to who has the log's key, and nothing else", async () => {
  const receipt = parseReceipt(await receiptOf(bot, used));
  if (!receipt.ok) throw new Error(receipt.refusal.code);
  const vkey = (await (await log("vkey")).text()).trim();
  const verified = await verifyReceipt(receipt.value, { vkey, origin: ORIGIN });
  expect(verified).toMatchObject({ ok: true, value: { status: "approved", outcome: { status: "succeeded" } } });
  expect(receipt.value.passkeys.map(({ record }) => record.person.id)).toEqual([blair.id]);
});
