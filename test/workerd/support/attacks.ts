/** What attackers are after, how much of it there is, and every request that a person's passkey has to sign. */
import { env } from "cloudflare:workers";
import { fromB64u } from "#countersign/encoding/bytes.ts";
import { type AdminStatement, ceremonyChallenge, type OwnStatement } from "#countersign/documents/ceremony.ts";
import type { Assertion } from "#countersign/documents/record.ts";
import { buildStatement, decisionChallenge, type Verdict } from "#countersign/documents/statement.ts";
import { app } from "#composition/app.ts";
import { draftKeyRotation } from "./agents/keys.ts";
import { ask, type Agent, openPage } from "./approvals.ts";
import { putOwnMail, putWebhook } from "./channels/channels-in-force.ts";
import { LISTED, putServer, putServerGrant } from "./servers/servers-in-force.ts";
import { draftOfServer, SERVER } from "./servers/signed-servers.ts";
import { draftOfChannel, WEBHOOK } from "./channels/signed-channels.ts";
import type { DraftedToSign } from "#api/batch/signing-shapes.ts";
import { APPROVING, askBatch, batchToSign, openBatch, sendBatch } from "./deciding/batch.ts";
import { ANY, askDraft, openAlike, sendAlike, toSign } from "./alike.ts";
import { draftOfConnector, putConnector } from "./connectors/connectors.ts";
import { draft, enrolInvited, given, invite, type Waiting } from "./invited.ts";
import { awayWish, endAway, notificationsOf, sendAway, statementOfAway } from "./channels/notifications.ts";
import { beginPairing, draftOfPairing, sendPairing } from "./sessions/pairing.ts";
import { draftChange, draftRelease, stop, stops } from "./stops.ts";
import { draftPolicy } from "./policies.ts";
import { call, draftAgent, enrolFirst, makeAgent, type Someone } from "./people.ts";
import { draftOfErasure } from "./erasure/erasing.ts";

/** `METHOD /path`, each once, as the route table has them. */
export const ROUTES: readonly string[] = [
  ...new Set(app.routes.filter(({ path }) => path !== "/*").map(({ method, path }) => `${method} ${path}`)),
];

/** What a request may do for a person, all of which only signatures may add to. */
export interface Authority {
  /** Standing of everybody, as JSON. */
  people: string[];
  /** Passkeys that sign in and decide. */
  passkeys: string[];
  /** Agents that may ask, and in which groups they are. */
  agents: string[];
  /** What they are judged by. */
  policies: string[];
  /** To whom messages go, what they are told, and with which credential. */
  channels: string[];
  /** What agents reach through the gate, and which tools of it. */
  servers: string[];
  /** Over which connectors, and with which keys. */
  connectors: string[];
  /** With which credential, where there is one: to have none any more is less. */
  credentials: string[];
  /** Whom agents are at servers that ask. */
  connections: string[];
  /** What the log says of any of this, and of decisions. */
  leaves: string[];
}

const NARROWING = [
  "agent.revoked",
  "agent.key_ended",
  "channel.removed",
  "server.removed",
  "server.disconnected",
  "connector.revoked",
  "stop.ordered",
  "passkey.revoked",
  "approval.cancelled",
  "approval.expired",
  "delegation.ended",
  // Brings back what was so before.
  "pattern.lifted",
  "grant.revoked",
  // Say something, and allow nothing.
  "question.asked",
  "request.extended",
];

export async function authority(): Promise<Authority> {
  const column = async (sql: string): Promise<string[]> => {
    const { results } = await env.DB.prepare(sql).all();
    return results.map((row) => JSON.stringify(row));
  };
  const kinds = NARROWING.map((kind) => `'${kind}'`).join();
  return {
    people: await column("SELECT id, username, roles, groups FROM person ORDER BY id"),
    passkeys: await column("SELECT credential_id, person_id, public_key FROM passkey WHERE revoked_at IS NULL ORDER BY credential_id"),
    agents: await column(
      `SELECT id, name, owner, key_hash, groups FROM agent
       WHERE revoked_at IS NULL AND stopped_at IS NULL AND (SELECT stopped_at IS NULL FROM gate) ORDER BY id`,
    ),
    policies: await column("SELECT version, hash FROM policy ORDER BY version"),
    channels: await column("SELECT id, name, kind, settings, events, credential, number FROM channel WHERE state <> 'removed' ORDER BY id"),
    servers: await column(
      `SELECT server.id, server.settings, server.drifted, server_tool.name, server_tool.pin
       FROM server LEFT JOIN server_tool ON server_tool.server_id = server.id WHERE removed_at IS NULL ORDER BY server.id, server_tool.name`,
    ),
    connectors: await column("SELECT id, name, server, key_hash FROM connector WHERE revoked_at IS NULL ORDER BY id"),
    credentials: await column("SELECT id, credential FROM server WHERE removed_at IS NULL AND credential IS NOT NULL ORDER BY id"),
    connections: await column(
      "SELECT id, owner, account FROM server_grant WHERE connected_at IS NOT NULL AND ended_at IS NULL ORDER BY id",
    ),
    leaves: await column(`SELECT idx, record FROM log_leaf WHERE json_extract(record, '$.kind') NOT IN (${kinds}) ORDER BY idx`),
  };
}

