/** An agent is made by an admin's signature over exactly that agent, or not at all. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { apiKeyHash } from "#countersign/documents/api-key.ts";
import { fromB64 } from "#countersign/encoding/bytes.ts";
import { type AdminStatement, ceremonyChallenge } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { checkSignature } from "#gate/signatures/authorise-admin.ts";
import type { KnownPasskey, PasskeyClaim } from "#gate/passkeys/prove-passkey.ts";
import { checkPasskeyAssertion } from "#passkeys/authentication.ts";
import { counterPorts } from "#storage/passkeys/counter.ts";
import { passkeyAndPerson } from "#storage/people.ts";
import { type Ceremony, SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import {
  authorise,
  call,
  draftAgent,
  enrolFirst,
  makeAgent,
  ORIGIN,
  outcome,
  rowsOf,
  signInBody,
  type Someone,
  textLike,
} from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
});
afterEach(() => {
  vi.useRealTimers();
});

const make = (name: string, authorisation: unknown) =>
  call("POST", "/api/v1/agents", { cookie: alex.cookie, body: { name, authorisation } });

async function expectNothingMade(answer: Response): Promise<void> {
  expect(await outcome(answer)).toEqual([403, "decision_not_accepted"]);
  expect(await rowsOf("agent")).toBe(0);
}

/** Signs a statement that is not the one which the server gave. */
async function signedInstead(change: (statement: AdminStatement) => AdminStatement): Promise<Authorisation[]> {
  return authorise(alex.passkey, change(await draftAgent(alex, "bot")));
}

test("the statement names operation, agent and admin, and the credentials that can sign it", async () => {
  const answer = await call("POST", "/admin/agents/statement", { cookie: alex.cookie, body: { name: " release-bot " } });
  expect(await answer.json()).toEqual({
    statement: {
      type: "countersign/admin@v1",
      origin: ORIGIN,
      operation: "agent.created",
      parameters: { agent: { id: textLike(/^agt_[A-Za-z0-9_-]{22}$/), name: "release-bot", owner: alex.id } },
      admin: alex.id,
      nonce: textLike(/^[A-Za-z0-9_-]{43}$/),
    },
    credentials: [{ id: alex.passkey.credentialId, transports: ["internal"] }],
    rp_id: "gate.example.com",
  });
});

test("the key is stored as a hash only", async () => {
  const { key } = await makeAgent(alex);
  const { results } = await env.DB.prepare("SELECT * FROM agent").all();
  expect(JSON.stringify(results)).not.toContain(key);
  expect(results).toMatchObject([{ key_hash: apiKeyHash(key), owner: alex.id }]);
});

describe("without a signature", () => {
  test.each([
    ["none", undefined],
    ["null", null],
    ["a text", "yes"],
    ["something else in the list", [{ statement: {} }]],
  ])("nothing is made: %s", async (_, authorisation) => {
    const answer = await make("bot", authorisation);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "invalid_request", errors: [{ field: "authorisation" }] });
    expect(await rowsOf("agent")).toBe(0);
  });

  test("nothing is made: an empty list", async () => {
    await expectNothingMade(await make("bot", []));
  });

  test("an unknown member in the statement is refused", async () => {
    const authorisation = await signedInstead((statement) => ({ ...statement, extra: 1 }) as AdminStatement);
    expect(await outcome(await make("bot", authorisation))).toEqual([400, "invalid_request"]);
    expect(await rowsOf("agent")).toBe(0);
  });
});

describe("a signature under something else makes nothing", () => {
  const changes: [string, (statement: AdminStatement) => AdminStatement][] = [
    ["another operation", (statement) => ({ ...statement, operation: "agent.revoked" })],
    ["another origin", (statement) => ({ ...statement, origin: "https://evil.example" })],
    ["another admin", (statement) => ({ ...statement, admin: "usr_somebody" })],
    ["another name", (statement) => ({ ...statement, parameters: { agent: { ...agentOf(statement), name: "other" } } })],
    ["another owner", (statement) => ({ ...statement, parameters: { agent: { ...agentOf(statement), owner: "usr_somebody" } } })],
    ["an id of one's own", (statement) => ({ ...statement, parameters: { agent: { ...agentOf(statement), id: "agt_chosen" } } })],
    ["more than the agent", (statement) => ({ ...statement, parameters: { ...statement.parameters, more: true } })],
    ["no agent", (statement) => ({ ...statement, parameters: {} })],
    ["a nonce of one's own", (statement) => ({ ...statement, nonce: "A".repeat(43) })],
  ];
  test.each(changes)("%s", async (_, change) => {
    await expectNothingMade(await make("bot", await signedInstead(change)));
  });

  test("another name than the one that was signed", async () => {
    await expectNothingMade(await make("other", await authorise(alex.passkey, await draftAgent(alex, "bot"))));
  });

  test("a nonce that was made for signing in", async () => {
    const { nonce } = await signInBody(alex.passkey);
    await expectNothingMade(await make("bot", await signedInstead((statement) => ({ ...statement, nonce }))));
  });

  test("a signature over a sign-in's challenge", async () => {
    const statement = await draftAgent(alex, "bot");
    const challenge = ceremonyChallenge({ type: "countersign/sign-in@v1", origin: ORIGIN, nonce: statement.nonce });
    await expectNothingMade(await make("bot", await authorise(alex.passkey, statement, { challenge })));
  });

  test("a statement older than 15 minutes", async () => {
    const authorisation = await authorise(alex.passkey, await draftAgent(alex, "bot"));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 15 * 60_000 });
    await expectNothingMade(await make("bot", authorisation));
  });
});

