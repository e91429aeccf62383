/**
 * Asking back: before they decide, people may ask the agent, and it answers in its own words. Nothing of it decides anything. Pure; how it
 * comes into the log is logged-questions.ts.
 */
import { seal } from "#countersign/documents/record.ts";
import { eligiblePeople } from "#countersign/documents/request.ts";
import { saltedTextHash } from "#countersign/documents/statement.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type ApprovalState, type Circumstances, isDue, notBefore } from "../approval.ts";
import type { Words } from "../fact.ts";
import { MAX_QUESTIONS } from "./limits.ts";
import { holdsNumber } from "./number-match.ts";
import type { KeptQuestion } from "./said-before-end.ts";

export interface QuestionRefusal {
  reason: "already-final" | "deadline-passed" | "not-eligible" | "already-decided" | "log-ended" | "question-open" | "too-many-questions";
}

export interface AnswerRefusal {
  reason: "already-final" | "deadline-passed" | "log-ended" | "no-question" | "number-in-answer";
}

/** What the agent says, and to which question: null if it does not say that. */
export interface GivenAnswer {
  questionId: string | null;
  text: string;
}

/** How its agent names a question. */
export const questionId = ({ sealed }: Pick<KeptQuestion, "sealed">): string => String(sealed.record.number);

type Said = Pick<Circumstances, "nowMs" | "salt" | "log">;

/** The question that waits for its answer, once the log has it; null if none does. Of one without words nothing can be answered. */
export function openQuestion({ questions = [], ending }: ApprovalState): KeptQuestion | null {
  const last = questions.at(-1);
  return ending !== null || last === undefined || last.logged === null || last.answer !== null || last.words === null ? null : last;
}

/** The approval once this person has asked. `words.salt` is for the text's hash. One who has decided asks no more. */
export function askBack(
  approval: ApprovalState,
  by: { id: string; username: string },
  words: Words,
  { nowMs, salt, log }: Said,
): Result<ApprovalState, QuestionRefusal> {
  const { request, decisions, questions = [] } = approval;
  if (approval.ending !== null) return refuse({ reason: "already-final" });
  if (isDue(approval, nowMs)) return refuse({ reason: "deadline-passed" });
  if (approval.log !== log) return refuse({ reason: "log-ended" });
  if (!eligiblePeople(request, timestamp(nowMs)).has(by.id)) return refuse({ reason: "not-eligible" });
  if (decisions.some(({ statement }) => statement.approver.id === by.id)) return refuse({ reason: "already-decided" });
  const last = questions.at(-1);
  if (last !== undefined && last.answer === null && last.words !== null) return refuse({ reason: "question-open" });
  if (questions.length >= MAX_QUESTIONS) return refuse({ reason: "too-many-questions" });
  const text_hash = saltedTextHash("countersign/question/v1", words.salt, words.text);
  const members = { request: request.id, number: questions.length + 1, text_hash, by };
  const sealed = seal("question.asked", members, { log, at: notBefore(approval, nowMs), salt });
  return accept({ ...approval, questions: [...questions, { sealed, logged: null, words, answer: null }] });
}

/**
 * The question that the agent has answered so before; undefined if none. An answer that names no question is taken for the repetition of any
 * with the same text: it was lost on its way back, perhaps, and people have asked something else meanwhile.
 */
export const answeredSo = ({ questions = [] }: ApprovalState, said: GivenAnswer): KeptQuestion | undefined =>
  questions.find((one) => one.answer?.words?.text === said.text && (said.questionId === null || questionId(one) === said.questionId));

/** The approval once its agent has answered; the same value if it has answered so before. */
export function answerQuestion(
  approval: ApprovalState,
  said: GivenAnswer,
  wordsSalt: string,
  { nowMs, salt, log }: Said,
): Result<ApprovalState, AnswerRefusal> {
  const { questions = [], request } = approval;
  if (answeredSo(approval, said) !== undefined) return accept(approval);
  if (approval.ending !== null) return refuse({ reason: "already-final" });
  if (isDue(approval, nowMs)) return refuse({ reason: "deadline-passed" });
  if (approval.log !== log) return refuse({ reason: "log-ended" });
  const open = openQuestion(approval);
  if (open === null || (said.questionId !== null && questionId(open) !== said.questionId)) return refuse({ reason: "no-question" });
  // Whoever reads it there picks it without having the agent before them.
  if (approval.match !== undefined && holdsNumber(said.text, approval.match.code)) return refuse({ reason: "number-in-answer" });
  const words: Words = { text: said.text, salt: wordsSalt };
  const { id, name } = request.requested_by;
  const text_hash = saltedTextHash("countersign/answer/v1", words.salt, words.text);
  const members = { request: request.id, number: open.sealed.record.number, text_hash, by: { id, name } };
  const sealed = seal("question.answered", members, { log, at: notBefore(approval, nowMs), salt });
  return accept({ ...approval, questions: [...questions.slice(0, -1), { ...open, answer: { sealed, logged: null, words } }] });
}
