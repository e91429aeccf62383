/** `GET /api/v1/approvals/{id}/receipt`: for the agent whose request it is, people who could decide it, and auditors. */
import type { Context } from "hono";
import { ownApproval } from "#gate/approvals/agent-approvals.ts";
import { assembleReceipt, type ReceiptParts } from "#gate/approvals/assemble-receipt.ts";
import type { Failure } from "#rules/failure.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { UNKNOWN_APPROVAL, visibleApproval } from "./approval-page-routes.tsx";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";

const NOT_FINAL: Failure = { code: "not_final", message: "This request has not ended yet: a receipt is there once it has." };

export async function receipt(c: Context<App>): Promise<Response> {
  const found = await findApproval(c);
  if (found === null) return problem(c, UNKNOWN_APPROVAL);
  const parts = await c.var.ports.approval(found).receiptParts();
  if (parts === null) return problem(c, NOT_FINAL);
  const document = await documentOf(parts, c);
  if (document === null) return problem(c, notHeldAnyMore(parts));
  c.header("content-disposition", `attachment; filename="${found}.receipt.json"`);
  return c.json(document);
}

const notHeldAnyMore = ({ log }: ReceiptParts): Failure => ({
  code: "unavailable",
  message: `This request is in the log ${log}, which has ended, and the database does not hold all that proves it there. A receipt downloaded before stays valid.`,
});

/** Null if it cannot be had from what is left of a log that has ended. */
async function documentOf(parts: ReceiptParts, c: Context<App>): Promise<object | null> {
  const { ports, hasEnded } = await c.var.ports.receipts(parts.log);
  try {
    return await assembleReceipt(parts, ports);
  } catch (error) {
    if (!hasEnded) throw error;
    logLine("log-unavailable", { code: "log_frozen", error: errorText(error) });
    return null;
  }
}

/** The id in the path, if the caller may have its receipt. */
async function findApproval(c: Context<App>): Promise<string | null> {
  if (c.get("agent") === undefined) return (await visibleApproval(c))?.request.id ?? null;
  const own = await ownApproval(c.req.param("id") ?? "", c.var.agent, c.var.ports.agentApprovals());
  return own.ok ? own.value.request.id : null;
}
