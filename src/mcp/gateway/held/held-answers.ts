/** What an agent is told of a call that people are asked about: that it waits, how it ended, or what the server said once it was run. */
import type { AgentView, QuestionToAgent } from "#countersign/documents/agent-view.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { CallRun } from "#rules/calls/gated-call.ts";
import type { Failure, FailureCode } from "#rules/failure.ts";
import { refusal } from "../../tool-answer.ts";
import { PENDING_META, REPLAYED_META } from "../meta.ts";
import { RESUME_CALL } from "../own-tools.ts";
import { INVALID_PARAMS, rpcError, type RpcId, rpcResult } from "../rpc.ts";

/** A result as text, so that what the server said stays byte for byte what it said. */
export const resultText = (id: RpcId, result: object): string => JSON.stringify(rpcResult(id, result));

const AT_ONCE = " Once it is approved it is sent at once, also if you do not come back.";

/** How a held call is answered. */
export interface HeldForm {
  id: RpcId;
  /** Of the message that is answered: a tool's answer is a result that says what is, any other's is its own result or an error. */
  method: string;
  isModern: boolean;
  /** Its list has said that a call may have to wait. */
  isMarked: boolean;
  /** Whether it is sent as soon as it is approved, without anybody who waits. */
  isSentAtOnce: boolean;
}

/** A call that waits, said so that nobody takes it for done. */
export function pendingText({ id, method, isModern, isMarked, isSentAtOnce }: HeldForm, view: AgentView): string {
  const { request_id: request, approval_url: url, approvals, required } = view;
  const { question } = view;
  const pending = {
    request_id: request,
    approval_url: url,
    ...(question !== undefined && { question: { ...question } }),
    ...(view.match_code !== undefined && { match_code: view.match_code }),
  };
  const signed = approvals > 0 ? ` ${approvals} of ${required} have approved.` : "";
  const asked = isAsked(view)
    ? ` ${askedText(view.question)} Answer with ${RESUME_CALL}, the request_id, "question_id": "${view.question.id}" and "answer".`
    : "";
  const number = view.match_code === undefined ? "" : `the number ${view.match_code}, which they have to pick to approve, and `;
  const text =
    `NOT DONE YET. Nothing has been sent to the server: a person has to approve this first.${signed}${asked} ` +
    `Show the person ${number}${url} and call ${RESUME_CALL} with {"request_id": "${request}"} to go on with this very call.${isSentAtOnce ? AT_ONCE : ""} Do not act as if it had happened.`;
  if (method !== "tools/call") return JSON.stringify(rpcError(id, INVALID_PARAMS, text, { code: "approval_pending", ...pending }));
  return resultText(id, {
    ...(isModern && { resultType: "complete" }),
    content: [{ type: "text", text }],
    ...(!isMarked && { isError: true }),
    _meta: { [PENDING_META]: pending },
  });
}

/** A held call that comes to nothing. */
export function failureText({ id, method, isModern }: Pick<HeldForm, "id" | "method" | "isModern">, failure: Failure): string {
  const { code, message, rule } = failure;
  if (method !== "tools/call") return JSON.stringify(rpcError(id, INVALID_PARAMS, message, { code, ...(rule !== undefined && { rule }) }));
  return resultText(id, { ...(isModern && { resultType: "complete" }), ...refusal(failure) });
}

/** Whether a person waits for an answer before deciding. */
const isAsked = (view: AgentView): view is AgentView & { question: QuestionToAgent } =>
  view.question !== undefined && view.question.answered_at === undefined;

const askedText = ({ by, text }: QuestionToAgent): string => `Before deciding, ${by} asks you: ${text}`;

/** What is told while it waits. */
export const waitingMessage = (view: AgentView): string => (isAsked(view) ? askedText(view.question) : waitingFor(view));

const waitingFor = ({ approval_url: url, approvals, required, match_code: code }: AgentView): string => {
  const number = code === undefined ? "" : ` (number to pick: ${code})`;
  return required === 1
    ? `Waiting for a person to approve${number}: ${url}`
    : `Waiting for people to approve${number}, ${approvals} of ${required} have: ${url}`;
};

const ENDS: Record<"denied" | "expired" | "cancelled", string> = {
  denied: "A person has denied this call: do not do it, and do not ask for the same again.",
  expired: "Nobody decided in time, which means no. Nothing was sent.",
  cancelled: "The request for this call was withdrawn. Nothing was sent.",
};

/** A call that people, time or its agent ended without a yes. */
export function endedWithout({ status, comment, rule }: AgentView): Failure {
  const code: FailureCode = "not_approved";
  const end = status === "denied" || status === "expired" || status === "cancelled" ? ENDS[status] : ENDS.cancelled;
  const said = comment === undefined ? "" : ` They say: ${comment}`;
  return { code, message: `${end}${said}`, ...(rule !== undefined && { rule }), reason: status };
}

const withReplayed = (text: string): string => {
  const result = JSON.parse(text) as JsonObject;
  const meta = isObject(result["_meta"]) ? result["_meta"] : {};
  return JSON.stringify({ ...result, _meta: { ...meta, [REPLAYED_META]: true } });
};

/** Whether nothing more comes of it; a refusal may be another by the time it is collected again. */
export const isRunOver = (run: CallRun): boolean => run.status !== "refused" || run.isOver === true || run.code === "deadline_passed";

/** The answer of a call that was run, or why it was not: one JSON-RPC message. Null while it is neither. */
export function runText(form: Pick<HeldForm, "id" | "method" | "isModern">, run: CallRun): string | null {
  const { id } = form;
  const told = (failure: Failure) => failureText(form, failure);
  switch (run.status) {
    case "not-sent":
    case "sending":
      return null;
    case "answered": {
      const wrapped = (member: string, text: string) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"${member}":${text}}`;
      if ("error" in run.answer) return wrapped("error", run.answer.error);
      return wrapped("result", run.replayed ? withReplayed(run.answer.result) : run.answer.result);
    }
    case "unknown":
      return told({
        code: "outcome_unknown",
        message:
          "This call was approved and sent, and it is not known what became of it. It is not sent again: find out before you repeat anything.",
      });
    case "refused": {
      const { code, message, rule } = run;
      return told({ code: code as FailureCode, message, ...(rule !== null && { rule }) });
    }
    case "collected":
      return told({
        code: "already_redeemed",
        message:
          "This call was run; its answer was given out already, or is not kept any more. It is not run again; make a new call if you mean another.",
      });
  }
}

/** What is no tool's answer, as the answer of the tool that went on with it: the same, as text and as structured content. */
export function asToolAnswer(text: string, isModern: boolean): string {
  const message = JSON.parse(text) as JsonObject;
  const { result } = message;
  if (!isObject(result)) return text;
  const { _meta: meta, resultType: _, ...said } = result;
  return JSON.stringify({
    ...message,
    result: {
      ...(isModern && { resultType: "complete" }),
      content: [{ type: "text", text: JSON.stringify(said) }],
      structuredContent: said,
      ...(meta !== undefined && { _meta: meta }),
    },
  });
}
