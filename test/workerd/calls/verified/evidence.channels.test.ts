/** SEP-2672 at a server's address, in both eras: each of its checks refuses by its name, nothing is sent then, and what holds serves once. */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sha256, b64u, fromB64u, hex, utf8 } from "#countersign/encoding/bytes.ts";
import { VERIFIED_APPROVAL } from "#countersign/verified/verified-approval.ts";
import type { Agent } from "#test/workerd/support/approvals.ts";
import {
  askChallenge,
  callWith,
  type Challenge,
  challengeFor,
  ERAS,
  type Era,
  type Evidence,
  evidenceOf,
  rpc,
} from "#test/workerd/support/calls/evidence.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { addPasskey, given } from "#test/workerd/support/invited.ts";
import { enrolFirst, makeAgent, ORIGIN, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { acceptedTools, addedServer, refresh, tellServer, tool, TOLD } from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const CODE = { modern: -31_001, legacy: -32_001 };
const ARGS = { id: 7 };

const RULES = [
  {
    name: "closing",
    match: { source: "call", tool: ["close_ticket", "open_ticket", "resources/read"] },
    effect: "allow",
    verified_approval: "platform",
  },
  { name: "strict", match: { source: "call", tool: "drop_ticket" }, effect: "allow", verified_approval: "cross-platform" },
  {
    name: "asked",
    match: { source: "call", tool: "file_ticket" },
    effect: "require_approval",
    verified_approval: "platform",
    separation: false,
  },
  { name: "others", match: { source: "call" }, effect: "allow" },
];

let alex: Someone;
let agent: Agent;
beforeAll(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
  await tellServer({ tools: ["close_ticket", "open_ticket", "drop_ticket", "file_ticket", "list_tickets"].map((name) => tool(name)) });
  await addedServer(alex, { features: { resources: true } });
  await refresh(alex);
  await given(await acceptedTools(alex));
  await publish(alex, policyOf(RULES));
});
beforeEach(async () => {
  agent = await makeAgent(alex, `bot-${crypto.randomUUID()}`);
});
afterEach(async () => {
  vi.useRealTimers();
  await passkeyIs({ sign_count: 0, transports: '["internal"]' });
  await env.DB.prepare(`UPDATE person SET roles = '["admin","approver"]' WHERE id = ?1`).bind(alex.id).run();
});

const timesCalled = async (): Promise<number> =>
  (await receivers.requests(TOLD)).filter(({ body }) => body.includes('"tools/call"')).length;

const reasonOf = ({ error }: { error?: { code: number; data?: { reason?: string } } }) => [error?.code, error?.data?.reason];

const passkeyIs = async (columns: { sign_count?: number; transports?: string }): Promise<void> => {
  for (const [name, value] of Object.entries(columns))
    await env.DB.prepare(`UPDATE passkey SET ${name} = ?1 WHERE credential_id = ?2`).bind(value, alex.passkey.credentialId).run();
};

