/** A record against the key that its leaf is found by, and against the leaf that ended its request. */
import { type Bytes, hex } from "../../encoding/bytes.ts";
import { hashJson, parseJson } from "../../json/canonical-json.ts";
import {
  FIRST_PERSON_KEY,
  isAgentChangeKey,
  isChannelChangeKey,
  isExtensionKey,
  isServerChangeKey,
  isToolsKey,
  leafKeyOf,
  requestKey,
  type RequestFact,
} from "../../documents/leaf-key.ts";
import type { LogRecord, RecordOf } from "../../documents/record.ts";
import { isObject } from "../../json/shape.ts";

/** A leaf as a database has it. */
export interface LeafRow {
  index: number;
  idem: string;
  /** Whether an earlier leaf has the same key. */
  isAgain: boolean;
  entry: Bytes;
  record: string | null;
  salt: string | null;
  /**
   * Why its record is not there: the person for whose erasure it is withheld, and whether a log holds that erasure; a public `reveal`
   * that was taken back; `earlier` than reasons were noted; null if there is no such note, `not noted` in a database of a version that
   * made none.
   */
  withheld: { personId: string; hasLeaf: boolean } | "reveal" | "earlier" | "not noted" | null;
  /** Of a leaf that tells what became of a request: the leaf that ended it. */
  final: { index: number; record: string | null } | null;
}

type Aftermath = RecordOf<"approval.redeemed" | "payload.proposed" | "call.succeeded" | "call.failed" | "call.unknown">;

/** What is wrong with the record of a leaf in view of its key; null if nothing is. */
export function recordProblem(record: LogRecord, leaf: LeafRow): string | null {
  const found = leaf.idem;
  switch (record.kind) {
    case "approval.redeemed":
      return aftermathProblem(record, leaf, "redeemed");
    case "payload.proposed":
      return aftermathProblem(record, leaf, "proposal");
    case "call.unknown":
      return aftermathProblem(record, leaf, "unknown");
    case "call.succeeded":
    case "call.failed":
      return aftermathProblem(record, leaf, "outcome");
    case "passkey.enrolled":
      return keyProblem(found, leafKeyOf(record), FIRST_PERSON_KEY);
    case "key.rotated":
      // Counted by whoever follows the keys.
      return null;
    case "agent.changed":
      return isAgentChangeKey(found, record.agent.id) ? null : `its key is ${found}, which is none of a change of ${record.agent.id}`;
    case "request.extended":
      return isExtensionKey(found, record.request) ? null : `its key is ${found}, which is none of more time for ${record.request}`;
    case "channel.changed":
      return isChannelChangeKey(found, record.channel.id) ? null : `its key is ${found}, which is none of a change of ${record.channel.id}`;
    case "server.changed":
      return isServerChangeKey(found, record.server.id) ? null : `its key is ${found}, which is none of a change of ${record.server.id}`;
    case "tools.accepted":
      return isToolsKey(found, record.server.id) ? null : `its key is ${found}, which is none of tools of ${record.server.id}`;
    default:
      return keyProblem(found, leafKeyOf(record));
  }
}

const keyProblem = (found: string, ...right: string[]): string | null =>
  right.includes(found) ? null : `its key is ${found}, and what its record tells of has the key ${right.join(" or ")}`;

/** What became of a request comes after its end, and is about the same request. */
function aftermathProblem(record: Aftermath, { index, idem, final }: LeafRow, fact: RequestFact): string | null {
  const requestId = /^apr_[A-Za-z0-9_-]{32}(?=:)/.exec(idem)?.[0];
  if (requestId === undefined || idem !== requestKey(requestId, fact)) return `its key is ${idem}, which is not that of ${record.kind}`;
  if (final === null || final.index > index) return "its request has not ended before it";
  return final.record === null || requestHashIn(final.record) === record.request_hash
    ? null
    : "it is about another request than its key says";
}

/** Of the request in the record of a final leaf, which has been checked by itself; null if it holds none. */
function requestHashIn(record: string): string | null {
  const json = parseJson(record);
  const request = json.ok && isObject(json.value) ? json.value["request"] : undefined;
  return isObject(request) ? hex(hashJson(request)) : null;
}
