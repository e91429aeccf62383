/**
 * The grant that comes of what an approver chooses: everything else of it is the request's. Page and service both build it from what they
 * hold, and never take one from each other. Whether it may be given is check-grant-shown.ts.
 */
import type { Grant } from "../documents/grant.ts";
import { isV2, type RequestDocument } from "../documents/request.ts";
import { b64u, concat, sha256, utf8 } from "../encoding/bytes.ts";
import type { JsonObject } from "../json/canonical-json.ts";
import { actionOf, type GrantedAction } from "./granted-action.ts";
import { membersByPointer } from "./pointer.ts";

/** What an approver chooses; every member that is not free stays as it is. */
export type GrantChoice = Pick<Grant, "id" | "free" | "uses" | "until">;

/** The id of the grant that is given with the decision of this nonce (b64u): nobody foresees it, and nobody chooses it. */
export const grantIdOf = (nonce: string): string =>
  `grt_${b64u(sha256(concat(utf8("countersign/grant-id/v1"), Uint8Array.of(0), utf8(nonce))).slice(0, 16))}`;

/** What was shown to whoever decides on a request; null where no grant can be about it. */
export const actionShown = (request: RequestDocument, payload: JsonObject, atMs: number): GrantedAction | null =>
  isV2(request) ? actionOf(request, payload, atMs) : null;

export function chooseGrant({ id, free, uses, until }: GrantChoice, shown: GrantedAction): Grant {
  const isFree = new Set(free.map(({ pointer }) => pointer));
  const fixed = [...membersByPointer(shown.args)]
    .map(([pointer, value]) => ({ pointer, value }))
    .filter(({ pointer }) => !isFree.has(pointer));
  const { rule, agent, server, tool, schemaHash } = shown;
  return { id, rule, agent, server, tool, schema_hash: schemaHash, fixed: inOrder(fixed), free: inOrder(free), uses, until };
}

const inOrder = <Member extends { pointer: string }>(members: readonly Member[]): Member[] =>
  members.toSorted((one, other) => (one.pointer < other.pointer ? -1 : 1));
