/** Everything that must not count as a decision, and who may look. Whatever is refused leaves the request as it was. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { b64u, concat, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import type { Statement } from "#countersign/documents/statement.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import {
  type Agent,
  ask,
  decide,
  decided,
  openPage,
  personAndAgent,
  send,
  signedDecision,
  type Signing,
  viewOf,
} from "#test/workerd/support/approvals.ts";
import { call, outcome, type Someone } from "#test/workerd/support/people.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let person: Someone;
let agent: Agent;

beforeEach(async () => {
  ({ person, agent } = await personAndAgent());
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

const change =
  (changes: Partial<Statement>) =>
  (statement: Statement): Statement => ({ ...statement, ...changes });

/** The same ECDSA signature with a needless zero byte before r: BER, which lenient parsers take and strict ones refuse. */
function padded(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  const [sequence = 0, length = 0, tag = 0, rLength = 0] = signature;
  return concat(Uint8Array.of(sequence, length + 1, tag, rLength + 1, 0), signature.subarray(4));
}

describe("refuses an assertion made", () => {
  const cases: [string, Signing][] = [
    ["for another verdict", { statement: change({ verdict: "denied" }) }],
    ["for another request", { statement: change({ request_hash: hex(sha256(utf8("another"))) }) }],
    ["over a swapped payload", { statement: change({ payload_hash: hex(sha256(utf8("another"))) }) }],
    ["in another person's name", { statement: (made) => ({ ...made, approver: { id: "usr_other", username: "other" } }) }],
    ["with another comment", { statement: change({ comment_hash: hex(sha256(utf8("another"))) }) }],
    ["with another nonce", { statement: change({ nonce: b64u(new Uint8Array(32)) }) }],
    ["on another origin", { wrong: { origin: "https://evil.example", rpId: "gate.example.com" } }],
    ["for another relying party", { wrong: { rpId: "evil.example" } }],
    ["without user verification", { wrong: { userVerified: false } }],
    ["without user presence", { wrong: { userPresent: false } }],
    ["in a frame of another site", { wrong: { crossOrigin: true } }],
    ["under another top origin", { wrong: { topOrigin: "https://evil.example" } }],
    ["as a registration", { wrong: { type: "webauthn.create" } }],
    ["with changed backup eligibility", { wrong: { backupEligible: true } }],
    ["with ambiguous client data", { wrong: { clientDataText: (text) => text.replace("{", '{"type":"webauthn.get",') } }],
    ["with a signature that strict verifiers refuse", { wrong: { signature: padded } }],
    ["with a broken signature", { wrong: { signature: (made) => made.with(made.length - 1, (made.at(-1) ?? 0) ^ 1) } }],
    ["over a challenge of another ceremony", { wrong: { challenge: new Uint8Array(32) } }],
  ];
  it.each(cases)("%s", async (_, signing) => {
    const { request_id: id } = await ask(agent);
    expect(await outcome(await decide(person, id, "approved", signing))).toEqual([403, "decision_not_accepted"]);
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending", approvals: 0 });
    expect(await decided(person, id, "approved")).toMatchObject({ status: "approved" });
  });

  it("with a passkey that nobody enrolled", async () => {
    const { request_id: id } = await ask(agent);
    const passkey = await SoftwarePasskey.create({ person: person.id });
    expect(await outcome(await decide(person, id, "approved", { passkey }))).toEqual([403, "decision_not_accepted"]);
  });

  it("with the passkey of somebody else who is eligible", async () => {
    const robin = await admitted(person, "robin");
    const { request_id: id } = await ask(agent);
    expect(await outcome(await decide(person, id, "approved", { passkey: robin.passkey }))).toEqual([403, "decision_not_accepted"]);
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending", approvals: 0 });
  });

  it("with a passkey revoked meanwhile", async () => {
    const { request_id: id } = await ask(agent);
    const body = await signedDecision(person, await openPage(person, id), "approved");
    await env.DB.prepare("UPDATE passkey SET revoked_at = ?").bind(new Date().toISOString()).run();
    expect((await send(person, id, body)).status).toBe(401);
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending", approvals: 0 });
  });
});

