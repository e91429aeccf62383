/** Opening a request, in its object: stored once, and the first one stays. */
import { b64u } from "#countersign/encoding/bytes.ts";
import { isV2 } from "#countersign/documents/request.ts";
import { TEST_PAYLOAD_HASH } from "#rules/agents/test-request.ts";
import { openedApproval, passed } from "#rules/approval.ts";
import { makeNumbers } from "#rules/talk/number-match.ts";
import type { Opened, Opening } from "../opening.ts";
import { snapshot } from "../snapshot.ts";
import type { ApprovalPorts } from "./object-ports.ts";
import { nextAlarm } from "./approval-object.ts";

/** Stores the request unless one is there already; the first one stays. */
export function storeRequest(
  { basis = null, toTry: _, ...opening }: Opening,
  ports: Pick<ApprovalPorts, "store" | "now" | "archiveAfterMs" | "random">,
): Opened {
  const held = ports.store.read();
  if (held !== null) return { snapshot: snapshot(held, ports.now()), isNew: false };
  const { request } = opening;
  // One of version 1 says nothing of its risk, so nobody would know why; and no agent shows the number of a test, which is good for nothing.
  const isMatched = basis === null && isV2(request) && request.payload_hash !== TEST_PAYLOAD_HASH && opening.judged?.matchesNumber === true;
  const opened = openedApproval({ ...opening, ...(isMatched && { match: makeNumbers((bytes) => ports.random(bytes)) }) });
  const approval = basis === null ? opened : passed(opened, basis, b64u(ports.random(32)));
  ports.store.write(approval, nextAlarm(approval, ports));
  return { snapshot: snapshot(approval, ports.now()), isNew: true };
}
