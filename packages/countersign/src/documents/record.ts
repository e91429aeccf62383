/** What the log commits to: records, one shape a kind, and the 33-byte leaf entry (docs/formats.md, "Record", "Leaf entry"). */
import { type Bytes, concat, fromB64u, sha256, utf8 } from "../encoding/bytes.ts";
import { hashJson } from "../json/canonical-json.ts";
import { adminShape, ownShape } from "./ceremony.ts";
import { anyObject, boolean, integer, list, Misfit, nullable, object, oneOf, type Of, type Shape, text } from "../json/shape.ts";
import { chainShape, qualifiedTool } from "./agents/chain.ts";
import { requestShape, requestV2Shape } from "./request.ts";
import { patternMembers } from "./pattern.ts";
import { serverGrantShape, signedForServerShape } from "./servers/signed-server.ts";
import { MAX_BATCH, statementShape } from "./statement.ts";
import { consumedMembers } from "../verified/verified-approval.ts";
import {
  agentId,
  base64url,
  channelId,
  connectorId,
  coseKey,
  credentialId,
  delegationId,
  grantId,
  hash,
  patternId,
  personId,
  requestId,
  serverGrantId,
  serverId,
  serverName,
  time,
  username,
} from "./words.ts";

/** Of one request: more people than any request asks for. */
export const MAX_DECISIONS = 256;

/** A WebAuthn assertion as the authenticator gave it, each member b64u. */
export const assertionShape = object({ client_data_json: base64url(), authenticator_data: base64url(), signature: base64url() });
export type Assertion = Of<typeof assertionShape>;

/** Each hash once, in their order. */
const sortedHashes: Shape<string[]> = (value, path) => {
  const hashes = list(hash, 2, MAX_BATCH)(value, path);
  if (hashes.some((one, index) => index > 0 && one <= (hashes[index - 1] as string))) throw new Misfit(path, "sorted, each once");
  return hashes;
};
/** Decisions that one assertion is under, by the hashes of their statements, its own among them. */
export const batchShape = object({ nonce: base64url(32), statements: sortedHashes });

const decision = { at: time, statement: statementShape, credential_id: credentialId, assertion: assertionShape };
const decisionV1 = object(decision);
const decisionV2 = object({ ...decision, batch: nullable(batchShape) });

/** One person's signed verdict, as accepted: under a request of version 2 with `batch`. */
export type Decision = Of<typeof decisionV1> & Partial<Pick<Of<typeof decisionV2>, "batch">>;

/** One admin's signature under an admin statement. */
export const authorisationShape = object({ statement: adminShape, credential_id: base64url(), assertion: assertionShape });
export type Authorisation = Of<typeof authorisationShape>;

/** A person's signature under a statement of their own. */
export const ownSignatureShape = object({ statement: ownShape, credential_id: credentialId, assertion: assertionShape });
export type OwnSignature = Of<typeof ownSignatureShape>;

const shapeOf = <Kind extends string, Members extends Record<string, Shape<unknown>>>(kind: Kind, members: Members) =>
  object({ type: oneOf("countersign/record@v1"), kind: oneOf(kind), log: text(1), at: time, ...members });

const person = object({ id: personId, username });
const agent = object({ id: agentId, name: text(1), owner: personId });
const agentByName = object({ id: agentId, name: text(1) });
/** What a channel may be of. */
export const CHANNEL_KINDS = ["webhook", "slack", "email", "webpush"] as const;
/** `origin`: whom its credential may be sent to; empty where its kind or its settings say so. `credential_hash` is of the sealed one. */
export const signedForChannelShape = object({
  id: channelId,
  name: text(1),
  kind: oneOf(...CHANNEL_KINDS),
  origin: text(),
  settings_hash: hash,
  credential_hash: nullable(hash),
});
const namedServer = object({ id: serverId, name: serverName });
/** A way to a server that speaks stdio or is in a private network: its name, and the name of the one server that it may be the way to. */
const connector = object({ id: connectorId, name: serverName, server: serverName });
/** A tool by its pin (`toolPin`): just this one may be called. */
const pinnedTool = object({ name: text(1, 200), pin: hash });
const roles = list(oneOf("admin", "approver", "auditor"));
const groups = list(text(1));
const authorised_by = list(authorisationShape);