describe("a nonce serves", () => {
  it("one request", async () => {
    const [first, second] = [await ask(agent), await ask(agent)];
    const body = await signedDecision(person, await openPage(person, first.request_id), "approved");
    expect(await outcome(await send(person, second.request_id, body))).toEqual([403, "decision_not_accepted"]);
  });

  it("one person", async () => {
    const robin = await admitted(person, "robin");
    const { request_id: id } = await ask(agent);
    const page = await openPage(person, id);
    const body = await signedDecision(robin, { ...page, person: { id: robin.id, username: "robin" } }, "approved");
    expect(await outcome(await send(robin, id, body))).toEqual([403, "decision_not_accepted"]);
  });

  it("fifteen minutes", async () => {
    const { request_id: id } = await ask(agent, { expires_in_seconds: 3600 });
    const body = await signedDecision(person, await openPage(person, id), "approved");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 15 * 60_000 });
    expect(await outcome(await send(person, id, body))).toEqual([403, "decision_not_accepted"]);
    expect(await decided(person, id, "approved")).toMatchObject({ status: "approved" });
  });

  it("once: the same decision again is refused, and so is one after the end", async () => {
    await admitted(person, "robin");
    const { request_id: id } = await ask(agent, { approvers: { required: 2 } });
    const body = await signedDecision(person, await openPage(person, id), "approved");
    expect((await send(person, id, body)).status).toBe(200);
    // Whoever got no answer learns this way that it counted.
    expect(await outcome(await send(person, id, body))).toEqual([409, "already_decided"]);
    expect(await outcome(await decide(person, id, "denied"))).toEqual([409, "already_decided"]);
    expect(await viewOf(agent, id)).toMatchObject({ approvals: 1, status: "pending" });
  });

  it("as long as it is among the person's newest eight", async () => {
    const { request_id: id } = await ask(agent);
    const oldest = await openPage(person, id);
    const next = await openPage(person, id);
    for (let pages = 0; pages < 7; pages++) await openPage(person, id);
    expect(await outcome(await send(person, id, await signedDecision(person, oldest, "denied")))).toEqual([403, "decision_not_accepted"]);
    expect((await send(person, id, await signedDecision(person, next, "denied"))).status).toBe(200);
  });

  it("a page that stayed open gets a new one", async () => {
    const { request_id: id } = await ask(agent);
    const page = await openPage(person, id);
    const renewed = await call("POST", `/a/${id}/nonce`, { cookie: person.cookie, body: {} });
    const body = await signedDecision(person, { ...page, ...(await renewed.json<object>()) }, "denied");
    expect((await send(person, id, body)).status).toBe(200);
  });
});

it("refuses a decision after the deadline, which then has expired", async () => {
  const asked = await ask(agent, { expires_in_seconds: 30 });
  const body = await signedDecision(person, await openPage(person, asked.request_id), "approved");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(asked.expires_at) });
  expect(await outcome(await send(person, asked.request_id, body))).toEqual([409, "deadline_passed"]);
  expect(await viewOf(agent, asked.request_id)).toMatchObject({ status: "expired", approvals: 0 });
  expect(await outcome(await send(person, asked.request_id, body))).toEqual([409, "already_final"]);
});

it("cancels instead of deciding once the agent has been revoked", async () => {
  const { request_id: id } = await ask(agent);
  const body = await signedDecision(person, await openPage(person, id), "approved");
  // As after a crash between revoking the agent and cancelling what it has pending.
  await env.DB.prepare("UPDATE agent SET revoked_at = ?").bind(new Date().toISOString()).run();
  expect(await outcome(await send(person, id, body))).toEqual([403, "agent_stopped"]);
  expect((await openPage(person, id)).state).toMatchObject({ status: "cancelled", ended_by: "revocation", decisions: [] });
});

