/**
 * What verbs hand to the log, as it goes from one object to another: while a deployment is under way one of them runs another
 * version, so the form of every effect is pinned.
 */
import { describe, expect, test } from "vitest";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { pinnedMembers, toolPin } from "#countersign/documents/tool-pin.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept } from "#countersign/result.ts";
import { createAgent, draftAgent } from "#gate/agents/create-agent.ts";
import { changeAgent, draftAgentChange } from "#gate/agents/change-agent.ts";
import { endKey } from "#gate/agents/keys/end-key.ts";
import { draftKeyRotation, rotateKey } from "#gate/agents/keys/rotate-key.ts";
import { orderStop } from "#gate/agents/order-stop.ts";
import { draftRelease, releaseStop } from "#gate/agents/release-stop.ts";
import { draftDelegation, endDelegation, giveDelegation } from "#gate/channels/give-delegation.ts";
import { revokeAgent } from "#gate/agents/revoke-agent.ts";
import { channelOperation, draftAgain } from "#gate/channels/admin/draft-channel.ts";
import { addChannel, changeChannel } from "#gate/channels/admin/sign-channel.ts";
import type { Effect } from "#gate/effects.ts";
import type { Leaf } from "#gate/log/transparency-log.ts";
import type { KnownPasskey, KnownPerson } from "#gate/passkeys/prove-passkey.ts";
import { draftErasure, erasePerson } from "#gate/erasure/erase-person.ts";
import { changeRoles, draftRoleChange } from "#gate/people/change-roles.ts";
import { confirmPasskey, draftConfirmation, type Waiting } from "#gate/people/confirm-passkey.ts";
import { draftFirstPerson, enrolFirstPerson } from "#gate/people/enrol-first-person.ts";
import { revokePasskey } from "#gate/people/revoke-passkey.ts";
import { draftPublication, publishPolicy } from "#gate/policies/publish-policy.ts";
import { acceptTools, draftToolsAgain, toolsOperation } from "#gate/servers/accept-tools.ts";
import { draftServerAgain, serverOperation } from "#gate/servers/draft-server.ts";
import { removeServer } from "#gate/servers/remove-server.ts";
import { addServer, changeServer } from "#gate/servers/sign-server.ts";
import { operationHash } from "#gate/signatures/authorise-admin.ts";

const AT = "2026-11-20T09:30:00.000Z";
const ALEX: KnownPerson = { id: "usr_alex", username: "alex", displayName: "Alex Doe", roles: ["admin"], groups: [] };
const KEY: KnownPasskey = { credentialId: "AQ", publicKey: "pQ", signCount: 3, backupEligible: false, revokedAt: null };
const MADE = { credentialId: "Ag", publicKey: "pg", alg: -7, signCount: 0, backupEligible: true, transports: ["usb"] };
const WAITS: Waiting = {
  passkey: {
    ...MADE,
    personId: "usr_kim",
    username: "kim",
    displayName: "Kim Roe",
    roles: ["approver"],
    groups: ["ops"],
    name: "blue key",
    invitedBy: ALEX.id,
    createdAt: "2026-11-19T09:30:00.000Z",
  },
  person: null,
};

