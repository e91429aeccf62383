/** A request as people see it: the one in the path, and how it stands. */
import type { Context } from "hono";
import type { ApprovalPageState } from "#api/approval-page-data.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { Result } from "#countersign/result.ts";
import type { AskedBack, Snapshot, Use } from "#gate/approvals/snapshot.ts";
import { type ViewRefusal, visibleRequest } from "#gate/approvals/visible-request.ts";
import type { App } from "#http/context.ts";

/** The request in the path, if this person may look at it. */
export const visibleApproval = (c: Context<App>): Promise<Result<Snapshot, ViewRefusal>> =>
  visibleRequest(c.req.param("id") ?? "", c.var.person, c.var.ports.agentApprovals());

/** How it stands, as the page and its script read it. */
export const pageState = (snapshot: Snapshot): ApprovalPageState => ({
  tag: snapshot.tag,
  status: snapshot.status,
  ended_by: snapshot.endedBy ?? snapshot.basis ?? null,
  cancel_reason: snapshot.cancelReason,
  decided_at: snapshot.endedAt,
  decisions: snapshot.decisions,
  ...(snapshot.questions === undefined ? {} : { questions: snapshot.questions.map(questionPart) }),
  ...(snapshot.wrongPicks === undefined || snapshot.wrongPicks.length === 0 ? {} : { wrong_picks: snapshot.wrongPicks }),
  ...(snapshot.extended === undefined ? {} : { expires_at: snapshot.request.expires_at, extended: snapshot.extended }),
  ...(snapshot.proposal === undefined ? {} : { proposal: proposalPart(snapshot.proposal) }),
  ...(snapshot.use == null ? {} : { use: usePart(snapshot.use) }),
});

const usePart = ({ redeemedAt, outcome, reportedAt, detail }: Use): Exclude<ApprovalPageState["use"], undefined> => ({
  redeemed_at: redeemedAt,
  outcome,
  reported_at: reportedAt,
  detail,
});

const questionPart = ({ number, text, by, askedAt, answer }: AskedBack): NonNullable<ApprovalPageState["questions"]>[number] => ({
  number,
  text,
  by,
  asked_at: askedAt,
  answer,
});

const proposalPart = ({ by, payload }: NonNullable<Snapshot["proposal"]>): NonNullable<ApprovalPageState["proposal"]> => ({
  by,
  payload: payload === null ? null : (JSON.parse(payload) as JsonObject),
});
