/**
 * The key that a leaf is found by: a log holds one leaf of each, for ever. They are a stored format: databases hold leaves under
 * them, so that none may ever be written otherwise, and a new kind of record gets one that no other kind can have.
 */
import { hex } from "../encoding/bytes.ts";
import { hashJson } from "../json/canonical-json.ts";
import type { RecordKind, RecordOf } from "./record.ts";

/** Kinds of which a log holds one leaf a request, and whose records name the request by its hash alone. */
type Aftermath = "approval.redeemed" | "payload.proposed" | "call.succeeded" | "call.failed" | "call.unknown";

/** Kinds whose keys count how many there were before. */
type Numbered = "key.rotated" | "agent.changed" | "channel.changed" | "server.changed" | "tools.accepted" | "request.extended";

/** Kinds whose records say all that their key is made of. */
export type SelfKeyedKind = Exclude<RecordKind, Aftermath | Numbered>;

/** What distinguishes the leaves of one request: what was said before its end, counted from 1, its end, and what became of it. */
export type RequestFact =
  | "final"
  | "redeemed"
  | "unknown"
  | "outcome"
  | `question:${number}`
  | `answer:${number}`
  | `extended:${number}`
  | "proposal";

/** Of the first person's passkey, instead of its own: so there is one first person for ever. */
export const FIRST_PERSON_KEY = "setup";

/** Of a leaf of one request (`apr_…`). */
export const requestKey = (requestId: string, fact: RequestFact): string => `${requestId}:${fact}`;

/** The request (`apr_…`) whose leaf has this key; null if it is no request's. */
export const requestOfKey = (key: string): string | null => /^(apr_[A-Za-z0-9_-]{32}):/.exec(key)?.[1] ?? null;

/** Whether a leaf of that key ends a request. */
export const isEndKey = (key: string): boolean => requestOfKey(key) !== null && key.endsWith(":final");

/** Whether a leaf of that key gives this request (`apr_…`) more time. */
export const isExtensionKey = (key: string, requestId: string): boolean => countIn(key, `${requestId}:extended:`) !== null;

/** Of the leaf that lets a passkey in. `credentialId` is b64u. */
export const enrolmentKey = (credentialId: string): string => `passkey:${credentialId}`;

/** Of the leaf from which on what names this person (`usr_…`) is withheld: of each there is one, for ever. */
export const erasureKey = (personId: string): string => `${personId}:erased`;

/** The leaf that makes an agent, that stops being one, or changes it; a version of the policy; what is accepted of servers; calls: nobody is named in it. */
const NAMELESS =
  /^(?:genesis$|key\.rotated:|agt_[\w-]+:(?:created|delegated|revoked|changed:\d+$|key:\d+$)|policy:|calls:|stop:.*:released$|channel:[^:]+:\d+$|srv_[\w-]+:(?:\d+|tools:\d+)$|con_[\w-]+$|grt_[\w-]+:used:|usr_[\w-]+:erased$|apr_[\w-]{32}:(?:answer:\d+|redeemed|unknown|outcome)$)/;

/** Whether the record of a leaf with that key can name this person (`usr_…`): only such a one is withheld when the person is erased. */
export const mayName = (key: string, personId: string): boolean =>
  !NAMELESS.test(key) && (/^(usr_[\w-]+):role:/.exec(key)?.[1] ?? personId) === personId;

/** Of the leaf that makes an agent (`agt_…`). */
export const creationKey = (id: string): string => `${id}:created`;

/** Of the leaf that makes an agent (`agt_…`) below another. */
export const belowKey = (id: string): string => `${id}:delegated`;

/** Of the n-th change of an agent (`agt_…`), counted from 1. */
export const agentChangeKey = (id: string, n: number): string => `${id}:changed:${n}`;

/** Whether a leaf of that key is of a change of this agent. */
export const isAgentChangeKey = (key: string, id: string): boolean => key.startsWith(`${id}:changed:`) && /:[1-9]\d*$/.test(key);

/** Of the n-th time that a channel (`chn_…`) was signed for, counted from 1: then it was added. */
export const channelKey = (id: string, n: number): string => `channel:${id}:${n}`;

/** Whether a leaf of that key is of a change of this channel. */
export function isChannelChangeKey(key: string, id: string): boolean {
  const before = channelKey(id, 1).slice(0, -1);
  return key.startsWith(before) && /^[1-9]\d*$/.test(key.slice(before.length)) && key !== channelKey(id, 1);
}

/** Of the n-th time that a server (`srv_…`) was signed for, counted from 1: then it was added. */
export const serverKey = (id: string, n: number): string => `${id}:${n}`;

/** Whether a leaf of that key is of a change of this server. */
export const isServerChangeKey = (key: string, id: string): boolean => {
  const n = countIn(key, `${id}:`);
  return n !== null && n > 1;
};

/** Of the n-th time that its tools were accepted, counted from 1. */
export const toolsKey = (id: string, n: number): string => `${id}:tools:${n}`;

/** Whether a leaf of that key accepts tools of this server. */
export const isToolsKey = (key: string, id: string): boolean => countIn(key, `${id}:tools:`) !== null;

