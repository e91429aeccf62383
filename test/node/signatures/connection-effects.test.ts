/** What connecting a server hands to the log, pinned as the other effects are (effects.test.ts). */
import { expect, test } from "vitest";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { accept } from "#countersign/result.ts";
import type { Effect } from "#gate/effects.ts";
import type { Leaf } from "#gate/log/transparency-log.ts";
import type { KnownPasskey, KnownPerson } from "#gate/passkeys/prove-passkey.ts";
import type { ConnectionPorts, KnownGrant } from "#gate/servers/connections/connections.ts";
import { disconnect } from "#gate/servers/connections/disconnect.ts";
import { draftOwn, draftShared, signOwn, signShared } from "#gate/servers/connections/sign-connection.ts";
import { grantTerms } from "#rules/calls/connections/server-grants.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";

const AT = "2026-11-20T09:30:00.000Z";
const ALEX: KnownPerson = { id: "usr_alex", username: "alex", displayName: "Alex Doe", roles: ["admin"], groups: [] };
const KEY: KnownPasskey = { credentialId: "AQ", publicKey: "pQ", signCount: 3, backupEligible: false, revokedAt: null };
const ISSUER = "https://auth.example.com";
const SETTINGS: ServerSettings = {
  id: "srv_1",
  name: "notes",
  url: "https://mcp.example.com/mcp",
  authentication: { kind: "authorization_code", credential_hash: null, issuer: ISSUER, grants: "shared" },
  features: {},
  limits: {},
};
const SIGNED = { credential_id: "AQ", assertion: { client_data_json: "e30", authenticator_data: "AA", signature: "AA" } };
const someText = expect.any(String) as string;
const SPENDS = [{ nonce: someText, expiresAt: "2026-11-20T10:45:00.000Z" }];

function service(grant: Partial<KnownGrant>) {
  const leaves: Leaf<Effect>[] = [];
  const known: KnownGrant = {
    id: "sgr_1",
    serverId: "srv_1",
    owner: null,
    issuer: ISSUER,
    account: "ada@example.com",
    terms: grantTerms(SETTINGS),
    madeBy: { id: ALEX.id, username: ALEX.username },
    madeAt: AT,
    connectedAt: null,
    refusedAt: null,
    ...grant,
  };
  const server = { settings: SETTINGS, credential: null, number: 1, acceptances: 0, drifted: [], isRemoved: false };
  const unused = (): never => {
    throw new Error("not asked for here");
  };
  const ports: ConnectionPorts = {
    log: { append: (leaf: Leaf<Effect>) => Promise.resolve({ status: "logged" as const, index: leaves.push(leaf) }) },
    logOrigin: "gate.example.com/log",
    origin: "https://gate.example.com",
    serverSecret: new Uint8Array(32),
    adminsRequired: 1,
    now: () => Date.parse(AT),
    random: (length) => new Uint8Array(length).fill(1),
    keysOfAdmins: () => Promise.resolve([{ personId: ALEX.id, publicKey: KEY.publicKey }]),
    keptSignatures: () => Promise.resolve([]),
    keepSignatures: () => Promise.resolve(accept(null)),
    passkeyAndPerson: () => Promise.resolve({ passkey: KEY, person: ALEX }),
    checkAssertion: () => Promise.resolve(accept({ signCount: 4 })),
    countOn: () => Promise.resolve(true),
    noteCounterBack: unused,
    standingServers: () => Promise.resolve([server]),
    serverById: () => Promise.resolve(server),
    grantsOf: () => Promise.resolve([known]),
    keepGrant: unused,
    dropWaiting: unused,
    serverObject: () => ({
      token: unused,
      grantedToken: unused,
      beginFlow: unused,
      finishFlow: unused,
      tendGrants: () => Promise.resolve(),
    }),
    discover: unused,
    vault: {},
    sleep: () => Promise.resolve(),
  };
  return { leaves, ports };
}

const GRANT = { id: "sgr_1", serverId: "srv_1", issuer: ISSUER, account: "ada@example.com" };

test("a server that is connected for all", async () => {
  const { leaves, ports } = service({});
  const statement = await draftShared("notes", "sgr_1", ALEX.id, ports);
  if (!statement.ok) throw new Error(statement.refusal.reason);
  const signed = [{ ...SIGNED, statement: statement.value satisfies AdminStatement }];
  expect(await signShared("notes", signed, ALEX.id, ports)).toMatchObject({ ok: true, value: { done: true } });
  expect(leaves.map(({ idem, effect }) => [idem, effect])).toEqual([
    [
      "sgr_1",
      {
        kind: "server-connected",
        grant: { ...GRANT, owner: null },
        at: AT,
        authorised: { operationHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string, credentialIds: ["AQ"], spends: SPENDS, kept: [] },
      },
    ],
  ]);
});

test("one that is connected for its owner's agents", async () => {
  const { leaves, ports } = service({ owner: ALEX.id });
  const statement = await draftOwn("notes", "sgr_1", ALEX, ports);
  if (!statement.ok) throw new Error(statement.refusal.reason);
  expect(await signOwn("notes", { ...SIGNED, statement: statement.value }, ALEX, ports)).toEqual(accept(null));
  expect(leaves.map(({ idem, effect }) => [idem, effect])).toEqual([
    ["sgr_1", { kind: "account-connected", grant: { ...GRANT, owner: ALEX.id }, at: AT, credentialId: "AQ", spends: SPENDS }],
  ]);
});

test("one that is disconnected", async () => {
  const { leaves, ports } = service({ connectedAt: AT });
  expect(await disconnect("notes", "sgr_1", ALEX, ports)).toEqual(accept(null));
  expect(leaves.map(({ idem, effect }) => [idem, effect])).toEqual([["sgr_1:ended", { kind: "server-disconnected", id: "sgr_1", at: AT }]]);
});