const ended_by = oneOf("passkeys", "deadline", "requester", "stop", "revocation");

/** Everything in it is of the version of its request. */
const final = <Kind extends string>(kind: Kind) => {
  const of = (shape: Shape<Decision>) => shapeOf(kind, { request: requestShape, ended_by, decisions: list(shape, 0, MAX_DECISIONS) });
  const [v1, v2] = [of(decisionV1), of(decisionV2)];
  const shape: typeof v1 = (value, path) => {
    const request = anyObject(anyObject(value, path)["request"], `${path}.request`);
    const isSecond = request["type"] === "countersign/request@v2";
    const record = (isSecond ? v2 : v1)(value, path);
    const other = record.decisions.findIndex(({ statement }) => (statement.type === "countersign/statement@v2") !== isSecond);
    if (other >= 0) throw new Misfit(`${path}.decisions[${other}].statement.type`, "the version of the request");
    return record;
  };
  return shape;
};
const call = <Kind extends string>(kind: Kind) => shapeOf(kind, { request_hash: hash, detail_hash: nullable(hash) });

/** A key that was replaced serves for a week more at most. */
export const MAX_KEY_OVERLAP_HOURS = 168;

/** What may let an action pass without people. */
export const BASES = ["policy", "grant", "timeout"] as const;