/** Ports of a service in which Alex is the one admin, and the leaves that came to its log. */
function service() {
  const leaves: Leaf<Effect>[] = [];
  const ports = {
    log: { append: (leaf: Leaf<Effect>) => Promise.resolve({ status: "logged" as const, index: leaves.push(leaf) }) },
    logOrigin: "gate.example.com/log",
    origin: "https://gate.example.com",
    serverSecret: new Uint8Array(32),
    setupToken: utf8("token"),
    adminsRequired: 1,
    now: () => Date.parse(AT),
    random: (length: number) => new Uint8Array(length).fill(1),
    keysOfAdmins: () => Promise.resolve([{ personId: ALEX.id, publicKey: KEY.publicKey }]),
    otherNames: () => Promise.resolve({ confirmed: [], waiting: [] }),
    standingAgents: () => Promise.resolve([]),
    keptSignatures: () => Promise.resolve([]),
    keepSignatures: () => Promise.resolve(accept(null)),
    passkeyAndPerson: () => Promise.resolve({ passkey: KEY, person: ALEX }),
    checkAssertion: () => Promise.resolve(accept({ signCount: 4 })),
    countOn: () => Promise.resolve(true),
    noteCounterBack: () => Promise.reject(new Error("its counter went on")),
    checkRegistration: () => Promise.resolve(accept(MADE)),
    anybodyEnrolled: () => Promise.resolve(false),
    personById: () => Promise.resolve(ALEX),
    leavingOf: () => Promise.resolve({ isIdle: true, isErased: false }),
    waitingPasskey: () => Promise.resolve(WAITS),
    discardWaiting: () => Promise.resolve(false),
    agentById: () =>
      Promise.resolve({ id: "agt_1", name: "bot", owner: ALEX.id, revokedAt: null, groups: [], changes: 2, chain: null, keyNumber: 2 }),
    oldKeysOf: () => Promise.resolve([OLD_KEY]),
    stopOf: (agentId: string | null) => Promise.resolve(STOPS[agentId === null ? "everything" : "agent"]),
    cancelStopped: () => Promise.resolve(),
    standingChanged: () => Promise.resolve(),
    sleep: () => Promise.resolve(),
    cancelPendingOf: () => Promise.resolve(),
    delegateById: () => Promise.resolve({ id: "usr_kim", username: "kim" }),
    delegationsOf: () => Promise.resolve([]),
    knownNames: () => Promise.resolve({}),
    newestPolicy: () => Promise.resolve({ version: 6, hash: "0".repeat(64) }),
    keepWithDraft: () => Promise.resolve(accept(null)),
  };
  return { leaves, ports };
}

const signed = (statement: AdminStatement): Authorisation[] => [
  { statement, credential_id: KEY.credentialId, assertion: { client_data_json: "e30", authenticator_data: "AA", signature: "AA" } },
];

/** Alex's signature for an agent of this name. */
async function signedFor(name: string, ports: ReturnType<typeof service>["ports"]): Promise<Authorisation[]> {
  const statement = await draftAgent(name, ALEX.id, ports);
  if (!statement.ok) throw new Error(statement.refusal.reason);
  return signed(statement.value);
}

/** Everything has been stopped three times and is not now; the agent is, for the first time. */
const STOPS = {
  everything: { agent: null, number: 3, since: null },
  agent: { agent: { id: "agt_1", name: "bot", owner: ALEX.id }, number: 1, since: AT },
};

const OLD_KEY = { number: 1, prefix: null, madeAt: AT, replacedAt: AT, endsAt: "2026-11-21T09:30:00.000Z" };

const sixteen = "AQEBAQEBAQEBAQEBAQEBAQ";
const someText = expect.any(String) as string;
const AUTHORISED = {
  operationHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  credentialIds: ["AQ"],
  spends: [{ nonce: someText, expiresAt: "2026-11-20T10:45:00.000Z" }],
  kept: [],
};

/** The only leaf that came to the log. */
function only(leaves: Leaf<Effect>[]): Leaf<Effect> {
  expect(leaves).toHaveLength(1);
  const [leaf] = leaves;
  if (leaf === undefined) throw new Error("no leaf");
  return leaf;
}

