/**
 * What an agent has asked for that is like one request, and waits for the same person: of the same tool of a server, as a call or as an ask
 * names them, or where none is named of asks that are called the same.
 */
import { eligiblePeople, isV2, type RequestDocument } from "#countersign/documents/request.ts";
import { MAX_BATCH } from "#countersign/documents/statement.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { PageView } from "#gate/approvals/remote-approval.ts";
import type { Snapshot } from "#gate/approvals/snapshot.ts";
import type { DecidingPorts } from "#gate/batch/bring-decisions.ts";
import { overAll } from "#gate/batch/over-all.ts";
import { argumentsHash, isSameKind, type Likeness, kindOf } from "#rules/policies/denied-pattern.ts";
import { isOfCall } from "#rules/policies/judged.ts";

/** Of one tool, or with the same arguments as well. */
export type Scope = "tool" | "arguments";

/** So many of an agent's open requests are looked through; an agent may have more only where the cap was raised. */
const MOST_LOOKED_THROUGH = 200;

export interface AlikePorts extends DecidingPorts {
  /** Ids of what this agent has open at `now` and this person may decide, by deadline, from the D1 primary. */
  openFor(agentId: string, personId: string, now: string, most: number): Promise<string[]>;
}

/** A request with what makes others like it. */
export interface AlikeRequest {
  request: RequestDocument;
  status: Snapshot["status"];
  kind: Likeness;
  /** Of its arguments. */
  hash: string;
  /** Whether the person has decided it. */
  isDecided: boolean;
}

/** Null once its payload is not kept any more. */
export function alikeOf({ snapshot, payload }: PageView, personId: string): AlikeRequest | null {
  if (payload === null) return null;
  const { request, status, decisions } = snapshot;
  const parsed = JSON.parse(payload) as JsonObject;
  const args = isOfCall(request) ? parsed["arguments"] : parsed;
  if (!isObject(args)) throw new Error("a request has no arguments");
  const { server, tool } = namedIn(request);
  const isDecided = decisions.some(({ id }) => id === personId);
  return { request, status, kind: kindOf(server, tool, request.action), hash: argumentsHash(args), isDecided };
}

/** Server and tool, by whomever they are named: the gate of a call, the agent of an ask. */
function namedIn(request: RequestDocument): { server: string | null; tool: string | null } {
  const { server, tool } = request.context as { server?: { name?: unknown }; tool?: unknown };
  return { server: typeof server?.name === "string" ? server.name : null, tool: typeof tool === "string" ? tool : null };
}

export const isAlike = (one: AlikeRequest, other: AlikeRequest, scope: Scope): boolean =>
  one.request.requested_by.id === other.request.requested_by.id &&
  isSameKind(one.kind, other.kind) &&
  (scope === "tool" || one.hash === other.hash);

/** The request from which others are looked for, if this person may decide it, or could have; whether it has ended or not. */
export async function sourceFor(
  id: string,
  personId: string,
  now: string,
  ports: AlikePorts,
): Promise<Result<AlikeRequest, { reason: "not-visible" }>> {
  const view = await ports.approval(id)?.page(null);
  const found = view == null || !eligiblePeople(view.snapshot.request, now).has(personId) ? null : alikeOf(view, personId);
  return found === null ? refuse({ reason: "not-visible" }) : accept(found);
}

/** What waits for this person and is like it by its tool, it itself first and then by deadline; and whether there is more than can be signed at once. */
export async function alikeRequests(
  source: AlikeRequest,
  personId: string,
  now: string,
  ports: AlikePorts,
): Promise<{ found: AlikeRequest[]; isCut: boolean }> {
  const ids = await ports.openFor(source.request.requested_by.id, personId, now, MOST_LOOKED_THROUGH);
  const views = await overAll(ids, async (id) => (await ports.approval(id)?.page(null)) ?? null);
  const others = views.flatMap((view) => {
    const one = view === null ? null : alikeOf(view, personId);
    return one !== null && one.request.id !== source.request.id && isAlike(source, one, "tool") ? [one] : [];
  });
  const waiting = [source, ...others].filter((one) => one.status === "pending" && !one.isDecided);
  // A batch holds requests of version 2; the others are denied by themselves.
  const found = [...waiting.filter(({ request }) => isV2(request)).slice(0, MAX_BATCH), ...waiting.filter(({ request }) => !isV2(request))];
  return { found, isCut: found.length < waiting.length || ids.length === MOST_LOOKED_THROUGH };
}
