/** People ask an agent before they decide, and it answers: in its request's object. Each is stored, then logged, then told. */
import { b64u } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { answeredSo, answerQuestion, askBack, type AnswerRefusal, type GivenAnswer, type QuestionRefusal } from "#rules/talk/questions.ts";
import { applyChange, type Changed, HALTED, type PastChanging } from "./approval-object.ts";
import type { ApprovalPorts } from "./object-ports.ts";
import { mayDecideNow } from "./page-nonce.ts";
import type { UsePorts } from "./use-approval.ts";

/** A person's question. The person is the session's. */
export interface AskedQuestion {
  person: { id: string; username: string };
  text: string;
}

type Halted = { reason: (typeof HALTED)[keyof typeof HALTED] };
export type AskBackRefusal = QuestionRefusal | PastChanging | Halted | { reason: "unknown-request" };
export type GivenAnswerRefusal = AnswerRefusal | PastChanging | Halted | { reason: "unknown-request" | "not-logged" };

/** Stores the question, unless another waits for its answer. The caller then brings the approval up to date, which logs it. */
export async function recordQuestion({ person, text }: AskedQuestion, ports: ApprovalPorts): Promise<Result<null, AskBackRefusal>> {
  if (!mayDecideNow(ports, person.id)) return refuse({ reason: "unknown-request" });
  const words = { text, salt: b64u(ports.random(32)) };
  const asked = await applyChange(ports, [], (approval, judgement): Result<Changed, AskBackRefusal> => {
    if (judgement.halted !== null) return refuse({ reason: HALTED[judgement.halted] });
    const next = askBack(approval, person, words, judgement);
    return next.ok ? accept({ approval: next.value }) : next;
  });
  if (asked === null) return refuse({ reason: "unknown-request" });
  return asked.ok ? accept(null) : asked;
}

/** 1. of this agent's own; 2. stored, once; the same words again are the same answer; 3. in the log: the one to that question. */
export async function recordAnswer(agentId: string, said: GivenAnswer, ports: UsePorts): Promise<Result<null, GivenAnswerRefusal>> {
  if (ports.store.read()?.request.requested_by.id !== agentId) return refuse({ reason: "unknown-request" }); // 1
  await ports.settle();
  const wordsSalt = b64u(ports.random(32));
  const answered = await applyChange(ports, [], (approval, judgement): Result<Changed, GivenAnswerRefusal> => {
    if (judgement.halted !== null) return refuse({ reason: HALTED[judgement.halted] });
    const next = answerQuestion(approval, said, wordsSalt, judgement);
    return next.ok ? accept({ approval: next.value }) : next;
  }); // 2
  if (answered === null) return refuse({ reason: "unknown-request" });
  if (!answered.ok) return answered;

  await ports.settle(); // 3
  const held = ports.store.read();
  const answer = held === null ? null : answeredSo(held, said)?.answer;
  return answer?.logged == null ? refuse({ reason: "not-logged" }) : accept(null);
}
