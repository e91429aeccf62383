/** `GET /api/v1/approvals/{id}/receipt`: for the agent whose request it is, people who could decide it, and auditors. */
import type { Context } from "hono";
import { ownApproval } from "#gate/approvals/agent-approvals.ts";
import { receiptFailure } from "#gate/approvals/approval-failures.ts";
import { assembleReceipt, type ReceiptParts, type ReceiptRefusal } from "#gate/approvals/assemble-receipt.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { visibleApproval } from "./visible-approval.ts";

export async function receipt(c: Context<App>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const approval = c.var.ports.approval(id);
  if (approval === null || !(await mayHave(c, id))) return problem(c, receiptFailure({ reason: "not-visible" }));
  const parts = await approval.receiptParts();
  if (parts === null) return problem(c, receiptFailure({ reason: "not-ended" }));
  const made = await documentOf(parts, c);
  if (!made.ok) return problem(c, receiptFailure(made.refusal));
  c.header("content-disposition", `attachment; filename="${id}.receipt.json"`);
  return c.json(made.value);
}

async function documentOf(parts: ReceiptParts, c: Context<App>): Promise<Result<object, ReceiptRefusal>> {
  const { ports, hasEnded } = await c.var.ports.receipts(parts.log);
  try {
    return accept(await assembleReceipt(parts, ports));
  } catch (error) {
    if (!hasEnded) throw error;
    logLine("log-unavailable", { code: "log_frozen", error: errorText(error) });
    return refuse({ reason: "proofs-lost", log: parts.log });
  }
}

async function mayHave(c: Context<App>, id: string): Promise<boolean> {
  const { agent, ports }: Partial<Pick<App["Variables"], "agent">> & Pick<App["Variables"], "ports"> = c.var;
  const found = agent === undefined ? await visibleApproval(c) : await ownApproval(id, agent, ports.agentApprovals());
  return found.ok;
}