/** The shape of each kind of record. */
export const recordShapes = {
  "log.genesis": shapeOf("log.genesis", { origin: text(1), vkey: text(1), previous: nullable(text(1)) }),
  "passkey.enrolled": shapeOf("passkey.enrolled", {
    person,
    roles,
    groups,
    credential: object({ id: credentialId, public_key: coseKey, alg: integer(-65_535, -1), backup_eligible: boolean }),
    authorised_by,
  }),
  "approval.approved": final("approval.approved"),
  "approval.denied": final("approval.denied"),
  "approval.expired": final("approval.expired"),
  "approval.cancelled": final("approval.cancelled"),
  "approval.auto_approved": shapeOf("approval.auto_approved", {
    request: requestV2Shape,
    basis: oneOf(...BASES),
    grant: nullable(object({ id: grantId, use: integer(1) })),
  }),
  "approval.redeemed": shapeOf("approval.redeemed", {
    request_hash: hash,
    payload_hash: hash,
    redeemed_by: agentByName,
  }),
  /** What a person asked the agent before deciding, and what it answered: by hashes, as comments. */
  "question.asked": shapeOf("question.asked", { request: requestId, number: integer(1), text_hash: hash, by: person }),
  "question.answered": shapeOf("question.answered", { request: requestId, number: integer(1), text_hash: hash, by: agentByName }),
  /** What a person who denied it would let pass instead: an ask of just this. */
  "payload.proposed": shapeOf("payload.proposed", { request_hash: hash, payload_hash: hash, by: person }),
  /** From then on its deadline is `until`, where it was `from`: the request that is decided says so itself. */
  "request.extended": shapeOf("request.extended", { request: requestId, from: time, until: time, by: person }),
  "call.succeeded": call("call.succeeded"),
  "call.failed": call("call.failed"),
  "call.unknown": call("call.unknown"),
  "agent.created": shapeOf("agent.created", { agent, authorised_by }),
  "agent.revoked": shapeOf("agent.revoked", { agent, authorised_by }),
  /** Its key was made by the agent before it in the chain, until then, for these servers and tools; null: for all that that one may. */
  "agent.delegated": shapeOf("agent.delegated", {
    agent,
    chain: chainShape,
    until: time,
    servers: nullable(list(serverName, 0, 100)),
    tools: nullable(list(qualifiedTool, 0, 500)),
  }),
  "passkey.revoked": shapeOf("passkey.revoked", { person, credential: object({ id: credentialId }), authorised_by }),
  "role.changed": shapeOf("role.changed", { person, roles, groups, authorised_by }),
  /** What names this person is withheld from then on. It says the id alone: names go with it. */
  "person.erased": shapeOf("person.erased", { person: object({ id: personId }), authorised_by }),
  "agent.changed": shapeOf("agent.changed", { agent, groups, authorised_by }),
  /** Its n-th key is replaced by another, and serves for so many hours more. Nothing of either key is in it. */
  "agent.key_rotated": shapeOf("agent.key_rotated", {
    agent,
    number: integer(1),
    overlap_hours: integer(0, MAX_KEY_OVERLAP_HOURS),
    authorised_by,
  }),
  /** Its n-th key, which was replaced, serves for nothing any more. */
  "agent.key_ended": shapeOf("agent.key_ended", { agent, number: integer(1), by: person }),
  "policy.published": shapeOf("policy.published", { version: integer(1), hash, previous: nullable(hash), authorised_by }),
  "grant.used": shapeOf("grant.used", { grant: grantId, use: integer(1), request_hash: hash }),
  "grant.revoked": shapeOf("grant.revoked", { grant: grantId, by: person }),
  "pattern.denied": shapeOf("pattern.denied", { ...patternMembers, agent, by: person }),
  "pattern.lifted": shapeOf("pattern.lifted", { pattern: patternId, agent, by: person }),
  /** `agent` null: everything. */
  "stop.ordered": shapeOf("stop.ordered", { agent: nullable(agent), number: integer(1), by: person }),
  "stop.released": shapeOf("stop.released", { agent: nullable(agent), number: integer(1), authorised_by }),
  /** From then until then `to` is told in the person's place, and decides nothing in it. */
  "delegation.given": shapeOf("delegation.given", {
    delegation: object({ id: delegationId, from: time, until: time }),
    person,
    to: person,
    signature: ownSignatureShape,
  }),
  "delegation.ended": shapeOf("delegation.ended", { delegation: object({ id: delegationId }), person, by: person }),
  "channel.added": shapeOf("channel.added", { channel: signedForChannelShape, authorised_by }),
  "channel.changed": shapeOf("channel.changed", { channel: signedForChannelShape, authorised_by }),
  "channel.removed": shapeOf("channel.removed", { channel: object({ id: channelId, name: text(1) }), by: person }),
  "server.added": shapeOf("server.added", { server: signedForServerShape, authorised_by }),
  "server.changed": shapeOf("server.changed", { server: signedForServerShape, authorised_by }),
  "server.removed": shapeOf("server.removed", { server: namedServer, by: person }),
  /** All agents call it by this grant from now on, in the place of the one before. */
  "server.connected": shapeOf("server.connected", { server: namedServer, grant: serverGrantShape, authorised_by }),
  /** The person's own agents do. */
  "account.connected": shapeOf("account.connected", { server: namedServer, grant: serverGrantShape, person, signature: ownSignatureShape }),
  /** Nothing is called by it any more. */
  "server.disconnected": shapeOf("server.disconnected", { server: namedServer, grant: object({ id: serverGrantId }), by: person }),
  /** All of this server that may be used from now on; what it says to models and its prompts under names that no tool can have. */
  "tools.accepted": shapeOf("tools.accepted", { server: namedServer, tools: list(pinnedTool, 0, 1_000), authorised_by }),
  "connector.created": shapeOf("connector.created", { connector, authorised_by }),
  "connector.revoked": shapeOf("connector.revoked", { connector, by: person }),
  /** Calls of an agent through the gate, numbered from `from` to `to` without a gap, under the RFC 6962 root of their entries (call.ts). */
  "calls.logged": shapeOf("calls.logged", { agent: agentByName, from: integer(1), to: integer(1), root: hash }),
  /** Evidence of one call (SEP-2672): a passkey's, and no part of any quorum. */
  "challenge.consumed": shapeOf("challenge.consumed", { ...consumedMembers, assertion: assertionShape }),
  "key.rotated": shapeOf("key.rotated", { old_vkey: text(1), new_vkey: text(1) }),
} as const;

