/** Approval pages of calls at the gateway, as the service makes them of a payload and an accepted definition. */
import { hex } from "#countersign/encoding/bytes.ts";
import { canonicalize, hashJson, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import type { RequestV2 } from "#countersign/documents/request.ts";
import { payloadHash } from "#countersign/documents/request.ts";
import { toolPin } from "#countersign/documents/tool-pin.ts";
import type { ApprovalPageData } from "#api/approval-page-data.ts";
import { besideApproval } from "#http/approvals/beside-approval.ts";
import type { ApprovedBeforePorts } from "#gate/approvals/beside/approved-before.ts";
import type { BesidePorts } from "#gate/approvals/beside/beside-request.ts";
import type { PageView } from "#gate/approvals/remote-approval.ts";
import type { CallToSend } from "#rules/calls/gated-call.ts";
import { ALEX, approvalData, SAM } from "./approval-data.ts";

/** A tool that runs what it is given. */
export const SQL_TOOL: JsonObject = {
  name: "execute_sql",
  title: null,
  description: "Runs one SQL statement against a project's database and returns its rows.",
  inputSchema: {
    type: "object",
    required: ["project", "query"],
    properties: {
      project: { type: "string", enum: ["staging", "production"] },
      query: { type: "string", description: "One statement, without parameters." },
      limit: { type: "integer", default: 100 },
    },
  },
  outputSchema: null,
  annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
  _meta: null,
};

/** A member that is a text. */
const textIn = (members: JsonObject, name: string): string => {
  const text = members[name];
  return typeof text === "string" ? text : "";
};

export const callPayload = (given: JsonObject, tool: JsonObject = SQL_TOOL): JsonObject => ({
  server: "warehouse",
  url_origin: "https://mcp.warehouse.example",
  tool: textIn(tool, "name"),
  schema_hash: toolPin(tool),
  arguments: given,
});

export interface CallVariation {
  given?: JsonObject;
  tool?: JsonObject;
  request?: Partial<RequestV2>;
  previous?: JsonObject | null;
  steps?: BesidePorts["recentCalls"];
  requests?: BesidePorts["requestsOf"];
  /** Arguments that people approved before, the last first. */
  approved?: readonly JsonObject[];
  /** What was called before people were asked, and what counted of the answer. */
  preview?: { tool: string; args: JsonObject; shown: JsonValue };
  /** The tool as whose call it is judged. */
  inner?: string;
}

/** A request that a call made. */
export function callRequest(origin: string, payload: JsonObject, change: Partial<RequestV2> = {}): RequestV2 {
  const { request } = approvalData(origin);
  return {
    ...request,
    type: "countersign/request@v2",
    action: `${textIn(payload, "server")}.${textIn(payload, "tool")}`,
    reason: "The nightly job found accounts that were closed by their owners.",
    payload_hash: payloadHash(payload),
    policy: { version: 4, rule: "database-writes", hash: "a".repeat(64) },
    context: {
      source: "call",
      server: { id: `srv_${"a".repeat(22)}`, name: textIn(payload, "server") },
      tool: textIn(payload, "tool"),
      risk: { level: "high", score: 45, reasons: ["The rule says high risk.", "The tool may destroy, as its server says."] },
    },
    quorum: [{ name: "dba", required: 2, eligible: [ALEX.id, SAM.id], escalations: [] }],
    denials: 1,
    ...change,
  };
}

/** What an object tells of it. */
export const callPageView = (
  request: RequestV2,
  payload: JsonObject,
  definition: JsonObject | null,
  preview?: CallVariation["preview"],
): PageView => ({
  snapshot: {
    request,
    fingerprint: "f",
    status: "pending",
    endedBy: null,
    endedAt: null,
    cancelReason: null,
    decisions: [],
    approvals: 0,
    required: 2,
    redeemedAt: null,
    outcome: null,
    logged: null,
    tag: "pending:0",
  },
  payload: JSON.stringify(payload),
  ...(definition && {
    call: {
      serverId: "srv_a",
      definition,
      trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      ...(preview && { preview: { rule: "database-writes", pick: null, ...preview, shown: canonicalize(preview.shown) } }),
    } as CallToSend,
  }),
  nonce: null,
});

/** The page's data and what the agent did, for Alex. */
export async function callData(origin: string, variation: CallVariation = {}) {
  const { given = { project: "production", query: "DELETE FROM users" }, tool = SQL_TOOL, previous = null } = variation;
  const payload = callPayload(given, tool);
  const { preview, inner } = variation;
  const asked = callRequest(origin, payload, variation.request);
  const request: RequestV2 = {
    ...asked,
    ...(inner !== undefined && { action: `${asked.action}(${inner})` }),
    ...(preview && { context: { ...asked.context, preview_hash: hex(hashJson(preview.shown)) } }),
  };
  const earlier = previous === null ? null : callPayload(previous, tool);
  const was = earlier === null ? null : callPageView(callRequest(origin, earlier, { id: `apr_${"b".repeat(32)}` }), earlier, tool);
  const before = (variation.approved ?? []).map((one, i) => {
    const made = callPayload(one, tool);
    return callPageView(callRequest(origin, made, { id: `apr_${String(i).padStart(32, "d")}` }), made, tool);
  });
  const approvedView = (id: string) => [was, ...before].find((one) => one?.snapshot.request.id === id) ?? was;
  const ports: BesidePorts & ApprovedBeforePorts = {
    approvedOf: () => Promise.resolve(before.map(({ snapshot }) => snapshot.request.id)),
    lastApprovedCall: () => Promise.resolve(was === null ? null : was.snapshot.request.id),
    approval: (id) => {
      const view = approvedView(id);
      const ended = view && { ...view, snapshot: { ...view.snapshot, status: "approved" as const, endedAt: "2026-11-28T14:02:00.000Z" } };
      return { page: () => Promise.resolve(ended) };
    },
    requestsOf: variation.requests ?? (() => Promise.resolve([])),
    recentCalls: variation.steps ?? (() => Promise.resolve([])),
    agentsUnder: () => Promise.resolve([]),
    authenticationOf: () => Promise.resolve({ kind: "bearer", credential_hash: null }),
    connectedAs: () => Promise.resolve(null),
    now: () => Date.now(),
  };
  const person = { id: ALEX.id, roles: ["approver" as const] };
  const { aids, session } = await besideApproval(callPageView(request, payload, tool, preview), person, ports);
  const data: ApprovalPageData = { ...approvalData(origin), request, payload, aids };
  return { data, session };
}
