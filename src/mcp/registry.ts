/**
 * The tools that agents may call, and no others: nothing here decides, enrols or changes a rule. Each is a file in tools/, and
 * a line here.
 */
import type { Agent } from "#gate/approvals/agent-approvals.ts";
import type { ServedTool } from "./tool.ts";
import { answerQuestionTool } from "./tools/answer-question.ts";
import { cancelApprovalTool } from "./tools/cancel-approval.ts";
import { explainPolicyTool } from "./tools/explain-policy.ts";
import { redeemApprovalTool } from "./tools/redeem-approval.ts";
import { reportOutcomeTool } from "./tools/report-outcome.ts";
import { requestHumanApprovalTool } from "./tools/request-human-approval.ts";
import { waitForApprovalTool } from "./tools/wait-for-approval.ts";

/** In the order in which they are listed. */
const BUILT_IN: readonly ServedTool[] = [
  requestHumanApprovalTool,
  waitForApprovalTool,
  cancelApprovalTool,
  redeemApprovalTool,
  reportOutcomeTool,
  explainPolicyTool,
  answerQuestionTool,
];

/** The tools of this agent, in the order in which they are listed; no two have one name. So far every agent has the same. */
export const toolsFor = (_agent: Agent): readonly ServedTool[] => BUILT_IN;
