/** A payload as agents send them, and all that the strip above it says, in order; what is a warning has an exclamation mark before it. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { ApprovedBeforePorts } from "#gate/approvals/beside/approved-before.ts";
import type { BesidePorts } from "#gate/approvals/beside/beside-request.ts";
import { besideApproval } from "#http/approvals/beside-approval.ts";
import type { ApprovalPageData } from "#api/approval-page-data.ts";
import { ALEX, approvalData } from "../documents/approval-data.ts";
import { callPageView, callRequest } from "../documents/call-data.ts";

export interface CorpusCase {
  name: string;
  action: string;
  reason?: string;
  payload: JsonObject;
  /** Payloads that people approved before, the last first. */
  approved?: readonly JsonObject[];
  strip: readonly string[];
}

const RISK = { level: "high" as const, score: 45, reasons: ["The rule says high risk."] };

/** The page's data for Alex, as the service makes it. */
export async function corpusData(origin: string, { action, reason, payload, approved = [] }: CorpusCase): Promise<ApprovalPageData> {
  const context = { source: "ask" as const, tool: "tool", risk: RISK };
  const request = callRequest(origin, payload, { action, context, ...(reason !== undefined && { reason }) });
  const before = approved.map((one, i) => {
    const view = callPageView(callRequest(origin, one, { action, context, id: `apr_${String(i).padStart(32, "d")}` }), one, null);
    return { ...view, snapshot: { ...view.snapshot, status: "approved" as const } };
  });
  const nothing = () => Promise.resolve([]);
  const ports: BesidePorts & ApprovedBeforePorts = {
    approvedOf: () => Promise.resolve(before.map(({ snapshot }) => snapshot.request.id)),
    approval: (id) => ({ page: () => Promise.resolve(before.find(({ snapshot }) => snapshot.request.id === id) ?? null) }),
    lastApprovedCall: () => Promise.resolve(null),
    requestsOf: nothing,
    recentCalls: nothing,
    agentsUnder: nothing,
    authenticationOf: () => Promise.resolve(null),
    connectedAs: () => Promise.resolve(null),
    now: () => Date.now(),
  };
  const { aids } = await besideApproval(callPageView(request, payload, null), { id: ALEX.id, roles: ["approver"] }, ports);
  return { ...approvalData(origin), request, payload, aids };
}