describe("the effect of", () => {
  test("the first person", async () => {
    const { leaves, ports } = service();
    const draft = await draftFirstPerson("token", ports);
    if (!draft.ok) throw new Error(draft.refusal.reason);
    const { personId, nonce } = draft.value;
    await enrolFirstPerson({ token: "token", username: "alex", displayName: "Alex Doe" }, { personId, nonce, response: null }, ports);
    expect(only(leaves)).toMatchObject({ idem: "setup", sealed: { record: { kind: "passkey.enrolled", at: AT, authorised_by: [] } } });
    expect(only(leaves).effect).toEqual({
      kind: "person-enrolled",
      person: {
        id: `usr_${sixteen}`,
        username: "alex",
        displayName: "Alex Doe",
        roles: ["admin", "approver"],
        groups: [],
        createdAt: AT,
      },
      passkey: { ...MADE, personId: `usr_${sixteen}`, createdAt: AT },
      spends: [{ nonce: someText, expiresAt: "2026-11-20T10:45:00.000Z" }],
    });
  });

  test("a confirmed passkey", async () => {
    const { leaves, ports } = service();
    const statement = await draftConfirmation("Ag", ALEX.id, ports);
    if (!statement.ok) throw new Error(statement.refusal.reason);
    const which = { personId: "usr_kim", credentialId: "Ag" };
    expect(await confirmPasskey(which, ALEX.id, signed(statement.value), ports)).toEqual(
      accept({ done: true, signatures: 1, required: 1 }),
    );
    expect(only(leaves).idem).toBe("passkey:Ag");
    expect(only(leaves).effect).toEqual({
      kind: "passkey-confirmed",
      person: { id: "usr_kim", username: "kim", displayName: "Kim Roe", roles: ["approver"], groups: ["ops"], createdAt: AT },
      isNew: true,
      passkey: { ...MADE, personId: "usr_kim", createdAt: AT },
      authorised: AUTHORISED,
    });
  });

  test("changed roles", async () => {
    const { leaves, ports } = service();
    const standing = { personId: ALEX.id, roles: ["auditor" as const], groups: ["ops"] };
    const statement = await draftRoleChange(standing, ALEX.id, ports);
    if (!statement.ok) throw new Error(statement.refusal.reason);
    await changeRoles(standing, ALEX.id, signed(statement.value), ports);
    expect(only(leaves).effect).toEqual({
      kind: "role-changed",
      personId: "usr_alex",
      roles: ["auditor"],
      groups: ["ops"],
      adminsNeeded: 1,
      authorised: AUTHORISED,
    });
  });

  test("an erased person", async () => {
    const { leaves, ports } = service();
    const statement = await draftErasure("usr_kim", ALEX.id, ports);
    if (!statement.ok) throw new Error(statement.refusal.reason);
    await erasePerson("usr_kim", ALEX.id, signed(statement.value), ports);
    expect(only(leaves).idem).toBe("usr_kim:erased");
    expect(only(leaves).effect).toEqual({ kind: "person-erased", personId: "usr_kim", at: AT, authorised: AUTHORISED });
  });

  test("a made agent", async () => {
    const { leaves, ports } = service();
    await createAgent("bot", ALEX.id, await signedFor("bot", ports), ports);
    expect(only(leaves).idem).toBe(`agt_${sixteen}:created`);
    expect(only(leaves).effect).toEqual({
      kind: "agent-created",
      agent: {
        id: `agt_${sixteen}`,
        name: "bot",
        owner: "usr_alex",
        keyHash: AUTHORISED.operationHash,
        createdAt: AT,
        maker: "usr_alex",
        prefix: "csk_1111",
      },
      authorised: AUTHORISED,
    });
  });

  test("a revoked agent", async () => {
    const { leaves, ports } = service();
    await revokeAgent("agt_1", ports);
    expect(only(leaves)).toMatchObject({ idem: "agt_1:revoked", effect: { kind: "agent-revoked", agentId: "agt_1", at: AT } });
  });

  test("an ordered stop", async () => {
    const { leaves, ports } = service();
    await orderStop(null, { id: ALEX.id, username: "alex" }, ports);
    expect(only(leaves)).toMatchObject({ idem: "stop:all:4", sealed: { record: { kind: "stop.ordered", agent: null, number: 4 } } });
    expect(only(leaves).effect).toEqual({ kind: "stop-ordered", agentId: null, number: 4, by: "usr_alex", at: AT });
  });

  test("a released stop", async () => {
    const { leaves, ports } = service();
    const statement = await draftRelease("agt_1", ALEX.id, ports);
    if (!statement.ok) throw new Error(statement.refusal.reason);
    await releaseStop({ agentId: "agt_1", number: 1 }, ALEX.id, signed(statement.value), ports);
    expect(only(leaves).idem).toBe("stop:agt_1:1:released");
    expect(only(leaves).effect).toEqual({ kind: "stop-released", agentId: "agt_1", number: 1, authorised: AUTHORISED });
  });

  test("a changed agent", async () => {
    const { leaves, ports } = service();
    const standing = { agentId: "agt_1", groups: ["ops"] };
    const statement = await draftAgentChange(standing, ALEX.id, ports);
    if (!statement.ok) throw new Error(statement.refusal.reason);
    await changeAgent(standing, ALEX.id, signed(statement.value), ports);
    expect(only(leaves).idem).toBe("agt_1:changed:3");
    const effect = { kind: "agent-changed", agentId: "agt_1", number: 3, groups: ["ops"], at: AT, authorised: AUTHORISED };
    expect(only(leaves).effect).toEqual({ ...effect, name: "bot", isRenamed: false });
  });

  test("a replaced key, and its end", async () => {
    const { leaves, ports } = service();
    const statement = await draftKeyRotation({ agentId: "agt_1", overlapHours: 24 }, ALEX.id, ports);
    if (!statement.ok) throw new Error(statement.refusal.reason);
    await rotateKey({ agentId: "agt_1", number: 2, overlapHours: 24 }, ALEX.id, signed(statement.value), ports);
    expect(only(leaves).idem).toBe("agt_1:key:2");
    expect(only(leaves).effect).toEqual({
      kind: "agent-key-rotated",
      agentId: "agt_1",
      number: 2,
      keyHash: AUTHORISED.operationHash,
      prefix: "csk_1111",
      maker: "usr_alex",
      at: AT,
      endsAt: "2026-11-21T09:30:00.000Z",
      authorised: AUTHORISED,
    });
    await endKey("agt_1", "1", { id: ALEX.id, username: "alex" }, ports);
    expect(leaves[1]).toMatchObject({ idem: "agt_1:key:1:ended" });
    expect(leaves[1]?.effect).toEqual({ kind: "agent-key-ended", agentId: "agt_1", number: 1, at: AT });
  });

  test("a time out of office, and its end", async () => {
    const { leaves, ports } = service();
    const wish = { to: "usr_kim", from: AT, until: "2026-11-27T09:30:00.000Z" };
    const statement = await draftDelegation(ALEX, wish, ports);
    if (!statement.ok) throw new Error(statement.refusal.reason);
    const assertion = { client_data_json: "e30", authenticator_data: "AA", signature: "AA" };
    await giveDelegation(ALEX, { statement: statement.value, credential_id: KEY.credentialId, assertion }, ports);
    expect(only(leaves).idem).toBe(`delegation:dlg_${sixteen}`);
    expect(only(leaves).effect).toEqual({
      kind: "delegation-given",
      id: `dlg_${sixteen}`,
      personId: "usr_alex",
      toPerson: "usr_kim",
      from: AT,
      until: "2026-11-27T09:30:00.000Z",
      credentialId: "AQ",
      spends: AUTHORISED.spends,
    });
    const own = {
      ...ports,
      delegationsOf: () =>
        Promise.resolve([{ id: "dlg_1", personId: ALEX.id, to: { id: "usr_kim", username: "kim" }, from: AT, until: AT }]),
    };
    await endDelegation(ALEX, "dlg_1", ALEX, own);
    expect(leaves[1]?.idem).toBe("delegation:dlg_1:ended");
    expect(leaves[1]?.effect).toEqual({ kind: "delegation-ended", id: "dlg_1", at: AT });
  });

  test("a published policy", async () => {
    const { leaves, ports } = service();
    const wanted = { source: "# Ours.\ntype: countersign/policy@v1\n", basedOn: 6 };
    const statement = await draftPublication(wanted, ALEX.id, ports);
    if (!statement.ok) throw new Error(statement.refusal.reason);
    await publishPolicy(wanted, ALEX.id, signed(statement.value), ports);
    expect(only(leaves).idem).toBe("policy:7");
    expect(only(leaves).effect).toEqual({
      kind: "policy-published",
      version: 7,
      hash: "57833cb4dcddca4e43336a3d98f4805c751228e29cc62b07118870a92f794b21",
      previous: "0".repeat(64),
      source: "# Ours.\ntype: countersign/policy@v1\n",
      document: '{"type":"countersign/policy@v1"}',
      at: AT,
      authorised: AUTHORISED,
    });
  });

  test.each([
    [1, { kind: "channel-added" }],
    [2, { kind: "channel-changed", isProved: true }],
  ])("a channel that was signed for %i times", async (number, effect) => {
    const { leaves, ports } = service();
    const settings = { kind: "webpush", subject: "mailto:ops@example.com", public_key: "BA" } as const;
    const draft = { channelId: "chn_1", settings, credential: "AQID", number, madeBy: ALEX.id, madeAt: AT };
    const hash = operationHash(channelOperation("phones", draft));
    const before = { id: "chn_1", name: "old", settings, credential: "AAAA", number: number - 1, state: "active" as const };
    const channels = {
      ...ports,
      draftOf: () => Promise.resolve({ ...draft, operationHash: hash }),
      channelById: () => Promise.resolve(number === 1 ? null : before),
      keepWithChannelDraft: () => Promise.resolve(accept(null)),
    };
    const drafted = await draftAgain(hash, "phones", ALEX.id, channels);
    if (!drafted.ok) throw new Error(drafted.refusal.reason);
    const brought = signed(drafted.value.statement);
    await (number === 1 ? addChannel(brought, ALEX.id, channels) : changeChannel("chn_1", brought, ALEX.id, channels));
    const text = '{"kind":"webpush","public_key":"BA","subject":"mailto:ops@example.com"}';
    const channel = { id: "chn_1", name: "phones", kind: "webpush", settings: text, events: [], credential: "AQID", number };
    expect(only(leaves)).toMatchObject({ idem: `channel:chn_1:${number}` });
    expect(only(leaves).effect).toEqual({ ...effect, channel, at: AT, authorised: AUTHORISED });
  });

  const SETTINGS = {
    id: "srv_1",
    name: "tickets",
    url: "https://mcp.example.com/mcp",
    authentication: { kind: "bearer", credential_hash: "0".repeat(64) },
    features: {},
    limits: { seconds: 5 },
  } as const;

  test.each([
    [1, { kind: "server-added" }],
    [2, { kind: "server-changed", keepsCredential: false, moves: true }],
  ])("a server that was signed for %i times", async (number, effect) => {
    const { leaves, ports } = service();
    const settings = { ...SETTINGS, authentication: { ...SETTINGS.authentication, credential_hash: hex(sha256(utf8("AQID"))) } };
    const text = canonicalize(settings);
    const draft = { serverId: "srv_1", number, settings: text, credential: "AQID", tools: null, madeBy: ALEX.id, madeAt: AT };
    const hash = operationHash(serverOperation(settings, number));
    const before = {
      settings: { ...SETTINGS, url: "https://old.example.com/mcp" },
      credential: "AAAA",
      acceptances: 0,
      drifted: [],
      isRemoved: false,
    };
    const servers = {
      ...ports,
      draftOf: () => Promise.resolve({ ...draft, operationHash: hash }),
      serverById: () => Promise.resolve(number === 1 ? null : { ...before, number: 1 }),
      knownTools: () => Promise.resolve({ accepted: [], listed: [] }),
      keepWithServerDraft: () => Promise.resolve(accept(null)),
    };
    const drafted = await draftServerAgain(hash, ALEX.id, servers);
    if (!drafted.ok) throw new Error(drafted.refusal.reason);
    const brought = signed(drafted.value.statement);
    await (number === 1 ? addServer(brought, ALEX.id, servers) : changeServer("tickets", brought, ALEX.id, servers));
    const server = { id: "srv_1", name: "tickets", settings: text, credential: "AQID", number };
    expect(only(leaves)).toMatchObject({ idem: `srv_1:${number}` });
    expect(only(leaves).effect).toEqual({ ...effect, server, at: AT, authorised: AUTHORISED });
  });

  test("accepted tools", async () => {
    const { leaves, ports } = service();
    const definition = pinnedMembers({ name: "get", description: "Gets." });
    const tools = canonicalize([{ name: "get", pin: toolPin(definition), definition: canonicalize(definition) }]);
    const operation = toolsOperation({ id: "srv_1", name: "tickets" }, [{ name: "get", pin: toolPin(definition) }]);
    const hash = operationHash(operation);
    const draft = { serverId: "srv_1", number: 3, settings: null, credential: null, tools, madeBy: ALEX.id, madeAt: AT };
    const standing = { settings: SETTINGS, credential: null, number: 1, acceptances: 2, drifted: [], isRemoved: false };
    const servers = {
      ...ports,
      draftOf: () => Promise.resolve({ ...draft, operationHash: hash }),
      serverById: () => Promise.resolve(standing),
      standingServers: () => Promise.resolve([standing]),
      knownTools: () => Promise.resolve({ accepted: [], listed: [] }),
      keepWithServerDraft: () => Promise.resolve(accept(null)),
    };
    const drafted = await draftToolsAgain(hash, ALEX.id, servers);
    if (!drafted.ok) throw new Error(drafted.refusal.reason);
    await acceptTools("tickets", signed(drafted.value.statement), ALEX.id, servers);
    expect(only(leaves)).toMatchObject({ idem: "srv_1:tools:3" });
    expect(only(leaves).effect).toEqual({
      kind: "tools-accepted",
      serverId: "srv_1",
      tools:
        '[{"definition":"{\\"_meta\\":null,\\"annotations\\":null,\\"description\\":\\"Gets.\\",\\"inputSchema\\":null,\\"name\\":\\"get\\",\\"outputSchema\\":null,\\"title\\":null}","name":"get","pin":"PIN"}]'.replace(
          "PIN",
          toolPin(definition),
        ),
      number: 3,
      at: AT,
      authorised: AUTHORISED,
    });
  });

  test("a removed server", async () => {
    const { leaves, ports } = service();
    const standing = { settings: SETTINGS, credential: "AQID", number: 1, acceptances: 0, drifted: [], isRemoved: false };
    const servers = { ...ports, serverNamed: () => Promise.resolve(standing), forgetCredential: () => Promise.resolve() };
    await removeServer("tickets", { id: ALEX.id, username: "alex" }, servers);
    expect(only(leaves).idem).toBe("srv_1:removed");
    expect(only(leaves).effect).toEqual({ kind: "server-removed", serverId: "srv_1", at: AT });
  });

  test("a revoked passkey", async () => {
    const { leaves, ports } = service();
    await revokePasskey({ personId: ALEX.id, credentialId: "AQ" }, ports);
    expect(only(leaves).idem).toBe("passkey:AQ:revoked");
    expect(only(leaves).effect).toEqual({ kind: "passkey-revoked", personId: "usr_alex", credentialId: "AQ", at: AT, adminsNeeded: 1 });
  });
});

test("a leaf that tells of something else than what was signed under a key of its own is no answer, but a fault", async () => {
  const { ports } = service();
  const other = service();
  await createAgent("other", ALEX.id, await signedFor("other", other.ports), other.ports);
  const { sealed } = only(other.leaves);
  const log = { append: () => Promise.resolve({ status: "conflict" as const, index: 7, sealed }) };
  const making = createAgent("bot", ALEX.id, await signedFor("bot", ports), { ...ports, log });
  await expect(making).rejects.toThrow("leaf 7 tells of something else");
});

test("a condition that nobody has given a meaning is a fault", async () => {
  const { ports } = service();
  const log = { append: () => Promise.resolve({ status: "refused" as const, constraint: "admins_remain" }) };
  const making = createAgent("bot", ALEX.id, await signedFor("bot", ports), { ...ports, log });
  await expect(making).rejects.toThrow("admins_remain");
});
