/** What evidence of a passkey at an agent's client does not open: for agents that forge, replay or move it, servers that lie about it, and challenges that are taken for others. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { fromB64u } from "#countersign/encoding/bytes.ts";
import { VERIFIED_APPROVAL } from "#countersign/verified/verified-approval.ts";
import { type Agent, ask, openPage, send, signedDecision } from "#test/workerd/support/approvals.ts";
import { askChallenge, callWith, challengeFor, evidenceOf, rpc } from "#test/workerd/support/calls/evidence.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { admitted, given, revoke } from "#test/workerd/support/invited.ts";
import { enrolFirst, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import {
  acceptedTools,
  addedServer,
  refresh,
  SERVER,
  signServer,
  tellServer,
  tool,
  TOLD,
} from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const ANNOTATED = tool("list_tickets", { _meta: { [VERIFIED_APPROVAL]: { required: "verified" }, other: 1 } });
const TOOLS = { tools: [tool("close_ticket"), tool("use_ticket"), ANNOTATED] };
const ARGS = { id: 7 };

let alex: Someone;
let blair: Someone;
let agent: Agent;
beforeAll(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
  blair = await admitted(alex, "blair");
  agent = await makeAgent(alex);
  await tellServer(TOOLS);
  await addedServer(alex);
  await given((await signServer(alex, { draft: "add", ...SERVER, name: "copies" })).answer, 201);
  for (const name of ["tickets", "copies"]) {
    await refresh(alex, name);
    await given(await acceptedTools(alex, null, name));
  }
  await publish(
    alex,
    policyOf([
      {
        name: "used",
        match: { source: "call", tool: "use_ticket", when: 'history.count("close_ticket", duration("1h")) > 0' },
        effect: "allow",
      },
      { name: "not-used", match: { source: "call", tool: "use_ticket" }, effect: "deny" },
      { name: "closing", match: { source: "call", tool: "close_ticket" }, effect: "allow", verified_approval: "platform" },
      { name: "others", match: { source: "call" }, effect: "allow" },
    ]),
  );
});

const timesCalled = async (): Promise<number> =>
  (await receivers.requests(TOLD)).filter(({ body }) => body.includes('"tools/call"')).length;
const freshAgent = (): Promise<Agent> => makeAgent(alex, `bot-${crypto.randomUUID()}`);

describe("evidence of a passkey", () => {
  it("of another agent, or for another server of the same tool, is worth nothing", async () => {
    const other = await freshAgent();
    const challenge = await challengeFor("modern", agent.key, "close_ticket", ARGS);
    const evidence = await evidenceOf(alex, challenge);
    const before = await timesCalled();
    for (const [key, server] of [
      [other.key, "tickets"],
      [agent.key, "copies"],
    ] as const)
      expect((await callWith("modern", key, "close_ticket", ARGS, evidence, server)).error?.data?.reason).toBe("challenge_unknown");
    // Its own challenge, with the other's signature put under it.
    const own = await challengeFor("modern", other.key, "close_ticket", ARGS);
    const moved = { ...evidence, challengeId: own.challengeId };
    expect((await callWith("modern", other.key, "close_ticket", ARGS, moved)).error?.data?.reason).toBe("signature_verification_failed");
    expect(await timesCalled()).toBe(before);
  });

  it("that is sent from many places at once passes one call", async () => {
    const challenge = await challengeFor("modern", agent.key, "close_ticket", ARGS);
    const evidence = await evidenceOf(blair, challenge);
    const before = await timesCalled();
    const answers = await Promise.all(Array.from({ length: 12 }, () => callWith("modern", agent.key, "close_ticket", ARGS, evidence)));
    expect(answers.filter(({ result }) => result !== undefined)).toHaveLength(1);
    const reasons = answers.flatMap(({ error }) => (error === undefined ? [] : [error.data?.reason]));
    expect([...new Set(reasons)]).toEqual(["challenge_consumed"]);
    expect(await timesCalled()).toBe(before + 1);
  });

  it("of a passkey that is revoked meanwhile is refused, and consumes nothing", async () => {
    const casey = await admitted(alex, `casey-${Date.now()}`);
    const challenge = await challengeFor("modern", agent.key, "close_ticket", ARGS);
    const evidence = await evidenceOf(casey, challenge);
    expect((await revoke(alex, casey)).status).toBe(204);
    expect((await callWith("modern", agent.key, "close_ticket", ARGS, evidence)).error?.data?.reason).toBe("unknown_credential");
    expect((await callWith("modern", agent.key, "close_ticket", ARGS, await evidenceOf(alex, challenge))).error).toBeUndefined();
  });

  it("is no decision, and a decision's signature is no evidence", async () => {
    const { request_id: id } = await ask(agent);
    const page = await openPage(alex, id);
    const challenge = await challengeFor("modern", agent.key, "close_ticket", ARGS);
    const bytes = fromB64u(challenge.requestOptions.challenge) ?? new Uint8Array();
    const forged = await signedDecision(alex, page, "approved", { wrong: { challenge: bytes } });
    expect(await outcome(await send(alex, id, forged))).toEqual([403, "decision_not_accepted"]);
    const { assertion } = await signedDecision(alex, page, "approved");
    const evidence = await evidenceOf(alex, challenge);
    const response = {
      clientDataJSON: assertion.client_data_json,
      authenticatorData: assertion.authenticator_data,
      signature: assertion.signature,
    };
    const decision = { ...evidence, response: { ...evidence.response, response } };
    expect((await callWith("modern", agent.key, "close_ticket", ARGS, decision)).error?.data?.reason).toBe("signature_verification_failed");
  });

  it("that is refused counts for nothing in what the agent did", async () => {
    const other = await freshAgent();
    const used = () => rpc("modern", other.key, "tools/call", { name: "use_ticket", arguments: {} });
    expect((await callWith("modern", other.key, "close_ticket", ARGS, { method: "sms" })).error?.data?.reason).toBe("missing_evidence");
    expect((await used()).result?.content?.[0]?.text).toContain("policy_denied");
    const evidence = await evidenceOf(alex, await challengeFor("modern", other.key, "close_ticket", ARGS));
    expect((await callWith("modern", other.key, "close_ticket", ARGS, evidence)).error).toBeUndefined();
    expect((await used()).result?.content?.[0]?.text).toBe("Done.");
    // Admitted, and too late for what it brings: it is taken back.
    expect((await callWith("modern", other.key, "close_ticket", ARGS, evidence)).error?.data?.reason).toBe("challenge_consumed");
  });
});

it("challenges that are asked for without end fill nothing: twenty of an agent are kept, and those that are over go", async () => {
  const other = await freshAgent();
  const codes = await Promise.all(Array.from({ length: 30 }, (_, id) => askChallenge("modern", other.key, "close_ticket", { id })));
  expect(codes.filter(({ error }) => error?.data?.code === "rate_limited")).toHaveLength(10);
  const kept = () => env.DB.prepare("SELECT count(*) AS n FROM approval_challenge WHERE agent_id = ?1").bind(other.id).first("n");
  expect(await kept()).toBe(20);
  const old = "INSERT INTO approval_challenge (challenge, agent_id, server_id, tool, expires_at) VALUES ('old', ?1, 'srv_x', 'x', ?2)";
  await env.DB.prepare(old)
    .bind(agent.id, new Date(Date.now() - 7_200_000).toISOString())
    .run();
  await askChallenge("modern", agent.key, "close_ticket", ARGS);
  expect(await env.DB.prepare("SELECT 1 AS n FROM approval_challenge WHERE challenge = 'old'").first("n")).toBeNull();
  await env.DB.prepare("UPDATE approval_challenge SET consumed_at = '2026-01-01T00:00:00.000Z', leaf_index = 0 WHERE agent_id = ?1")
    .bind(other.id)
    .run();
  await expect(
    env.DB.prepare("UPDATE approval_challenge SET consumed_at = NULL, leaf_index = NULL WHERE agent_id = ?1").bind(other.id).run(),
  ).rejects.toThrow("consumed once");
});

it("a server that says of itself what the gate says is not believed", async () => {
  const { result } = await rpc("modern", agent.key, "tools/list");
  const tools = result?.["tools"] as { name: string; _meta?: Record<string, unknown> }[];
  expect(tools.find(({ name }) => name === "list_tickets")?._meta).toEqual({ other: 1 });
  expect((await askChallenge("modern", agent.key, "list_tickets", {})).error?.data?.reason).toBe("tool_not_approved_required");
});