/** How an agent says that its action went; `unknown` until it can say. */
export type CallOutcome = "succeeded" | "failed" | "unknown";

/** What a person may be here. */
export type Role = Of<typeof roles>[number];

export type RecordKind = keyof typeof recordShapes;
export type RecordOf<Kind extends RecordKind> = Of<(typeof recordShapes)[Kind]>;
export type LogRecord = { [Kind in RecordKind]: RecordOf<Kind> }[RecordKind];
/** Ends that people, time or the requester brought about. */
export type FinalKind = "approval.approved" | "approval.denied" | "approval.expired" | "approval.cancelled";
/** The end of a request. */
export type FinalRecord = RecordOf<FinalKind | "approval.auto_approved">;
export type EndedBy = RecordOf<FinalKind>["ended_by"];

/** What lets an action pass without people. */
export type Basis = (typeof BASES)[number];

/** What each kind of end may be brought about by. */
export const ENDED_BY: Readonly<Record<FinalKind, readonly EndedBy[]>> = {
  "approval.approved": ["passkeys"],
  "approval.denied": ["passkeys"],
  "approval.expired": ["deadline"],
  "approval.cancelled": ["requester", "stop", "revocation"],
};

/** The shape of the record that ends a request. */
export const finalShape: Shape<FinalRecord> = (value, path) =>
  recordOfKind("approval.approved", "approval.denied", "approval.expired", "approval.cancelled", "approval.auto_approved")(value, path);

/** What people decided before it ended; nothing where it ended without them. */
export const decisionsOf = (record: FinalRecord): readonly Decision[] => ("decisions" in record ? record.decisions : []);

/** The shape of a record that is of one of these kinds. */
export const recordOfKind =
  <Kind extends RecordKind>(...kinds: readonly Kind[]): Shape<RecordOf<Kind>> =>
  (value, path) => {
    const kind = oneOf(...kinds)(anyObject(value, path)["kind"], `${path}.kind`);
    return recordShapes[kind](value, path) as RecordOf<Kind>;
  };

/**
 * The entry of a leaf, 33 bytes: 0x01 ‖ SHA-256(label ‖ 0x00 ‖ salt ‖ SHA-256(JCS(record))).
 * `salt` is b64u of 32 random bytes, kept with the record; without both nothing about the record can be learned.
 */
export function leafEntry(record: LogRecord, salt: string): Bytes {
  const saltBytes = fromB64u(salt);
  if (saltBytes?.length !== 32) throw new Error("a salt is 32 bytes");
  const commitment = sha256(concat(utf8("countersign/leaf/v1"), Uint8Array.of(0), saltBytes, hashJson(record)));
  return concat(Uint8Array.of(1), commitment);
}

/** A record on its way into the log: made once, in the same write as the event it tells of, and never again. */
export interface SealedRecord<Kept extends LogRecord = LogRecord> {
  record: Kept;
  /** b64u of 32 random bytes. */
  salt: string;
}

/** What a record says besides what it is, where it is and when. */
export type MembersOf<Kind extends RecordKind> = Omit<RecordOf<Kind>, "type" | "kind" | "log" | "at">;

/** Where and when a record is made, and its salt. */
interface Seal {
  /** The log's origin line. */
  log: string;
  /** As `timestamp` writes it. */
  at: string;
  /** b64u of 32 random bytes. */
  salt: string;
}

/** A record of that kind, sealed: the one place where records are made. */
export const seal = <Kind extends RecordKind>(
  kind: Kind,
  members: MembersOf<Kind>,
  { log, at, salt }: Seal,
): SealedRecord<RecordOf<Kind>> => ({ record: { ...members, type: "countersign/record@v1", kind, log, at } as RecordOf<Kind>, salt });