/** One way to break each check. Gives what is sent in the place of the evidence, and whatever else the call is. */
type Broken = (made: {
  era: Era;
  challenge: Challenge;
  evidence: Evidence;
}) => Promise<{ evidence: unknown; args?: object; tool?: string }>;
const BROKEN: [number, string, string, Broken][] = [
  [1, "no evidence", "missing_evidence", () => Promise.resolve({ evidence: undefined })],
  [1, "evidence that is a text", "missing_evidence", () => Promise.resolve({ evidence: "webauthn" })],
  [2, "no challengeId", "missing_evidence", ({ evidence: { method, response } }) => Promise.resolve({ evidence: { method, response } })],
  [2, "no response", "missing_evidence", ({ evidence: { method, challengeId } }) => Promise.resolve({ evidence: { method, challengeId } })],
  [2, "no method", "missing_evidence", ({ evidence: { method: _, ...rest } }) => Promise.resolve({ evidence: rest })],
  [3, "another method", "unsupported_method", ({ evidence }) => Promise.resolve({ evidence: { ...evidence, method: "sms" } })],
  [4, "an unknown challenge", "challenge_unknown", ({ evidence }) => Promise.resolve({ evidence: { ...evidence, challengeId: "none" } })],
  [
    4,
    "another agent's challenge",
    "challenge_unknown",
    async ({ era }) => {
      const other = await makeAgent(alex, `other-${crypto.randomUUID()}`);
      return { evidence: await evidenceOf(alex, await challengeFor(era, other.key, "close_ticket", ARGS)) };
    },
  ],
  [
    5,
    "a challenge that has served",
    "challenge_consumed",
    async ({ era, evidence }) => {
      expect((await callWith(era, agent.key, "close_ticket", ARGS, evidence)).error).toBeUndefined();
      return { evidence };
    },
  ],
  [
    6,
    "a challenge that is over",
    "challenge_expired",
    ({ evidence, challenge }) => {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(challenge.expiresAt) });
      return Promise.resolve({ evidence });
    },
  ],
  [7, "another tool", "challenge_wrong_tool", ({ evidence }) => Promise.resolve({ evidence, tool: "open_ticket" })],
  [
    8,
    "an unknown passkey",
    "unknown_credential",
    ({ evidence }) => Promise.resolve({ evidence: { ...evidence, response: { ...evidence.response, id: "AAAA", rawId: "AAAA" } } }),
  ],
  [
    8,
    "a passkey that waits to be confirmed",
    "unknown_credential",
    async ({ challenge }) => ({ evidence: await evidenceOf(await addPasskey(alex), challenge) }),
  ],
  [
    8,
    "a passkey of somebody who does not approve any more",
    "unknown_credential",
    async ({ evidence }) => {
      await env.DB.prepare(`UPDATE person SET roles = '["admin"]' WHERE id = ?1`).bind(alex.id).run();
      return { evidence };
    },
  ],
  [
    10,
    "a signature over something else",
    "signature_verification_failed",
    async ({ challenge }) => ({ evidence: await evidenceOf(alex, challenge, { challenge: sha256(utf8("else")) }) }),
  ],
  [
    10,
    "a page of another origin",
    "signature_verification_failed",
    async ({ challenge }) => ({
      evidence: await evidenceOf(alex, challenge, { origin: "https://elsewhere.example.com", rpId: new URL(ORIGIN).hostname }),
    }),
  ],
  [
    10,
    "a person who was not verified",
    "signature_verification_failed",
    async ({ challenge }) => ({ evidence: await evidenceOf(alex, challenge, { userVerified: false }) }),
  ],
  [
    10,
    "another account's handle",
    "signature_verification_failed",
    async ({ challenge }) => ({ evidence: await evidenceOf(alex, challenge, { userHandle: b64u(utf8("usr_blair")) }) }),
  ],
  [
    11,
    "a counter that stays",
    "signature_counter_regression",
    async ({ challenge }) => {
      await passkeyIs({ sign_count: 5 });
      return { evidence: await evidenceOf(alex, challenge, { signCount: 5 }) };
    },
  ],
  [12, "other arguments", "argument_hash_mismatch", ({ evidence }) => Promise.resolve({ evidence, args: { id: 8 } })],
];

describe.each(ERAS)("in the %s era", (era) => {
  it.each(BROKEN)("check %i, %s: %s", async (_check, _what, reason, broken) => {
    const challenge = await challengeFor(era, agent.key, "close_ticket", ARGS);
    const evidence = await evidenceOf(alex, challenge);
    const sent = await broken({ era, challenge, evidence });
    const before = await timesCalled();
    const answer = await callWith(era, agent.key, sent.tool ?? "close_ticket", sent.args ?? ARGS, sent.evidence);
    expect(reasonOf(answer)).toEqual([CODE[era], reason]);
    expect(await timesCalled()).toBe(before);
  });

  it("check 9: a passkey that can be used on its own device only", async () => {
    expect(reasonOf(await askChallenge(era, agent.key, "drop_ticket", ARGS))).toEqual([CODE[era], "no_eligible_credential"]);
    await passkeyIs({ transports: '["usb"]' });
    const challenge = await challengeFor(era, agent.key, "drop_ticket", ARGS);
    await passkeyIs({ transports: '["internal"]' });
    const before = await timesCalled();
    const answer = await callWith(era, agent.key, "drop_ticket", ARGS, await evidenceOf(alex, challenge));
    expect(reasonOf(answer)).toEqual([CODE[era], "authenticator_class_mismatch"]);
    expect(await timesCalled()).toBe(before);
  });

  it("checks 13 and 14: what holds passes once, also sent twice at once, and its count is kept", async () => {
    await passkeyIs({ sign_count: 5 });
    const challenge = await challengeFor(era, agent.key, "close_ticket", ARGS);
    const before = await timesCalled();
    // Refused evidence consumes nothing.
    const wrong = await evidenceOf(alex, challenge, { signCount: 4 });
    expect(reasonOf(await callWith(era, agent.key, "close_ticket", ARGS, wrong))[1]).toBe("signature_counter_regression");
    const evidence = await evidenceOf(alex, challenge, { signCount: 6 });
    const answers = await Promise.all([1, 2, 3].map(() => callWith(era, agent.key, "close_ticket", ARGS, evidence)));
    expect(answers.filter(({ result }) => result?.content?.[0]?.text === "Done.")).toHaveLength(1);
    expect(answers.filter(({ error }) => error !== undefined)).toHaveLength(2);
    expect(await timesCalled()).toBe(before + 1);
    const { results } = await env.DB.prepare("SELECT sign_count FROM passkey").all();
    expect(results).toEqual([{ sign_count: 6 }]);
  });

  it("a challenge is bound to what it is for, and told as it is", async () => {
    const challenge = await challengeFor(era, agent.key, "close_ticket", { id: 7, note: "a\u202eb" });
    expect(challenge.displayText).toBe('Call close_ticket of the server tickets with the arguments {"id":7,"note":"a[U+202E]b"}');
    expect(challenge.requestOptions).toEqual({
      challenge: challenge.challengeId,
      rpId: new URL(ORIGIN).hostname,
      allowCredentials: [{ type: "public-key", id: alex.passkey.credentialId, transports: ["internal"] }],
      userVerification: "required",
      timeout: 60_000,
    });
    expect(fromB64u(challenge.challengeId)).toHaveLength(64);
    expect((Date.parse(challenge.expiresAt) - Date.now()) / 1_000).toBeGreaterThan(50);
  });

  it("tools are annotated, and the capability declared", async () => {
    const listed = await rpc(era, agent.key, "tools/list");
    const tools = listed.result?.["tools"] as { name: string; _meta?: Record<string, unknown> }[];
    const annotation = { required: "verified", authenticatorClass: "platform" };
    expect(tools.find(({ name }) => name === "close_ticket")?._meta?.[VERIFIED_APPROVAL]).toEqual(annotation);
    expect(tools.find(({ name }) => name === "list_tickets")?._meta).toBeUndefined();
    const begin =
      era === "modern"
        ? rpc(era, agent.key, "server/discover")
        : rpc(era, agent.key, "initialize", { protocolVersion: "2025-11-25", capabilities: {} });
    expect((await begin).result?.["capabilities"]).toMatchObject({ extensions: { verifiedApproval: {} } });
  });

  it.each(["approval/enroll/begin", "approval/enroll/finish"])("no passkey is enrolled by a client: %s", async (method) => {
    expect((await rpc(era, agent.key, method)).error?.code).toBe(-32_601);
  });

  it("no challenge is made for a tool that needs none, or that there is none of", async () => {
    for (const name of ["list_tickets", "nothing"])
      expect(reasonOf(await askChallenge(era, agent.key, name, {}))).toEqual([CODE[era], "tool_not_approved_required"]);
  });
});

