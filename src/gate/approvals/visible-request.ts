/** Which people may look at a request: those who could decide it, and auditors. An agent sees its own (agent-approvals.ts). */
import type { Role } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { eligiblePeople } from "#rules/approval.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import type { ApprovalOpener, OpenPorts } from "./open-approval.ts";
import type { Snapshot } from "./snapshot.ts";

/** Somebody who is signed in. */
interface Viewer {
  id: string;
  roles: readonly Role[];
}

/** Not there, or not this person's to see: nobody learns which. */
export interface ViewRefusal {
  reason: "not-visible";
}

/** The request as it stands now, if this person may look at it. */
export const shownTo = (person: Viewer, seen: Snapshot): Result<Snapshot, ViewRefusal> =>
  mayLook(person, seen) ? accept(seen) : refuse({ reason: "not-visible" });

export const mayLook = (person: Viewer, { request }: Pick<Snapshot, "request">): boolean =>
  eligiblePeople(request).has(person.id) || person.roles.includes("auditor");

/** The request of this id, if this person may look at it. Objects are touched for our own ids only. */
export async function visibleRequest(
  id: string,
  person: Viewer,
  { serverSecret, approvals }: Pick<OpenPorts, "serverSecret"> & { approvals: Pick<ApprovalOpener, "read"> },
): Promise<Result<Snapshot, ViewRefusal>> {
  const found = isOwnRequestId(serverSecret, id) ? await approvals.read(id) : null;
  return found === null ? refuse({ reason: "not-visible" }) : shownTo(person, found);
}
