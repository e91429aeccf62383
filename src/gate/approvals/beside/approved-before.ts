/**
 * What people approved before of the same agent and the same kind, as far as this person may look at it: what is new in a request is told
 * beside that. Decides nothing; what cannot be read now is left out.
 */
import type { RequestDocument } from "#countersign/documents/request.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { PageView, RemoteApproval } from "../remote-approval.ts";
import { audits, mayLook, type Viewer } from "../visible-request.ts";

export interface ApprovedBeforePorts {
  /**
   * Requests of an agent from up to that time that people approved and that this person could decide (anybody's for null), the last first,
   * at most eight; under this action only, unless it is null. Looks no further back than a hundred requests.
   */
  approvedOf(agentId: string, action: string | null, personId: string | null, before: string): Promise<string[]>;
  approval(requestId: string): Pick<RemoteApproval, "page"> | null;
}

/** Characters of payloads that are read in all: as many as one may have, so that reading several takes no longer than reading one. */
const MOST_READ = 65_536;

/** What an agent says that it will do it with; of a call, that is what it does. */
export const toolOf = ({ context }: RequestDocument): string => JSON.stringify([context["source"], context["tool"], context["server"]]);

const namesOf = (payload: JsonObject): string => JSON.stringify(Object.keys(payload).toSorted());

/** Calls by what they call, asks that name a tool by that, and others if their payloads have the same members. */
function isAlike(one: RequestDocument, its: JsonObject, other: RequestDocument, others: JsonObject): boolean {
  if (toolOf(one) !== toolOf(other)) return false;
  return one.context["tool"] === undefined
    ? namesOf(its) === namesOf(others)
    : one.context["source"] !== "call" || one.action === other.action;
}

/** The payloads of those, while people decide; none if there are none, or they cannot be read. */
export async function approvedBefore({ snapshot, payload }: PageView, person: Viewer, ports: ApprovedBeforePorts): Promise<JsonObject[]> {
  if (snapshot.status !== "pending" || payload === null) return [];
  const { request } = snapshot;
  const action = request.context["source"] === "call" ? request.action : null;
  const viewer = audits(person) ? null : person.id;
  const ids = await ports.approvedOf(request.requested_by.id, action, viewer, request.requested_at).catch(() => []);
  const found = await Promise.all(
    ids.map(
      async (id) =>
        (await ports
          .approval(id)
          ?.page(null)
          .catch(() => null)) ?? null,
    ),
  );
  const own = JSON.parse(payload) as JsonObject;
  let left = MOST_READ;
  return found.flatMap((view) => {
    if (view === null || view.payload === null) return [];
    left -= view.payload.length;
    if (left < 0) return [];
    // The list only says where to look: its object says whose it is to see, and how it ended.
    const { status, request: other } = view.snapshot;
    const isOwn = other.requested_by.id === request.requested_by.id && other.id !== request.id;
    if (!isOwn || status !== "approved" || !mayLook(person, view.snapshot)) return [];
    const before = JSON.parse(view.payload) as JsonObject;
    return isAlike(request, own, other, before) ? [before] : [];
  });
}
