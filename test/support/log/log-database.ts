/** A deployment's database as its service writes it: the real tables and triggers, entries, tiles and heads by the service's own functions. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { b64u, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, hashJson } from "#countersign/json/canonical-json.ts";
import { leafEntry, type LogRecord, type RecordOf, type SealedRecord } from "#countersign/documents/record.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { makeVkey, type Signer, signNote } from "#countersign/tlog/note.ts";
import { appendLeaves, type Tree, treeFromEdge } from "#countersign/tlog/tile.ts";
import { makePolicyRequest } from "../documents/policy-receipt.ts";
import { AGENT, LOG_ORIGIN, makeReceipt, type World } from "../documents/sealed-receipt.ts";

const MIGRATIONS = fileURLToPath(new URL("../../../d1-migrations", import.meta.url));
const AT = "2026-11-20T09:30:00.000Z";

export interface DatabaseLeaf {
  idem: string;
  sealed: SealedRecord;
}

export class LogDatabase {
  readonly file: string;
  readonly #sqlite: DatabaseSync;
  readonly #origin: string;
  readonly #logId: number;
  tree: Tree = treeFromEdge(0, []);

  constructor(file: string, { origin = LOG_ORIGIN, logId = 1 } = {}) {
    this.file = file;
    this.#origin = origin;
    this.#logId = logId;
    this.#sqlite = new DatabaseSync(file);
    this.#sqlite.exec("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF");
    if (logId === 1) {
      for (const name of readdirSync(MIGRATIONS)
        .filter((one) => one.endsWith(".sql"))
        .toSorted())
        this.#sqlite.exec(readFileSync(join(MIGRATIONS, name), "utf8"));
    }
    this.#sqlite.prepare("INSERT INTO log VALUES (?, ?, 'active', ?)").run(logId, origin, AT);
  }

  /** One batch, as one commit of the service. */
  append(...leaves: DatabaseLeaf[]): this {
    const { size } = this.tree;
    const entries = leaves.map(({ sealed }) => leafEntry(sealed.record, sealed.salt));
    const next = appendLeaves(this.tree, entries.map(leafHash));
    const run = (sql: string, ...values: (string | number | Uint8Array)[]) => this.#sqlite.prepare(sql).run(this.#logId, ...values);
    const insertLeaf = this.#sqlite.prepare("INSERT INTO log_leaf VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    this.#sqlite.exec("BEGIN");
    for (const [i, { idem, sealed }] of leaves.entries()) {
      const entry = entries[i] ?? new Uint8Array();
      insertLeaf.run(this.#logId, size + i, idem, entry, canonicalize(sealed.record), sealed.salt);
    }
    for (const { level, n, hashes, oldWidth } of next.changed) {
      const [insert, update] = [
        "INSERT INTO log_tile VALUES (?1, ?2, ?3, ?4)",
        "UPDATE log_tile SET hashes = ?4 WHERE log_id = ?1 AND level = ?2 AND n = ?3",
      ];
      run(oldWidth === 0 ? insert : update, level, n, hashes);
    }
    run("INSERT INTO log_head VALUES (?1, ?2, ?3, ?4, ?5)", next.tree.size, size, next.tree.root, AT);
    this.#sqlite.exec("COMMIT");
    this.tree = next.tree;
    return this;
  }

  exec(sql: string): this {
    this.#sqlite.exec(sql);
    return this;
  }

  /** The checkpoint of the newest head. */
  checkpoint(signer: Signer): Promise<string> {
    return signNote(formatCheckpoint({ origin: this.#origin, size: this.tree.size, root: this.tree.root }), [signer]);
  }

  close(): void {
    this.#sqlite.close();
  }
}

/** The database as `wrangler d1 export` writes it. */
export function exported(file: string, sql: string): string {
  const sqlite = new DatabaseSync(file, { readOnly: true });
  const made = sqlite.prepare("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type = 'table' DESC, rowid").all();
  const literal = (value: unknown): string => {
    if (value instanceof Uint8Array) return `X'${hex(value)}'`;
    return typeof value === "string" ? quoted(value) : String(value).toUpperCase();
  };
  const lines = made.flatMap((one) => {
    if (one["type"] !== "table") return [`${String(one["sql"])};`];
    const name = String(one["name"]);
    const rows = sqlite.prepare(`SELECT * FROM "${name}"`).all();
    const inserts = rows.map((row) => {
      const columns = Object.keys(row).map((column) => `"${column}"`);
      return `INSERT INTO "${name}" (${columns.join(",")}) VALUES(${Object.values(row).map(literal).join(",")});`;
    });
    return [`${String(one["sql"])};`, ...inserts];
  });
  sqlite.close();
  writeFileSync(sql, `${["PRAGMA defer_foreign_keys=TRUE;", ...lines].join("\n")}\n`);
  return sql;
}

/** A text literal of SQL. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const saltOf = (name: string): string => b64u(sha256(utf8(`salt of ${name}`)));
/** The policy that is published. */
const POLICY_DOCUMENT = { type: "countersign/policy@v1", rules: [] };
const common = { type: "countersign/record@v1", log: LOG_ORIGIN, at: AT } as const;

/** A leaf that needs no other one. */
export const filler = (index: number): DatabaseLeaf => {
  const id = `agt_${index}`;
  const agent = { id, name: `bot ${index}: 'it''s'; -- \u2028 "${index}"`, owner: "usr_alex" };
  return {
    idem: `${id}:revoked`,
    sealed: { record: { ...common, kind: "agent.revoked", agent, authorised_by: [] }, salt: saltOf(id) },
  };
};

function idemOf(record: LogRecord, requestId: string): string {
  switch (record.kind) {
    case "log.genesis":
      return "genesis";
    case "passkey.enrolled":
      return record.person.username === "alex" ? "setup" : `passkey:${record.credential.id}`;
    case "agent.created":
      return `${record.agent.id}:created`;
    case "agent.revoked":
      return `${record.agent.id}:revoked`;
    case "approval.redeemed":
      return `${requestId}:redeemed`;
    case "call.succeeded":
    case "call.failed":
      return `${requestId}:outcome`;
    case "approval.approved":
      return `${record.request.id}:final`;
    default:
      throw new Error(`not among the leaves of a receipt: ${record.kind}`);
  }
}

/** Alex is out of office for a week. */
const DELEGATION = {
  delegation: { id: "dlg_1", from: AT, until: "2026-11-27T09:30:00.000Z" },
  person: { id: "usr_alex", username: "alex" },
  to: { id: "usr_blair", username: "blair" },
};
const GIVEN = {
  kind: "delegation.given",
  ...DELEGATION,
  signature: {
    statement: {
      type: "countersign/own@v1",
      origin: "https://gate.example.com",
      operation: "delegation.given",
      parameters: DELEGATION,
      person: "usr_alex",
      nonce: b64u(new Uint8Array(32).fill(7)),
    },
    credential_id: "AQ",
    assertion: { client_data_json: "e30", authenticator_data: "AA", signature: "AQ" },
  },
} as const;

const BY = { id: "usr_alex", username: "alex" };
const POLICY_HASH = hex(hashJson(POLICY_DOCUMENT));
const passedRequest = () => ({
  ...makePolicyRequest(),
  id: `apr_${"P".repeat(32)}`,
  quorum: [],
  policy: { version: 1, rule: "reads", hash: POLICY_HASH },
});

/** Leaves of the kinds that there are since there are policies. */
function policyLeaves(): DatabaseLeaf[] {
  const [by, agent, hash, request] = [BY, { ...AGENT }, POLICY_HASH, passedRequest()];
  const records: [string, LogRecord][] = [
    ["policy:1", { ...common, kind: "policy.published", version: 1, hash, previous: null, authorised_by: [] }],
    [`${agent.id}:changed:1`, { ...common, kind: "agent.changed", agent, groups: ["ops"], authorised_by: [] }],
    [`${request.id}:final`, { ...common, kind: "approval.auto_approved", request, basis: "policy", grant: null }],
    ["grt_1:used:1", { ...common, kind: "grant.used", grant: "grt_1", use: 1, request_hash: hex(hashJson(request)) }],
    ["grt_1:revoked", { ...common, kind: "grant.revoked", grant: "grt_1", by }],
    ["stop:all:1", { ...common, kind: "stop.ordered", agent: null, number: 1, by }],
    ["stop:all:1:released", { ...common, kind: "stop.released", agent: null, number: 1, authorised_by: [] }],
    [`stop:${agent.id}:1`, { ...common, kind: "stop.ordered", agent, number: 1, by }],
    ["delegation:dlg_1", { ...common, ...GIVEN }],
    ["delegation:dlg_1:ended", { ...common, kind: "delegation.ended", delegation: { id: "dlg_1" }, person: by, by }],
  ];
  return records.map(([idem, record]) => ({ idem, sealed: { record, salt: saltOf(idem) } }));
}

/** What the channels of `channelLeaves` are told by: of the second one nothing is left. */
const CHANNEL_SETTINGS = canonicalize({
  kind: "webhook",
  url: "https://hooks.example.com/",
  signing: "hmac",
  public_key: null,
  events: ["approval.*"],
});
const SEALED = "AQIDBA==";

/** Leaves of a channel that was changed, and of one that was removed. */
function channelLeaves(): DatabaseLeaf[] {
  const [by, digest] = [{ id: "usr_alex", username: "alex" }, (text: string) => hex(sha256(utf8(text)))];
  const channel = (id: string, name: string, credential: string) =>
    ({
      id,
      name,
      kind: "webhook",
      origin: "https://hooks.example.com",
      settings_hash: digest(CHANNEL_SETTINGS),
      credential_hash: digest(credential),
    }) as const;
  const records: [string, LogRecord][] = [
    ["channel:chn_1:1", { ...common, kind: "channel.added", channel: channel("chn_1", "ops", "AAAA"), authorised_by: [] }],
    ["channel:chn_1:2", { ...common, kind: "channel.changed", channel: channel("chn_1", "pager", SEALED), authorised_by: [] }],
    ["channel:chn_2:1", { ...common, kind: "channel.added", channel: channel("chn_2", "gone", SEALED), authorised_by: [] }],
    ["channel:chn_2:removed", { ...common, kind: "channel.removed", channel: { id: "chn_2", name: "gone" }, by }],
  ];
  return records.map(([idem, record]) => ({ idem, sealed: { record, salt: saltOf(idem) } }));
}

/** Leaves of a server behind the gate, and of an agent's calls to it. */
function serverLeaves(): DatabaseLeaf[] {
  const [by, digest] = [{ id: "usr_alex", username: "alex" }, (text: string) => hex(sha256(utf8(text)))];
  const agent = { id: AGENT.id, name: AGENT.name };
  const named = { id: "srv_1", name: "github" };
  const server = (url: string) =>
    ({ ...named, url, authentication: { kind: "bearer", credential_hash: digest(SEALED) }, features: {}, limits: {} }) as const;
  const tools = [{ name: "get_me", pin: digest("get_me") }];
  const records: [string, LogRecord][] = [
    ["srv_1:1", { ...common, kind: "server.added", server: server("https://mcp.example.com/"), authorised_by: [] }],
    ["srv_1:tools:1", { ...common, kind: "tools.accepted", server: named, tools, authorised_by: [] }],
    ["srv_1:2", { ...common, kind: "server.changed", server: server("https://mcp.example.com/v2"), authorised_by: [] }],
    ["srv_1:tools:2", { ...common, kind: "tools.accepted", server: named, tools: [], authorised_by: [] }],
    ["srv_1:removed", { ...common, kind: "server.removed", server: named, by }],
    [`calls:${agent.id}:1`, { ...common, kind: "calls.logged", agent, from: 1, to: 12, root: digest("calls") }],
    [`calls:${agent.id}:13`, { ...common, kind: "calls.logged", agent, from: 13, to: 13, root: digest("one call") }],
  ];
  return records.map(([idem, record]) => ({ idem, sealed: { record, salt: saltOf(idem) } }));
}

/** Leaves of what a person gave the gate leave for, at a server that is gone. */
function connectionLeaves(): DatabaseLeaf[] {
  const [by, server] = [
    { id: "usr_alex", username: "alex" },
    { id: "srv_1", name: "github" },
  ];
  const grant = (id: string) => ({ id, issuer: "https://auth.example.com", account: null });
  const records: [string, LogRecord][] = [
    ["sgr_1", { ...common, kind: "server.connected", server, grant: grant("sgr_1"), authorised_by: [] }],
    ["sgr_2", { ...common, kind: "account.connected", server, grant: grant("sgr_2"), person: by, signature: GIVEN.signature }],
    ["sgr_1:ended", { ...common, kind: "server.disconnected", server, grant: { id: "sgr_1" }, by }],
  ];
  return records.map(([idem, record]) => ({ idem, sealed: { record, salt: saltOf(idem) } }));
}

/** Leaves of a connector that stands, and of one that does not. */
function connectorLeaves(): DatabaseLeaf[] {
  const connector = (id: string) => ({ id, name: "laptop", server: "files" });
  const by = { id: "usr_alex", username: "alex" };
  const records: [string, LogRecord][] = [
    ["con_0", { ...common, kind: "connector.created", connector: connector("con_0"), authorised_by: [] }],
    ["con_0:revoked", { ...common, kind: "connector.revoked", connector: connector("con_0"), by }],
    ["con_1", { ...common, kind: "connector.created", connector: connector("con_1"), authorised_by: [] }],
  ];
  return records.map(([idem, record]) => ({ idem, sealed: { record, salt: saltOf(idem) } }));
}

/** Leaves of what people and agents say to each other before a decision, of the same request. */
function saidLeaves(): DatabaseLeaf[] {
  const [by, agent, hash, request] = [BY, { ...AGENT }, POLICY_HASH, passedRequest()];
  const records: [string, LogRecord][] = [
    [
      `${request.id}:question:1`,
      { ...common, kind: "question.asked", request: request.id, number: 1, text_hash: hex(hashJson({ words: "Which hosts?" })), by },
    ],
    [
      `${request.id}:answer:1`,
      { ...common, kind: "question.answered", request: request.id, number: 1, text_hash: hash, by: { id: agent.id, name: agent.name } },
    ],
    [
      `${request.id}:extended:1`,
      { ...common, kind: "request.extended", request: request.id, from: AT, until: "2026-11-20T09:45:00.000Z", by },
    ],
    [`${request.id}:proposal`, { ...common, kind: "payload.proposed", request_hash: hex(hashJson(request)), payload_hash: hash, by }],
  ];
  return records.map(([idem, record]) => ({ idem, sealed: { record, salt: saltOf(idem) } }));
}

/** Leaves of what was refused without asking, and is not any more. */
function patternLeaves(): DatabaseLeaf[] {
  const like = { server: null, tool: null, action: "Deploy api", arguments_hash: hex(hashJson({ ref: "main" })) };
  const of = { pattern: "ptn_1", agent: { ...AGENT }, by: { id: "usr_alex", username: "alex" } };
  const records: [string, LogRecord][] = [
    ["pattern:ptn_1", { ...common, kind: "pattern.denied", ...of, ...like, until: "2026-11-20T13:00:00.000Z" }],
    ["pattern:ptn_1:lifted", { ...common, kind: "pattern.lifted", ...of }],
  ];
  return records.map(([idem, record]) => ({ idem, sealed: { record, salt: saltOf(idem) } }));
}

/** The leaf of an agent below the one of the receipt. */
function belowLeaf(): DatabaseLeaf {
  const agent = { id: "agt_scout", name: "scout", owner: AGENT.owner };
  const chain = [
    { id: AGENT.id, name: AGENT.name },
    { id: agent.id, name: agent.name },
  ];
  const members = { agent, chain, until: "2026-11-20T10:30:00.000Z", servers: ["github"], tools: null };
  return { idem: `${agent.id}:delegated`, sealed: { record: { ...common, kind: "agent.delegated", ...members }, salt: saltOf("scout") } };
}

/** Leaves of an agent's keys that were replaced: the first ended before its time, the second serves still. */
function keyLeaves(): DatabaseLeaf[] {
  const [by, agent] = [BY, { ...AGENT }];
  const rotated = (number: number): LogRecord => ({
    ...common,
    kind: "agent.key_rotated",
    agent,
    number,
    overlap_hours: 24,
    authorised_by: [],
  });
  const records: [string, LogRecord][] = [
    [`${agent.id}:key:1`, rotated(1)],
    [`${agent.id}:key:1:ended`, { ...common, kind: "agent.key_ended", agent, number: 1, by }],
    [`${agent.id}:key:2`, rotated(2)],
  ];
  return records.map(([idem, record]) => ({ idem, sealed: { record, salt: saltOf(idem) } }));
}

/** The leaf of a person's erasure. */
function erasureLeaf(): DatabaseLeaf {
  const record: LogRecord = { ...common, kind: "person.erased", person: { id: "usr_blair" }, authorised_by: [] };
  return { idem: "usr_blair:erased", sealed: { record, salt: saltOf("erased") } };
}

/** Leaves of every kind, first those of an approval with all that came before it, in the order of a log; then others up to `size`. */
export async function leavesOf(world: World, size: number, nextKey: Signer): Promise<DatabaseLeaf[]> {
  const sealed: SealedRecord[] = [];
  const { receipt } = await makeReceipt(world, { status: "approved", outcome: "succeeded", log: (leaves) => void sealed.push(...leaves) });
  const { request } = receipt.final.record;
  const leaves = sealed.map((leaf) => ({ idem: idemOf(leaf.record, request.id), sealed: leaf }));
  const [alex] = sealed.flatMap(({ record }) => (record.kind === "passkey.enrolled" ? [record] : []));
  if (alex === undefined) throw new Error("nobody is enrolled");
  const { person, credential } = alex;
  const denied = { ...request, id: `apr_${"B".repeat(32)}` };
  const final: RecordOf<"approval.expired"> = { ...common, kind: "approval.expired", request: denied, ended_by: "deadline", decisions: [] };
  leaves.push({ idem: `${denied.id}:final`, sealed: { record: final, salt: saltOf("expired") } });
  const unknown: LogRecord = { ...common, kind: "call.unknown", request_hash: hex(hashJson(denied)), detail_hash: null };
  leaves.push({ idem: `${denied.id}:unknown`, sealed: { record: unknown, salt: saltOf("unknown") } });
  const changed: LogRecord = { ...common, kind: "role.changed", person, roles: ["auditor"], groups: ["ops"], authorised_by: [] };
  leaves.push({ idem: `${person.id}:role:${hex(hashJson([]))}`, sealed: { record: changed, salt: saltOf("role") } });
  const revoked: LogRecord = { ...common, kind: "passkey.revoked", person, credential: { id: credential.id }, authorised_by: [] };
  leaves.push({ idem: `passkey:${credential.id}:revoked`, sealed: { record: revoked, salt: saltOf("revoked") } });
  const vkeys = { old_vkey: world.trust.vkey, new_vkey: makeVkey(LOG_ORIGIN, nextKey.publicKey) };
  leaves.push({ idem: "key.rotated:1", sealed: { record: { ...common, kind: "key.rotated", ...vkeys }, salt: saltOf("rotated") } });
  leaves.push(...policyLeaves(), ...channelLeaves(), ...serverLeaves(), ...patternLeaves());
  leaves.push(...connectionLeaves(), ...connectorLeaves(), belowLeaf(), ...saidLeaves(), ...keyLeaves(), erasureLeaf());
  while (leaves.length < size) leaves.push(filler(leaves.length));
  return leaves;
}

/** The rows that the leaves' effects have made, but for what fsck does not look at. */
export function standingRows(leaves: readonly DatabaseLeaf[]): string[] {
  return leaves.flatMap(({ idem, sealed: { record } }, index) => {
    if (record.kind === "passkey.enrolled") {
      const { id, public_key, alg } = record.credential;
      const row = [
        quoted(id),
        quoted(record.person.id),
        quoted(public_key),
        alg,
        0,
        0,
        "'[]'",
        quoted(AT),
        "NULL",
        index,
        "''",
        "NULL",
        "NULL",
      ];
      return [`INSERT INTO passkey VALUES (${row.join(", ")})`];
    }
    if (record.kind === "agent.created") {
      const { id, name, owner } = record.agent;
      const columns = "id, name, owner, key_hash, created_at, leaf_index";
      return [`INSERT INTO agent (${columns}) VALUES (${[id, name, owner, `hash of ${id}`, AT].map(quoted).join(", ")}, ${index})`];
    }
    if (record.kind === "agent.delegated") {
      const { agent, chain, until, servers, tools } = record;
      const above = JSON.stringify(chain.slice(0, -1));
      const texts = [agent.id, agent.name, agent.owner, `hash of ${agent.id}`, AT, above, until, JSON.stringify({ servers, tools })];
      return [
        `INSERT INTO agent (id, name, owner, key_hash, created_at, chain, ends_at, scope, leaf_index) VALUES (${texts.map(quoted).join(", ")}, ${index})`,
        `INSERT INTO agent_below VALUES (${quoted(AGENT.id)}, ${quoted(agent.id)})`,
      ];
    }
    if (record.kind === "agent.changed") {
      const { agent, groups } = record;
      return [
        `UPDATE agent SET name = ${quoted(agent.name)}, groups = ${quoted(JSON.stringify(groups))}, changes = 1, leaf_index = ${index}
         WHERE id = ${quoted(agent.id)}`,
      ];
    }
    if (record.kind === "agent.key_rotated") {
      const { agent, number } = record;
      const ends = number === 1 ? AT : "2026-11-21T09:30:00.000Z";
      const texts = [`hash of key ${number}`, agent.id, AT, AT, ends].map(quoted).join(", ");
      return [
        `INSERT INTO agent_old_key (key_hash, agent_id, made_at, replaced_at, ends_at, number, leaf_index) VALUES (${texts}, ${number}, ${index})`,
      ];
    }
    if (record.kind === "policy.published") {
      const texts = [record.hash, "# As it was written", canonicalize(POLICY_DOCUMENT), "[]", AT].map(quoted).join(", ");
      return [`INSERT INTO policy VALUES (${record.version}, ${texts}, ${index})`];
    }
    if (record.kind === "server.changed") {
      const { id, name } = record.server;
      const texts = [id, name, canonicalize(record.server), SEALED].map(quoted).join(", ");
      return [
        `INSERT INTO server (id, name, settings, credential, number, created_at, leaf_index) VALUES (${texts}, 2, ${quoted(AT)}, ${index})`,
      ];
    }
    if (record.kind === "connector.created" && record.connector.id === "con_1") {
      const { id, name, server } = record.connector;
      const texts = [id, name, server, `hash of ${id}`, "usr_alex", AT].map(quoted).join(", ");
      return [`INSERT INTO connector (id, name, server, key_hash, maker, created_at, leaf_index) VALUES (${texts}, ${index})`];
    }
    if (record.kind === "pattern.denied") {
      const { pattern, agent, action, arguments_hash, until, by } = record;
      const columns = "id, agent_id, action, arguments_hash, made_by, made_at, until, leaf_index";
      const texts = [pattern, agent.id, action ?? "", arguments_hash ?? "", by.id, AT, until].map(quoted).join(", ");
      return [`INSERT INTO denied_pattern (${columns}) VALUES (${texts}, ${index})`];
    }
    if (idem === "channel:chn_1:2" || idem === "channel:chn_2:1") return [channelRow(idem, index)];
    return [];
  });
}

function channelRow(idem: string, index: number): string {
  const isThere = idem === "channel:chn_1:2";
  const texts = [...(isThere ? ["chn_1", "pager"] : ["chn_2", "gone"]), "webhook", CHANNEL_SETTINGS, '["approval.*"]']
    .map(quoted)
    .join(", ");
  const standing = [isThere ? 2 : 1, quoted(isThere ? "active" : "removed"), quoted(AT), quoted(AT), index].join(", ");
  const columns = "id, name, kind, settings, events, credential, number, state, state_at, created_at, leaf_index";
  return `INSERT INTO channel (${columns}) VALUES (${texts}, ${isThere ? quoted(SEALED) : "NULL"}, ${standing})`;
}
