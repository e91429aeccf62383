import { answerTool } from "#api/approval-schemas.ts";
import { answerAsked } from "#gate/approvals/agent-approvals.ts";
import { approvalTool, told } from "../approval-tool.ts";

/** Answers what a person asked before deciding. */
export const answerQuestionTool = approvalTool({
  name: "answer_question",
  title: "Answer a question",
  description:
    "Answers what a person asked about a pending request of yours: when an answer has `question` without `answered_at`, answer it here with its `id` as question_id, then call wait_for_approval again. " +
    "People read it as your own words before they decide. It decides nothing.",
  hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: answerTool,
  run: async ({ request_id: requestId, question_id: questionId = null, answer: text }, { agent, ports }) =>
    told(await answerAsked(requestId, agent, { questionId, text }, ports.approvals)),
});
