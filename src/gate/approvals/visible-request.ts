/**
 * Which people may look at a request: who could decide it, and is an approver still; and auditors. Whoever loses these roles sees
 * nothing of any request from then on, were it their own decision. An agent sees its own (agent-approvals.ts).
 */
import type { Role } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { eligiblePeople } from "#countersign/documents/request.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import type { ApprovalOpener } from "./opening.ts";
import type { OpenPorts } from "./open-approval.ts";
import type { Snapshot } from "./snapshot.ts";

/** Somebody who is signed in. */
export interface Viewer {
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

/** Whether requests can wait for this person at all. */
export const decides = ({ roles }: Pick<Viewer, "roles">): boolean => roles.includes("approver");

/** Whether every request is this person's to read. */
export const audits = ({ roles }: Pick<Viewer, "roles">): boolean => roles.includes("auditor");

/** Whether this person may look at a request that these could decide. */
export const mayLookAmong = (person: Viewer, eligible: { has(id: string): boolean }): boolean =>
  (decides(person) && eligible.has(person.id)) || audits(person);

export const mayLook = (person: Viewer, { request }: Pick<Snapshot, "request">): boolean => mayLookAmong(person, eligiblePeople(request));

/** Who asks for a receipt: an agent, or somebody who is signed in. */
export type ReceiptViewer = { agentId: string } | Viewer;

export const mayHaveReceipt = (viewer: ReceiptViewer, { request }: Pick<Snapshot, "request">): boolean =>
  "agentId" in viewer ? request.requested_by.id === viewer.agentId : mayLook(viewer, { request });

/** The request of this id, if this person may look at it. Objects are touched for our own ids only. */
export async function visibleRequest(
  id: string,
  person: Viewer,
  { serverSecret, approvals }: Pick<OpenPorts, "serverSecret"> & { approvals: Pick<ApprovalOpener, "read"> },
): Promise<Result<Snapshot, ViewRefusal>> {
  const found = isOwnRequestId(serverSecret, id) ? await approvals.read(id) : null;
  return found === null ? refuse({ reason: "not-visible" }) : shownTo(person, found);
}
