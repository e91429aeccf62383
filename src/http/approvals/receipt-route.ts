/** `GET /api/v1/approvals/{id}/receipt`: for the agent whose request it is, people who could decide it, and auditors. */
import type { Context } from "hono";
import { receiptFailure } from "#gate/approvals/approval-failures.ts";
import {
  assembleReceipt,
  type ReceiptParts,
  type ReceiptPorts,
  type ReceiptRefusal,
  RecordWithheld,
} from "#gate/approvals/assemble-receipt.ts";
import { mayLookAmong, type ReceiptViewer } from "#gate/approvals/visible-request.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { withheldRequest } from "#storage/erasure/withheld-requests.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";

export async function receipt(c: Context<App>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const approval = c.var.ports.approval(id);
  if (approval === null) return problem(c, receiptFailure({ reason: "not-visible" }));
  const parts = await approval.receiptFor(viewerOf(c));
  if (!parts.ok)
    return problem(
      c,
      receiptFailure(parts.refusal.reason === "not-visible" && (await isWithheld(id, c)) ? { reason: "withheld" } : parts.refusal),
    );
  const made = await documentOf(parts.value, c);
  if (!made.ok) return problem(c, receiptFailure(made.refusal));
  c.header("content-disposition", `attachment; filename="${id}.receipt.json"`);
  return c.json(made.value);
}

async function documentOf(parts: ReceiptParts, c: Context<App>): Promise<Result<object, ReceiptRefusal>> {
  const { ports, hasEnded } = await c.var.ports.receipts(parts.log);
  try {
    return accept(await assembleReceipt(parts, ports, await givingParts(parts, ports, c)));
  } catch (error) {
    if (error instanceof RecordWithheld) return refuse({ reason: "withheld" });
    if (!hasEnded) throw error;
    logLine("log-unavailable", { code: "log_frozen", error: errorText(error) });
    return refuse({ reason: "proofs-lost", log: parts.log });
  }
}

/** Whether nothing is left of the request because its end is withheld. Told to those alone who could have had the receipt. */
async function isWithheld(id: string, c: Context<App>): Promise<boolean> {
  const request = await withheldRequest(c.env.DB, id);
  const viewer = viewerOf(c);
  if (request === null) return false;
  if ("agentId" in viewer) return request.agentId === viewer.agentId;
  return mayLookAmong(viewer, new Set(request.eligible));
}

/** Of the approval that a grant was given with: whoever may have the receipt of what it let pass, its agent and auditors, may have that one. */
async function givingParts({ further }: ReceiptParts, ports: ReceiptPorts, c: Context<App>): Promise<ReceiptParts | null> {
  const grant = further?.grant ?? null;
  const requestId = grant === null ? null : await ports.requestOfGrant(grant.id);
  const parts = requestId === null ? null : await c.var.ports.approval(requestId)?.receiptFor(viewerOf(c));
  return parts?.ok === true ? parts.value : null;
}

function viewerOf(c: Context<App>): ReceiptViewer {
  const { agent, person }: Partial<Pick<App["Variables"], "agent">> & Pick<App["Variables"], "person"> = c.var;
  return agent === undefined ? { id: person.id, roles: person.roles } : { agentId: agent.id };
}
