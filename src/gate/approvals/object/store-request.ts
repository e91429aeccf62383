/** Opening a request, in its object: stored once, and the first one stays. */
import { openedApproval } from "#rules/approval.ts";
import type { Opened, Opening } from "../open-approval.ts";
import { snapshot } from "../snapshot.ts";
import { type ApprovalPorts, nextAlarm } from "./approval-object.ts";

/** Stores the request unless one is there already; the first one stays. */
export function storeRequest(
  { request, payload, fingerprint, log }: Opening,
  ports: Pick<ApprovalPorts, "store" | "now" | "archiveAfterMs">,
): Opened {
  const held = ports.store.read();
  if (held !== null) return { snapshot: snapshot(held), isNew: false };
  const approval = openedApproval(request, payload, fingerprint, log);
  ports.store.write(approval, nextAlarm(approval, ports));
  return { snapshot: snapshot(approval), isNew: true };
}
