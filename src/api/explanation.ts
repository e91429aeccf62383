/** What `explain_policy` takes and tells. */
import * as z from "zod/mini";
import { askTool } from "./approval-schemas.ts";
import { described, type DocumentOf } from "./document.ts";

const { action, payload, tool, server, reason } = askTool.shape;

/** Arguments of `explain_policy`: of an ask what rules may be about. */
export const explainTool = z.strictObject({ action: z.optional(action), payload, tool, server, reason });

const usernames = z.array(z.string());
const seconds = z.int();

/** One group of people of whom some have to approve. */
const slot = z.looseObject({
  name: z.string(),
  required: described(z.int(), "How many of them must approve; nobody counts twice."),
  approvers: described(usernames, "Who may approve at once."),
  later: described(
    z.array(z.looseObject({ after_seconds: seconds, approvers: usernames })),
    "Who may approve as well, so long after it is asked for.",
  ),
});

export const explanationDocument = z.looseObject({
  effect: described(
    z.enum(["allow", "require_approval", "deny"]),
    "'allow' passes without people once you ask, 'require_approval' waits for people, 'deny' is refused. This answer itself allows nothing.",
  ),
  rule: described(z.string(), "The rule that decides; 'default' where none matches."),
  policy_version: described(z.int(), "The version of the policy in force; 0 where none is published."),
  code: described(z.exactOptional(z.string()), "Why it is refused, as asking would be."),
  message: described(z.exactOptional(z.string()), "What to do about that."),
  risk: z.looseObject({ level: z.enum(["low", "medium", "high", "critical"]), score: z.int(), reasons: z.array(z.string()) }),
  approvers: described(usernames, "Everybody who would be asked at once, by username."),
  slots: z.array(slot),
  expires_in_seconds: described(seconds, "How long they would have."),
  use_within_seconds: described(seconds, "How long after that an approval could be used."),
});
export type Explanation = DocumentOf<typeof explanationDocument>;