/** What `after` has and `before` had not: nothing, if authority only got less. */
export const gained = (before: Authority, after: Authority): string[] =>
  (
    ["people", "passkeys", "agents", "policies", "channels", "servers", "connectors", "credentials", "connections", "leaves"] as const
  ).flatMap((what) => after[what].filter((one) => !before[what].includes(one)));

/** Every row of every table, but when sessions were last used, and how often somebody was refused. */
export async function everyRow(): Promise<string> {
  const tables = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'failure' AND name NOT LIKE '\\_%' ESCAPE '\\'",
  ).all<{
    name: string;
  }>();
  const rows = await Promise.all(tables.results.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`).all()));
  return JSON.stringify(rows.map(({ results }) => results.map(({ last_seen_at: _, ...row }) => row)));
}

/** A service with something to attack: an admin who also decides, somebody invited who waits, an agent and its request, and one that is there to be stopped. */
export interface Scene {
  alex: Someone;
  waiting: Waiting;
  agent: Agent;
  stopped: Agent;
  requestId: string;
  /** A webhook, and a channel of e-mail: neither is told anything that happens here. */
  channel: string;
  mail: string;
  /** A connector, over which nothing is reached. */
  connector: string;
}

/** Somebody who can be told in another's place, without a session or a passkey that anybody holds. */
const STAND_IN = "usr_stand-in";
const STAND_IN_ROWS = [
  `INSERT INTO person (id, username, display_name, roles, groups, created_at) VALUES ('${STAND_IN}', 'stand-in', 'Stand In', '["approver"]', '[]', '2026-11-20T09:30:00.000Z')`,
  `INSERT INTO passkey (credential_id, person_id, public_key, alg, sign_count, backup_eligible, transports, created_at, leaf_index)
   VALUES ('c3RhbmQtaW4', '${STAND_IN}', 'AA', -7, 0, 0, '[]', '2026-11-20T09:30:00.000Z', 0)`,
  `INSERT INTO person (id, username, display_name, roles, groups, created_at) VALUES ('usr_left', 'left', 'Left Long Ago', '[]', '[]', '2026-11-20T09:30:00.000Z')`,
];
/** Somebody in whose name nothing can be done any more. */
export const LEFT = "usr_left";

export async function scene(): Promise<Scene> {
  const alex = await enrolFirst();
  await env.DB.batch(STAND_IN_ROWS.map((row) => env.DB.prepare(row)));
  const agent = await makeAgent(alex);
  const waiting = await enrolInvited(await invite(alex, { username: "mallory", roles: ["admin"] }), "mallory");
  await putServer();
  const { id: connector } = await putConnector("laptop", "tickets");
  const channels = { connector, channel: await putWebhook(["key.rotated"]), mail: await putOwnMail() };
  return { alex, waiting, agent, stopped: await makeAgent(alex, "stopped-bot"), requestId: (await ask(agent)).request_id, ...channels };
}

/** A request as far as a session alone can bring it: all but the signature, which goes into `send`. */
export interface Unsigned {
  challenge: Uint8Array;
  send(credentialId: string, assertion: Assertion | undefined): Promise<Response>;
}

const admin = (statement: AdminStatement, method: string, path: string, cookie: string, body: object): Unsigned => ({
  challenge: ceremonyChallenge(statement),
  send: (credential_id, assertion) =>
    call(method, path, {
      cookie,
      body: { ...body, authorisation: assertion === undefined ? [] : [{ statement, credential_id, assertion }] },
    }),
});

const decision =
  (verdict: Verdict) =>
  async ({ alex, requestId }: Scene): Promise<Unsigned> => {
    const page = await openPage(alex, requestId);
    const draftOf = { verdict, approver: page.person, comment: "", commentSalt: page.comment_salt, nonce: page.nonce };
    return {
      challenge: decisionChallenge(buildStatement(page.request, draftOf)),
      send: (credential_id, assertion) =>
        call("POST", `/a/${requestId}/decision`, {
          cookie: alex.cookie,
          body: { nonce: page.nonce, verdict, comment: "", credential_id, assertion },
        }),
    };
  };

/** Every request that takes a signature, by what it does. The keys begin with the route. */
export const SIGNED: Record<string, (scene: Scene) => Promise<Unsigned>> = {
  "POST /a/:id/decision approved": decision("approved"),
  "POST /a/:id/decision denied": decision("denied"),
  "POST /a/:id/alike/decision": async ({ alex, requestId }) => {
    const data = await openAlike(alex, requestId);
    const drafted = await given<DraftedToSign>(await askDraft(alex, requestId, ANY, [requestId]));
    const isOver = drafted.decisions.length === 0;
    // Of a request that is over there is nothing to sign, and what is sent does not fit.
    const { challenge, body } = isOver
      ? { challenge: new Uint8Array(32), body: { ...ANY, nonce: drafted.nonce, decisions: [], statements: [] } }
      : toSign(data, drafted, ANY);
    return { challenge, send: (credential_id, assertion) => sendAlike(alex, requestId, { ...body, credential_id, assertion }) };
  },
  "POST /batch/decision": async ({ alex, requestId }) => {
    const { items, person } = await openBatch(alex, [requestId]);
    const drafted = await given<DraftedToSign>(await askBatch(alex, APPROVING, [requestId]));
    const isOver = drafted.decisions.length === 0;
    const { challenge, body } = isOver
      ? { challenge: new Uint8Array(32), body: { ...APPROVING, nonce: drafted.nonce, decisions: [], statements: [] } }
      : batchToSign({ items, person }, drafted, APPROVING);
    return { challenge, send: (credential_id, assertion) => sendBatch(alex, { ...body, credential_id, assertion }) };
  },
  "POST /api/v1/agents": async ({ alex }) =>
    admin(await draftAgent(alex, "thief"), "POST", "/api/v1/agents", alex.cookie, { name: "thief" }),
  "PUT /api/v1/agents/:id": async ({ alex, agent }) => {
    const groups = ["everything"];
    const statement = await draftChange(alex, { operation: "agent.changed", agent: agent.id, groups });
    return admin(statement, "PUT", `/api/v1/agents/${agent.id}`, alex.cookie, { groups });
  },
  "POST /api/v1/agents/:id/keys": async ({ alex, agent }) => {
    const { statement, number } = await draftKeyRotation(alex, agent.id, 168);
    return admin(statement, "POST", `/api/v1/agents/${agent.id}/keys`, alex.cookie, { number, overlap_hours: 168 });
  },
  "POST /api/v1/agents/:id/release": async ({ alex, stopped }) => {
    if ((await stops(alex)).agents.length === 0) await stop(alex, stopped.id);
    const { number, statement } = await draftRelease(alex, stopped.id);
    return admin(statement, "POST", `/api/v1/agents/${stopped.id}/release`, alex.cookie, { number });
  },
  "PUT /api/v1/people/:id/roles": async ({ alex }) => {
    const standing = { roles: ["admin", "approver", "auditor"], groups: ["everything"] };
    const statement = await draft(alex, { operation: "role.changed", person: alex.id, ...standing });
    return admin(statement, "PUT", `/api/v1/people/${alex.id}/roles`, alex.cookie, standing);
  },
  "POST /api/v1/people/:id/erasure": async ({ alex }) =>
    admin(await draftOfErasure(alex, LEFT), "POST", `/api/v1/people/${LEFT}/erasure`, alex.cookie, {}),
  "POST /api/v1/people/:id/passkeys/:credential/confirm": async ({ alex, waiting: { id, passkey } }) => {
    const statement = await draft(alex, { operation: "passkey.enrolled", credential_id: passkey.credentialId });
    return admin(statement, "POST", `/api/v1/people/${id}/passkeys/${passkey.credentialId}/confirm`, alex.cookie, {});
  },
  "POST /api/v1/policies": async ({ alex }) => {
    const body = { source: "type: countersign/policy@v1\ndefaults: { effect: allow }\n", based_on: 0 };
    return admin(await draftPolicy(alex, body.source, body.based_on), "POST", "/api/v1/policies", alex.cookie, body);
  },
  "POST /api/v1/me/delegations": async ({ alex }) => {
    for (const { id } of (await notificationsOf(alex)).delegations) await endAway(alex, id);
    const statement = await statementOfAway(alex, awayWish(STAND_IN));
    return {
      challenge: ceremonyChallenge(statement),
      send: (credential_id, assertion) => sendAway(alex, { statement, credential_id, ...(assertion === undefined ? {} : { assertion }) }),
    };
  },
  "POST /api/v1/me/command-lines": async ({ alex }) => {
    const statement = await draftOfPairing(alex, (await beginPairing("laptop")).user_code);
    return {
      challenge: ceremonyChallenge(statement),
      send: (credential_id, assertion) =>
        sendPairing(alex, { statement, credential_id, ...(assertion === undefined ? {} : { assertion }) }),
    };
  },
  "POST /api/v1/channels": async ({ alex }) => {
    const { statement } = await draftOfChannel(alex, { draft: "add", name: `thief ${crypto.randomUUID()}`, settings: WEBHOOK });
    return admin(statement, "POST", "/api/v1/channels", alex.cookie, {});
  },
  "PUT /api/v1/channels/:id": async ({ alex, channel }) => {
    const wanted = { name: "thief", settings: { ...WEBHOOK, url: "https://evil.example.com/in" } };
    const { statement } = await draftOfChannel(alex, { draft: "change", channel, ...wanted });
    return admin(statement, "PUT", `/api/v1/channels/${channel}`, alex.cookie, {});
  },
  "POST /api/v1/servers": async ({ alex }) => {
    const name = `t${crypto.randomUUID().slice(0, 8)}`;
    const statement = await draftOfServer(alex, { draft: "add", ...SERVER, name });
    return admin(statement, "POST", "/api/v1/servers", alex.cookie, {});
  },
  "PUT /api/v1/servers/:name": async ({ alex }) => {
    const wanted = { server: "tickets", url: "https://evil.example.com/mcp", authentication: { kind: "none" } };
    const statement = await draftOfServer(alex, { draft: "change", ...wanted });
    return admin(statement, "PUT", "/api/v1/servers/tickets", alex.cookie, {});
  },
  "POST /api/v1/servers/:name/tools": async ({ alex }) => {
    const statement = await draftOfServer(alex, { draft: "tools", server: "tickets", tools: [LISTED] });
    return admin(statement, "POST", "/api/v1/servers/tickets/tools", alex.cookie, {});
  },
  "PUT /api/v1/servers/:name/credential": async ({ alex }) => {
    const statement = await draftOfServer(alex, { draft: "credential", server: "tickets", credential: { token: "thief" } });
    return admin(statement, "PUT", "/api/v1/servers/tickets/credential", alex.cookie, {});
  },
  "POST /api/v1/servers/:name/grants": async ({ alex }) => {
    const body = { server: "tickets", grant: await putServerGrant(alex.id, null) };
    const drafted = await call("POST", "/admin/servers/connections/statement", { cookie: alex.cookie, body });
    const { statement } = await given<{ statement: AdminStatement }>(drafted);
    return admin(statement, "POST", "/api/v1/servers/tickets/grants", alex.cookie, {});
  },
  "POST /api/v1/me/servers/:name/grants": async ({ alex }) => {
    const body = { server: "tickets", grant: await putServerGrant(alex.id, alex.id) };
    const { statement } = await given<{ statement: OwnStatement }>(
      await call("POST", "/account/servers/statement", { cookie: alex.cookie, body }),
    );
    return {
      challenge: ceremonyChallenge(statement),
      send: (credential_id, assertion) => {
        const signature = { statement, credential_id, ...(assertion === undefined ? {} : { assertion }) };
        return call("POST", "/api/v1/me/servers/tickets/grants", { cookie: alex.cookie, body: { signature } });
      },
    };
  },
  "POST /api/v1/connectors": async ({ alex }) => {
    const body = { name: `t${crypto.randomUUID().slice(0, 8)}`, server: "tickets" };
    return admin(await draftOfConnector(alex, body), "POST", "/api/v1/connectors", alex.cookie, body);
  },
  "POST /sign-in/finish": async ({ alex }) => {
    const offer = await (await call("POST", "/sign-in/options")).json<{ options: { challenge: string }; nonce: string }>();
    const userHandle = btoa(alex.id).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
    return {
      challenge: fromB64u(offer.options.challenge) ?? new Uint8Array(),
      send: (id, assertion) =>
        call("POST", "/sign-in/finish", {
          body: {
            nonce: offer.nonce,
            response: {
              id,
              rawId: id,
              type: "public-key",
              response: {
                clientDataJSON: assertion?.client_data_json,
                authenticatorData: assertion?.authenticator_data,
                signature: assertion?.signature,
                userHandle,
              },
            },
          },
        }),
    };
  },
  // Last: it has to stop everything first.
  "POST /api/v1/release": async ({ alex }) => {
    if ((await stops(alex)).everything === null) await stop(alex, null);
    const { number, statement } = await draftRelease(alex, null);
    return admin(statement, "POST", "/api/v1/release", alex.cookie, { number });
  },
};
