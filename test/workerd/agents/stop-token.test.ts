/** A stop token stops what its owner could stop, and does nothing else: it ends with what its owner may do here. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { type Agent, askFor } from "#test/workerd/support/approvals.ts";
import { ROUTES } from "#test/workerd/support/attacks.ts";
import { admitted, changeRoles, confirm, addPasskey, enter, given, me, recordsOf } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone, someText, textLike } from "#test/workerd/support/people.ts";
import { release, stops } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
});

const UNKNOWN = [401, "unauthorized"];
const tokenOf = async ({ cookie }: Someone): Promise<string> =>
  (await given<{ token: string }>(await call("POST", "/account/stop-token", { cookie }), 201)).token;
const use = (token: string, agentId: string | null) =>
  call("POST", "/api/v1/stop-by-token", { origin: null, headers: { authorization: `Bearer ${token}` }, body: { agent: agentId } });
const rows = () => env.DB.prepare("SELECT count(*) AS rows FROM stop_token").first<number>("rows");

test("is shown once, kept as a hash, and orders a stop in its owner's name", async () => {
  const made = await call("POST", "/account/stop-token", { cookie: alex.cookie });
  const { token, created_at: madeAt } = await given<{ token: string; created_at: string }>(made, 201);
  expect(token).toEqual(textLike(/^cst_[A-Za-z0-9_-]{43}$/));
  expect((await env.DB.prepare("SELECT * FROM stop_token").all()).results).toEqual([
    { person_id: alex.id, token_hash: hex(sha256(utf8(token))), created_at: madeAt },
  ]);
  expect((await me(alex)).stop_token).toBe(madeAt);
  expect((await use(token, agent.id)).status).toBe(204);
  expect((await use(token, null)).status).toBe(204);
  expect((await use(token, null)).status).toBe(204);
  expect(await recordsOf("stop.ordered")).toMatchObject([
    { agent: { id: agent.id }, number: 1, by: { id: alex.id, username: "alex" }, at: someText },
    { agent: null, number: 1, by: { id: alex.id, username: "alex" } },
  ]);
  expect(await outcome(await askFor(agent))).toEqual([403, "agent_stopped"]);
});

test("of an approver stops agents, and not everything; an auditor has none", async () => {
  const [blair, casey] = [await admitted(alex, "blair", ["approver"]), await admitted(alex, "casey", ["auditor"])];
  const token = await tokenOf(blair);
  expect(await outcome(await use(token, null))).toEqual([403, "forbidden"]);
  expect((await use(token, agent.id)).status).toBe(204);
  expect(await outcome(await use(token, "agt_AAAAAAAAAAAAAAAAAAAAAA"))).toEqual([404, "not_found"]);
  expect(await outcome(await call("POST", "/account/stop-token", { cookie: casey.cookie }))).toEqual([403, "forbidden"]);
});

describe("ends", () => {
  test("when it is revoked, and when another is made", async () => {
    const [first, second] = [await tokenOf(alex), await tokenOf(alex)];
    expect(await outcome(await use(first, agent.id))).toEqual(UNKNOWN);
    expect((await use(second, agent.id)).status).toBe(204);
    expect((await call("DELETE", "/account/stop-token", { cookie: alex.cookie })).status).toBe(204);
    expect((await call("DELETE", "/account/stop-token", { cookie: alex.cookie })).status).toBe(204);
    expect(await outcome(await use(second, agent.id))).toEqual(UNKNOWN);
    expect((await me(alex)).stop_token).toBeNull();
  });

  test("with its owner's role, for good: given back, it is another's to make", async () => {
    const blair = await admitted(alex, "blair", ["approver"]);
    const token = await tokenOf(blair);
    await given(await changeRoles(alex, blair.id, ["admin"]));
    expect(await rows()).toBe(1);
    await given(await changeRoles(alex, blair.id, ["auditor"]));
    expect(await rows()).toBe(0);
    await given(await changeRoles(alex, blair.id, ["approver"]));
    expect(await outcome(await use(token, agent.id))).toEqual(UNKNOWN);
  });

  test("with its owner's last passkey, for good", async () => {
    const blair = await admitted(alex, "blair", ["approver"]);
    const spare = await addPasskey(blair);
    await given(await confirm(alex, spare));
    const token = await tokenOf(blair);
    const revoke = (id: string) => call("DELETE", `/api/v1/people/${blair.id}/passkeys/${id}`, { cookie: alex.cookie });
    await revoke(blair.passkey.credentialId);
    expect(await rows()).toBe(1);
    await enter(spare);
    expect((await use(token, agent.id)).status).toBe(204);
    await revoke(spare.passkey.credentialId);
    expect(await rows()).toBe(0);
    expect(await outcome(await use(token, agent.id))).toEqual(UNKNOWN);
  });
});

test("opens no other route: it reads, decides and releases nothing", async () => {
  const token = await tokenOf(alex);
  await use(token, agent.id);
  for (const route of ROUTES) {
    const [method = "", pattern = ""] = route.split(" ");
    // What asks to be let in is for anybody, and looks at no token.
    if (/^\/api\/v1\/(?:stop-by-token|command-line\/(?:pairings|token))$/.test(pattern)) continue;
    if (!/^\/(?:api\/v1\/(?!openapi|metrics$)|admin|account|a\/|inbox|mcp|stop)/.test(pattern)) continue;
    const path = pattern.replace(":id", agent.id).replaceAll(/:[a-z]+/g, "unknown");
    const body = method === "GET" || method === "DELETE" ? {} : { body: {} };
    for (const headers of [{ authorization: `Bearer ${token}` }, { "x-api-key": token }]) {
      const answer = await call(method === "ALL" ? "POST" : method, path, { headers, ...body });
      expect([route, await outcome(answer)]).toEqual([route, UNKNOWN]);
    }
  }
  expect((await stops(alex)).agents).toHaveLength(1);
  expect((await release(alex, agent.id)).status).toBe(200);
});

test("what is none is told so, and after so many guesses nothing is looked at any more", async () => {
  const token = await tokenOf(alex);
  for (const wrong of ["", "cst_", `${token}x`, `cst_${"A".repeat(43)}`, alex.cookie, agent.key]) {
    expect(await outcome(await use(wrong, agent.id))).toEqual(UNKNOWN);
  }
  expect(await outcome(await call("POST", "/api/v1/stop-by-token", { cookie: alex.cookie, body: { agent: null } }))).toEqual(UNKNOWN);
  for (const body of [{}, { agent: "everything" }, { agent: null, number: 1 }]) {
    const answer = await call("POST", "/api/v1/stop-by-token", { headers: { authorization: `Bearer ${token}` }, body });
    expect(await outcome(answer)).toEqual([400, "invalid_request"]);
  }
  let told: [number, string | undefined] = [401, "unauthorized"];
  for (let guesses = 0; guesses < 100 && told[0] === 401; guesses++) told = await outcome(await use(`cst_${"A".repeat(43)}`, agent.id));
  expect(told).toEqual([429, "rate_limited"]);
  expect(await outcome(await use(token, agent.id))).toEqual([429, "rate_limited"]);
  expect(await recordsOf("stop.ordered")).toEqual([]);
});
