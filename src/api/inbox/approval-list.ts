/** What `GET /api/v1/approvals` takes of people, and answers: the lists of their inbox. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { described, type DocumentOf, fitting } from "../document.ts";

const text = (most: number) => z.optional(z.string().check(z.minLength(1), z.maxLength(most)));
const LEVELS = ["low", "medium", "high", "critical"] as const;
const ENDS = ["approved", "denied", "expired", "cancelled"] as const;
const levels = new RegExp(`^(?:${LEVELS.join("|")})(?:,(?:${LEVELS.join("|")}))*$`);

export const approvalsQuery = z.object({
  status: described(
    z.optional(z.enum(["pending", "ended", ...ENDS])),
    "`pending` (default): what is open, by deadline. `ended`, or one way to end: the newest first.",
  ),
  for: described(
    z.optional(z.enum(["me", "others", "everyone"])),
    "`me` (default of approvers): what waits for your signature, or ended and you decided or could have. `others`: what you have signed and others still have to. `everyone` (default of auditors who decide nothing): everybody's, for auditors.",
  ),
  q: described(text(200), "Words that all have to be in the action or the agent's name, or are the request's id."),
  risk: described(
    z.optional(z.string().check(z.regex(levels, "levels, separated by commas: low, medium, high, critical"))),
    "Any of these levels.",
  ),
  agent: described(text(100), "The agent's id or name."),
  cursor: described(text(200), "`next_cursor` of an answer: on from there."),
});
export type ApprovalsQuery = z.infer<typeof approvalsQuery>;

const time = fitting(z.string(), words.time);

export const listedApproval = z.looseObject({
  request_id: z.string(),
  action: z.string(),
  agent: described(z.string(), "Its name."),
  status: z.enum(["pending", ...ENDS]),
  risk: described(z.nullable(z.enum(LEVELS)), "Null where it is not known."),
  requested_at: time,
  expires_at: time,
  approval_url: z.string(),
});
export const approvalList = z.looseObject({
  items: z.array(listedApproval),
  next_cursor: z.optional(z.string()),
  looked_at: described(
    z.optional(z.int()),
    "How many were looked at, where there are more and fewer were found than there is room for: `next_cursor` goes on after them.",
  ),
});
export type ApprovalList = DocumentOf<typeof approvalList>;
