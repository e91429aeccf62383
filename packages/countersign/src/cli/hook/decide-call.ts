/**
 * Before a tool acts. 1. The call is asked for under its key: policy lets it pass at once, or people are waited for. 2. Which approval
 * it will use is kept. 3. The approval is redeemed, with exactly this call. 4. Only then the tool may go on. Whatever throws on the way
 * blocks the call; a process that dies on the way has answered nothing, and its tool's settings take that for no.
 */
import type { Approved } from "../../sdk/approvals/approved.ts";
import type { Countersign } from "../../sdk/approvals/countersign.ts";
import { ApprovalPending, CountersignError, OutcomeNotKnown, ServiceUnavailable } from "../../sdk/approvals/errors.ts";
import type { Progress } from "../../sdk/approvals/waiting.ts";
import type { KeptHookCalls } from "./kept-calls.ts";
import { type HookCall, payloadOfCall } from "./read-call.ts";
import type { HookTool } from "./tools.ts";

const MOST_NAME = 128;

/** In the gate's own words: what the model says of its call stands in the payload alone. */
const actionOf = (tool: HookTool, call: HookCall): string => `${tool.title} uses ${call.tool.slice(0, MOST_NAME)}`;

/** Whether somebody has to be told something at once, who hears of it only by this hook's answer. */
function endsWaiting(progress: Progress, isNew: boolean): boolean {
  if (progress.kind === "question") return true;
  return progress.kind === "asked" && isNew && progress.approval.status === "pending" && progress.approval.match_code !== undefined;
}

/** Whether the request is over, or there is none, so that the same call has to be asked for anew. */
const isOver = (error: unknown): boolean =>
  error instanceof CountersignError &&
  !(error instanceof ApprovalPending || error instanceof ServiceUnavailable) &&
  error.approval?.status !== "pending";

/** Who let it pass. */
function allowedText({ request_id, approval }: Approved): string {
  const names = approval.decided_by.filter(({ verdict }) => verdict === "approved").map(({ username }) => username);
  return `${names.length === 0 ? `Let pass by ${approval.basis}` : `Approved by ${names.join(", ")}`} (${request_id})`;
}

export interface CallWaiting {
  /** How long the gate may take to answer that it was asked. */
  answerSeconds: number;
  /** How long people may take from then on. */
  waitSeconds: number;
  /** Hears where people decide. */
  onAsked: (approvalUrl: string) => void;
}

/** Lets a call go on, and gives why. Throws whatever keeps it from that. */
export async function decideCall(
  gate: Countersign,
  tool: HookTool,
  call: HookCall,
  kept: KeptHookCalls,
  { answerSeconds, waitSeconds, onAsked }: CallWaiting,
): Promise<string> {
  const payload = payloadOfCall(call);

  async function ask(isAgain: boolean): Promise<{ approved: Approved; key: string }> {
    const { key, isNew } = await kept.askingKey(call);
    const waiting = new AbortController();
    const stop = () => waiting.abort();
    const unanswered = setTimeout(stop, answerSeconds * 1_000);
    const onProgress = (progress: Progress) => {
      clearTimeout(unanswered);
      if (progress.kind === "asked" && progress.approval.status === "pending") onAsked(progress.approval_url);
      if (endsWaiting(progress, isNew)) stop();
    };
    try {
      const approved = await gate.requestApproval({
        action: actionOf(tool, call),
        payload,
        tool: call.tool.slice(0, MOST_NAME),
        server: tool.name,
        idempotencyKey: key,
        signal: waiting.signal,
        waitSeconds,
        onProgress,
      });
      return { approved, key };
    } catch (error) {
      if (isOver(error)) await kept.forgetAsking(call, key);
      // Another run has used this approval: this call is another one, and needs its own.
      if (error instanceof OutcomeNotKnown && !isAgain) return await ask(true);
      throw error;
    } finally {
      clearTimeout(unanswered);
    }
  }

  const { approved, key } = await ask(false); // 1
  await kept.keepLetGo(call, approved.state); // 2
  try {
    await gate.redeem(approved, payload); // 3
  } catch (error) {
    // Where it is not known whether it was used, the same call finds out.
    if (!(error instanceof ServiceUnavailable)) await kept.forgetAsking(call, key);
    throw error;
  }
  await kept.forgetAsking(call, key);
  return allowedText(approved); // 4
}
