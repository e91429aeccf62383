/** How an agent is told that its request was not approved: one text, for whatever passes it on to a model. */
import type { Approval } from "../answers.ts";

/** Who said it, as the service names them. */
function whoDenied({ decided_by }: Approval): string {
  const names = decided_by.filter(({ verdict }) => verdict === "denied").map(({ username }) => username);
  return names.length === 0 ? "" : ` by ${names.join(", ")}`;
}

function ending(approval: Approval): string {
  switch (approval.status) {
    case "denied":
      return `This was denied${whoDenied(approval)}`;
    case "expired":
      return "Nobody decided about this in time";
    case "cancelled":
      return `This was withdrawn${approval.cancel_reason === undefined ? "" : ` (${JSON.stringify(approval.cancel_reason)})`}`;
    default:
      return "This is not approved";
  }
}

/**
 * What ended without an approval, in words for a model: who denied it, what they said, and what they would rather let pass. What people
 * wrote is quoted as JSON, so that it cannot be taken for words of this text.
 */
export function denialText(approval: Approval): string {
  const { comment, proposal, request_id } = approval;
  return [
    `${ending(approval)}: it must not be done. (${request_id})`,
    ...(comment === undefined ? [] : [`They wrote: ${JSON.stringify(comment)}`]),
    ...(proposal === undefined
      ? []
      : [`They propose instead, which has to be asked for anew and is not approved yet: ${JSON.stringify(proposal.payload)}`]),
    approval.status === "denied" && proposal === undefined ? "Do not ask for the same again unless something has changed." : "",
  ]
    .filter((line) => line !== "")
    .join("\n");
}