it("drops the approval of a passkey revoked before the request settles", async () => {
  const robin = await admitted(person, "robin");
  const { request_id: id } = await ask(agent, { approvers: { required: 2 } });
  const { tag, decisions } = await decided(robin, id, "approved");
  expect(decisions).toMatchObject([{ username: "robin" }]);
  const waiting = call("GET", `/a/${id}/state?wait=10&seen=${encodeURIComponent(tag)}`, { cookie: person.cookie });
  await env.DB.prepare("UPDATE passkey SET revoked_at = ? WHERE person_id = ?").bind(new Date().toISOString(), robin.id).run();
  expect(await decided(person, id, "approved")).toMatchObject({ status: "pending" });
  expect(await viewOf(agent, id)).toMatchObject({ status: "pending", approvals: 1 });
  // As many have signed as before, and yet the open pages hear of it.
  expect(await (await waiting).json()).toMatchObject({ status: "pending", decisions: [{ username: "alex" }] });
});

describe("shows nothing of a request", () => {
  it("to whom it does not concern, or who is not signed in", async () => {
    const robin = await admitted(person, "robin");
    const { request_id: id } = await ask(agent, { approver_username: "alex", action: "Very secret action" });
    const stranger = await call("GET", `/a/${id}`, { cookie: robin.cookie });
    const nobody = await call("GET", `/a/${id}`);
    expect([stranger.status, nobody.status, nobody.headers.get("location")]).toEqual([
      404,
      303,
      `/?next=${encodeURIComponent(`/a/${id}`)}`,
    ]);
    expect(await stranger.text()).toBe(await (await call("GET", `/a/apr_${"A".repeat(32)}`, { cookie: robin.cookie })).text());
    expect(await nobody.text()).not.toContain("secret");

    for (const [method, path] of [
      ["GET", `/a/${id}/state`],
      ["POST", `/a/${id}/nonce`],
    ] as const) {
      expect(await outcome(await call(method, path, { cookie: robin.cookie, ...(method === "POST" && { body: {} }) }))).toEqual([
        404,
        "unknown_request",
      ]);
      expect(await outcome(await call(method, path))).toEqual([401, "unauthorized"]);
    }
    expect(await outcome(await send(robin, id, await signedDecision(person, await openPage(person, id), "approved")))).toEqual([
      404,
      "unknown_request",
    ]);
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending", approvals: 0 });
  });

  it("to agents, whose keys open nothing of people", async () => {
    const { request_id: id } = await ask(agent);
    const body = await signedDecision(person, await openPage(person, id), "approved");
    for (const [method, path, sent] of [
      ["GET", `/a/${id}/state`, undefined],
      ["POST", `/a/${id}/nonce`, {}],
      ["POST", `/a/${id}/decision`, body],
    ] as const) {
      expect(await outcome(await call(method, path, { key: agent.key, ...(sent && { body: sent }) }))).toEqual([403, "forbidden"]);
    }
    expect(await viewOf(agent, id)).toMatchObject({ status: "pending" });
  });
});

it("refuses a decision from another site's page, or with anything more in it", async () => {
  const { request_id: id } = await ask(agent);
  const body = await signedDecision(person, await openPage(person, id), "approved");
  const foreign = await call("POST", `/a/${id}/decision`, { cookie: person.cookie, body, origin: "https://evil.example" });
  expect(await outcome(foreign)).toEqual([403, "forbidden"]);
  expect(await outcome(await call("POST", `/a/${id}/decision`, { cookie: person.cookie, body, origin: null }))).toEqual([403, "forbidden"]);
  expect(await outcome(await send(person, id, { ...body, statement: {} }))).toEqual([400, "invalid_request"]);
  expect(await outcome(await send(person, id, { ...body, verdict: "maybe" }))).toEqual([400, "invalid_request"]);
  expect(await outcome(await send(person, id, { ...body, comment: "x".repeat(1_001) }))).toEqual([400, "invalid_request"]);
});
