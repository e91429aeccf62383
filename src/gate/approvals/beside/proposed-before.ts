/** Whether what is asked for now is what somebody proposed with a denial. A payload means nothing without the action that it is for. */
import type { PageView, RemoteApproval } from "../remote-approval.ts";
import { mayLook, type Viewer } from "../visible-request.ts";
import { toolOf } from "./approved-before.ts";

/** What the list says of a payload: with the denial of which request it was proposed, and by whom. */
interface Listed {
  requestId: string;
  by: { id: string };
}

/**
 * The same, if this person may look at the request that was denied, it ended so, and it was for the same action of the same tool; null
 * otherwise, where nothing is listed, and where it cannot be read. The list only says where to look.
 */
export async function proposedBefore<Of extends Listed>(
  { snapshot: { request } }: PageView,
  listed: Of | null,
  person: Viewer,
  ports: { approval(requestId: string): Pick<RemoteApproval, "page"> | null },
): Promise<Of | null> {
  if (listed === null) return null;
  const found = await ports
    .approval(listed.requestId)
    ?.page(null)
    .catch(() => null);
  if (found == null || !mayLook(person, found.snapshot)) return null;
  const { status, proposal, request: denied } = found.snapshot;
  const isOfThis =
    denied.requested_by.id === request.requested_by.id && denied.action === request.action && toolOf(denied) === toolOf(request);
  return status === "denied" && proposal?.by.id === listed.by.id && isOfThis ? listed : null;
}
