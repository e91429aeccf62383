/** Asking back and answering, as pages and agents do it. */
import type { ApprovalPageState } from "#api/approval-page-data.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import type { Agent } from "../approvals.ts";
import { given } from "../invited.ts";
import { call, type Someone } from "../people.ts";

/** `POST /a/{id}/question`. */
export const askBack = (person: Someone, id: string, question: unknown): Promise<Response> =>
  call("POST", `/a/${id}/question`, { cookie: person.cookie, body: { question } });

export const askedBack = async (person: Someone, id: string, question: string): Promise<ApprovalPageState> =>
  given(await askBack(person, id, question));

/** `POST /api/v1/approvals/{id}/answer`. */
export const answer = (agent: Agent, id: string, text: unknown, questionId?: string): Promise<Response> =>
  call("POST", `/api/v1/approvals/${id}/answer`, {
    key: agent.key,
    origin: null,
    body: { ...(questionId !== undefined && { question_id: questionId }), answer: text },
  });

export const answered = async (agent: Agent, id: string, text: string, questionId?: string): Promise<AgentView> =>
  given(await answer(agent, id, text, questionId));

/** `POST /a/{id}/time`. */
export const giveTime = (person: Someone, id: string): Promise<Response> => call("POST", `/a/${id}/time`, { cookie: person.cookie });