/** Of the leaf that commits to calls of an agent (`agt_…`) from this number on. */
export const callsKey = (agentId: string, from: number): string => `calls:${agentId}:${from}`;

/** Whose calls the leaf of that key commits to, and from which number on; null if it is of no calls. */
export function callsOfKey(key: string): { agentId: string; from: number } | null {
  const agentId = /^calls:(agt_[A-Za-z0-9_-]+):/.exec(key)?.[1];
  if (agentId === undefined) return null;
  const from = countIn(key, `calls:${agentId}:`);
  return from === null ? null : { agentId, from };
}

/** The count from 1 that follows `before` in a key; null if none does. */
function countIn(key: string, before: string): number | null {
  const written = key.startsWith(before) ? key.slice(before.length) : "";
  const n = /^[1-9]\d*$/.test(written) ? Number(written) : 0;
  return n > 0 && Number.isSafeInteger(n) ? n : null;
}

/** Of the leaf that publishes this version of the policy. */
export const policyKey = (version: number): string => `policy:${version}`;

/** Of the leaf of this use of a grant (`grt_…`), counted from 1. */
export const grantUseKey = (grantId: string, use: number): string => `${grantId}:used:${use}`;

/** The keys of rotations, and no others, as a range of text. */
export const ROTATION_KEYS = { from: "key.rotated:", before: "key.rotated;" } as const;

/** Of the n-th rotation of the log's key, counted from 1. */
export const rotationKey = (n: number): string => `${ROTATION_KEYS.from}${n}`;

export const isRotationKey = (key: string): boolean => key >= ROTATION_KEYS.from && key < ROTATION_KEYS.before;

/** The key of a record's leaf. A first person's passkey has `FIRST_PERSON_KEY` instead. */
export function leafKeyOf(record: RecordOf<SelfKeyedKind>): string {
  switch (record.kind) {
    case "log.genesis":
      return "genesis";
    case "passkey.enrolled":
      return enrolmentKey(record.credential.id);
    case "passkey.revoked":
      return `passkey:${record.credential.id}:revoked`;
    case "agent.created":
      return creationKey(record.agent.id);
    case "agent.delegated":
      return belowKey(record.agent.id);
    case "agent.revoked":
      return `${record.agent.id}:revoked`;
    case "agent.key_rotated":
      return agentKeyKey(record.agent.id, record.number);
    case "agent.key_ended":
      return `${agentKeyKey(record.agent.id, record.number)}:ended`;
    case "role.changed": {
      // The same signatures are one change; the same change may be made again, with others.
      const nonces = record.authorised_by.map(({ statement }) => statement.nonce).toSorted();
      return `${record.person.id}:role:${hex(hashJson(nonces))}`;
    }
    case "person.erased":
      return erasureKey(record.person.id);
    case "policy.published":
      return policyKey(record.version);
    case "grant.used":
      return grantUseKey(record.grant, record.use);
    case "grant.revoked":
      return `${record.grant}:revoked`;
    case "pattern.denied":
      return patternKey(record.pattern);
    case "pattern.lifted":
      return `${patternKey(record.pattern)}:lifted`;
    case "stop.ordered":
      return stopKey(record);
    case "stop.released":
      return `${stopKey(record)}:released`;
    case "delegation.given":
      return delegationKey(record.delegation.id);
    case "delegation.ended":
      return `${delegationKey(record.delegation.id)}:ended`;
    case "channel.added":
      return channelKey(record.channel.id, 1);
    case "channel.removed":
      return `channel:${record.channel.id}:removed`;
    case "server.added":
      return serverKey(record.server.id, 1);
    case "server.removed":
      return `${record.server.id}:removed`;
    case "connector.created":
      return record.connector.id;
    case "connector.revoked":
      return `${record.connector.id}:revoked`;
    case "server.connected":
    case "account.connected":
      return record.grant.id;
    case "server.disconnected":
      return `${record.grant.id}:ended`;
    case "calls.logged":
      return callsKey(record.agent.id, record.from);
    case "challenge.consumed":
      return record.challenge;
    case "question.asked":
      return requestKey(record.request, `question:${record.number}`);
    case "question.answered":
      return requestKey(record.request, `answer:${record.number}`);
    case "approval.approved":
    case "approval.denied":
    case "approval.expired":
    case "approval.cancelled":
    case "approval.auto_approved":
      return requestKey(record.request.id, "final");
  }
}

/** Of the leaf that gives this delegation (`dlg_…`). */
const delegationKey = (id: string): string => `delegation:${id}`;

/** Of the leaf from which on things of this pattern (`ptn_…`) are refused. */
export const patternKey = (id: string): string => `pattern:${id}`;

/** Of the leaf that replaces the n-th key of an agent (`agt_…`), counted from 1. */
export const agentKeyKey = (id: string, number: number): string => `${id}:key:${number}`;

/** Of the n-th stop of an agent, or of everything. */
const stopKey = ({ agent, number }: RecordOf<"stop.ordered" | "stop.released">): string => `stop:${agent?.id ?? "all"}:${number}`;