describe("a wrong signature makes nothing", () => {
  const wrong: [string, Partial<Ceremony>][] = [
    ["another origin", { origin: "https://evil.example", rpId: "gate.example.com" }],
    ["a frame of another site", { crossOrigin: true }],
    ["the user not verified", { userVerified: false }],
    ["backup eligibility changed", { backupEligible: true }],
    ["a signature with a tail", { signature: (bytes) => Uint8Array.of(...bytes, 0) }],
  ];
  test.each(wrong)("%s", async (_, ceremony) => {
    await expectNothingMade(await make("bot", await authorise(alex.passkey, await draftAgent(alex, "bot"), ceremony)));
  });

  test("a passkey that nobody enrolled", async () => {
    await expectNothingMade(await make("bot", await authorise(await SoftwarePasskey.create(), await draftAgent(alex, "bot"))));
  });

  test("another person's passkey, an admin's too", async () => {
    const sam = await SoftwarePasskey.create({ person: "usr_sam" });
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO person (id, username, display_name, roles, groups, created_at) VALUES ('usr_sam', 'sam', 'Sam', '[\"admin\"]', '[]', '2026-11-20T09:30:00.000Z')",
      ),
      env.DB.prepare(
        "INSERT INTO passkey VALUES (?, 'usr_sam', ?, -7, 0, 0, '[]', '2026-11-20T09:30:00.000Z', NULL, 9, '', NULL, NULL)",
      ).bind(sam.credentialId, sam.publicKey),
    ]);
    await expectNothingMade(await make("bot", await authorise(sam, await draftAgent(alex, "bot"))));
    const statement = await draftAgent(alex, "bot");
    await expectNothingMade(await make("bot", await authorise(sam, { ...statement, admin: "usr_sam" })));
  });

  test("two signatures where one is asked for", async () => {
    const authorisation = await authorise(alex.passkey, await draftAgent(alex, "bot"));
    await expectNothingMade(await make("bot", [...authorisation, ...authorisation]));
  });
});

test("a failure spends nothing, a success does: replayed, it makes no second agent", async () => {
  const statement = await draftAgent(alex, "bot");
  const authorisation = await authorise(alex.passkey, statement);
  await expectNothingMade(await make("bot", await authorise(alex.passkey, statement, { userVerified: false })));
  expect((await make("bot", authorisation)).status).toBe(201);
  expect(await outcome(await make("bot", authorisation))).toEqual([403, "decision_not_accepted"]);
  expect(await outcome(await make("bot", await authorise(alex.passkey, statement)))).toEqual([403, "decision_not_accepted"]);
  expect(await rowsOf("agent")).toBe(1);
});

test("sent twice at once, it makes one agent", async () => {
  const authorisation = await authorise(alex.passkey, await draftAgent(alex, "bot"));
  const answers = await Promise.all([make("bot", authorisation), make("bot", authorisation)]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 403]);
  expect(await rowsOf("agent")).toBe(1);
});

test("only admins make, list and revoke", async () => {
  const agent = await makeAgent(alex);
  const authorisation = await authorise(alex.passkey, await draftAgent(alex, "bot"));
  await env.DB.prepare(`UPDATE person SET roles = '["approver"]'`).run();
  const forbidden = [403, "forbidden"];
  expect(await outcome(await make("bot", authorisation))).toEqual(forbidden);
  expect(await outcome(await call("GET", "/api/v1/agents", { cookie: alex.cookie }))).toEqual(forbidden);
  expect(await outcome(await call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: alex.cookie }))).toEqual(forbidden);
  expect(await outcome(await call("POST", "/admin/agents/statement", { cookie: alex.cookie, body: { name: "bot" } }))).toEqual(forbidden);
});

test("the signature itself is worth nothing once its signer is no admin any more", async () => {
  const statement = await draftAgent(alex, "bot");
  const authorisation = await authorise(alex.passkey, statement);
  const operation = { operation: "agent.created", parameters: statement.parameters } as const;
  const ports = {
    origin: ORIGIN,
    serverSecret: fromB64(env.SERVER_SECRET) ?? new Uint8Array(),
    now: Date.now,
    random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
    passkeyAndPerson: (credentialId: string) => passkeyAndPerson(env.DB, credentialId),
    checkAssertion: (claim: PasskeyClaim, passkey: KnownPasskey) => checkPasskeyAssertion(claim, passkey, ORIGIN),
    ...counterPorts(env.DB),
  };
  const [signature] = authorisation;
  if (signature === undefined) throw new Error("nothing is signed");
  expect(await checkSignature(signature, operation, ports)).toMatchObject({ ok: true });
  await env.DB.prepare(`UPDATE person SET roles = '["approver"]'`).run();
  expect(await checkSignature(signature, operation, ports)).toEqual({ ok: false, refusal: { reason: "not-an-admin" } });
});

test.each(["", "  ", "a".repeat(81), "bell\u0007", 7])("a name that does not fit is refused: %j", async (name) => {
  const answer = await call("POST", "/admin/agents/statement", { cookie: alex.cookie, body: { name } });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: "invalid_request", errors: [{ field: "name" }] });
});

function agentOf(statement: AdminStatement): Record<string, string> {
  return statement.parameters["agent"] as Record<string, string>;
}
