/** The route of /api/v1 for the lists of people's inboxes. */
import { approvalList, approvalsQuery, listedApproval } from "../inbox/approval-list.ts";
import { json, named, people as security, refused } from "./openapi-parts.ts";

named(listedApproval, "ListedApproval");

export const listApprovals = {
  summary: "The requests in a person's lists: what waits for them or for others, what has ended; for auditors everybody's",
  security,
  requestParams: { query: approvalsQuery },
  responses: { 200: json("At most 50 requests.", approvalList), default: refused },
};
