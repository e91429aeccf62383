/** Which people may look at a request: those who could decide it, and auditors. An agent sees its own (agent-approvals.ts). */
import type { Role } from "#countersign/documents/record.ts";
import { eligiblePeople } from "#rules/approval.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import type { ApprovalOpener, OpenPorts } from "./open-approval.ts";
import type { Snapshot } from "./snapshot.ts";

/** Somebody who is signed in. */
interface Viewer {
  id: string;
  roles: readonly Role[];
}

export const mayLook = (person: Viewer, { request }: Pick<Snapshot, "request">): boolean =>
  eligiblePeople(request).has(person.id) || person.roles.includes("auditor");

/** The request of this id, if this person may look at it; null otherwise, whatever the reason. Objects are touched for our own ids only. */
export async function visibleRequest(
  id: string,
  person: Viewer,
  { serverSecret, approvals }: Pick<OpenPorts, "serverSecret"> & { approvals: Pick<ApprovalOpener, "read"> },
): Promise<Snapshot | null> {
  const found = isOwnRequestId(serverSecret, id) ? await approvals.read(id) : null;
  return found !== null && mayLook(person, found) ? found : null;
}