it("what is no tool is refused under such a rule, and explain_policy says what a call would need", async () => {
  const explained = await rpc("legacy", agent.key, "tools/call", {
    name: "explain_policy",
    arguments: { tool: "close_ticket", arguments: ARGS },
  });
  expect(explained.result?.["structuredContent"]).toMatchObject({ effect: "allow", verified_approval: "platform" });
  const answer = await rpc("legacy", agent.key, "resources/read", { uri: "ticket://7" });
  expect(reasonOf(answer)).toEqual([-32_001, "missing_evidence"]);
});

it("what is consumed is in the log, and is no approval of anything else", async () => {
  const challenge = await challengeFor("legacy", agent.key, "close_ticket", ARGS);
  await callWith("legacy", agent.key, "close_ticket", ARGS, await evidenceOf(alex, challenge));
  const row = await env.DB.prepare("SELECT record FROM log_leaf WHERE idem = ?1").bind(challenge.challengeId).first<{ record: string }>();
  expect(JSON.parse(row?.record ?? "null")).toMatchObject({
    kind: "challenge.consumed",
    agent: { id: agent.id },
    server: { name: "tickets" },
    tool: "close_ticket",
    arguments_hash: hex(sha256(utf8('{"id":7}'))),
    challenge: challenge.challengeId,
    credential_id: alex.passkey.credentialId,
  });
});

it("the server hears nothing of the evidence, and what needs none goes as before", async () => {
  const challenge = await challengeFor("legacy", agent.key, "close_ticket", ARGS);
  const evidence = await evidenceOf(alex, challenge);
  await callWith("legacy", agent.key, "close_ticket", ARGS, evidence);
  await callWith("legacy", agent.key, "list_tickets", {}, evidence);
  const heard = (await receivers.requests(TOLD))
    .map(({ body }) => body)
    .filter((body) => body.includes('"tools/call"'))
    .slice(-2);
  expect(heard.map((body) => (JSON.parse(body) as { params: { name: string } }).params.name)).toEqual(["close_ticket", "list_tickets"]);
  expect(heard.join("")).not.toContain("verified-approval");
});

it("evidence counts towards no quorum: what people are asked about waits for them all the same", async () => {
  const before = await timesCalled();
  const without = await callWith("legacy", agent.key, "file_ticket", ARGS, undefined);
  expect(reasonOf(without)[1]).toBe("missing_evidence");
  const challenge = await challengeFor("legacy", agent.key, "file_ticket", ARGS);
  const evidence = await evidenceOf(alex, challenge);
  const answer = await rpc("legacy", agent.key, "tools/call", {
    name: "file_ticket",
    arguments: ARGS,
    _meta: { [VERIFIED_APPROVAL]: evidence, "dev.countersign/wait_seconds": 0 },
  });
  expect(answer.result?.content?.[0]?.text).toContain("NOT DONE YET");
  expect(await timesCalled()).toBe(before);
});

it("at most twenty challenges of an agent are open", async () => {
  const asked: (string | undefined)[] = [];
  for (let i = 0; i < 21; i++) asked.push((await askChallenge("legacy", agent.key, "close_ticket", { id: i })).error?.data?.code);
  expect(asked).toEqual([...Array<undefined>(20).fill(undefined), "rate_limited"]);
});
