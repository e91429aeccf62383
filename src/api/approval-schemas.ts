/**
 * What agents send and are told, once for MCP tools, REST and the OpenAPI document. Names and limits only: what a
 * request means is gate/approvals/open-approval.ts.
 */
import * as z from "zod/mini";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { MAX_ANSWER_LENGTH } from "#rules/talk/limits.ts";
import { hasVisible } from "#countersign/text/display-text.ts";
import { described, describing } from "./document.ts";

const names = z.array(z.string().check(z.minLength(1), z.maxLength(64))).check(z.minLength(1), z.maxLength(50));

const requestId = described(z.string().check(z.maxLength(200)), "The request_id that request_human_approval returned.");
const waitSeconds = (most: number, note = "") =>
  described(
    z.optional(z.int().check(z.minimum(0), z.maximum(most))),
    `How long this call may wait for a decision, in seconds (default 25; 0 returns at once).${note} Waiting costs nothing and losing the call cancels nothing.`,
  );
const toolWaitSeconds = waitSeconds(
  300,
  " Give 50 at most unless you know that your client waits longer: many give up after 60 seconds, even while they hear of progress. More than 50 counts as 50 unless the call has a progress token.",
);
const reason = (description: string) => described(z.optional(z.nullable(z.string().check(z.maxLength(2_000)))), description);

/** A new one each time: it is described by what it is for. */
const anyPayload = () => z.looseObject({}, { error: ({ input }) => (typeof input === "string" ? "a JSON object, not text" : undefined) });

/** Of a tool or a server. */
const name = z.string().check(z.minLength(1), z.maxLength(128));

const askMembers = {
  action: described(
    z.string().check(
      z.minLength(1),
      z.maxLength(200),
      z.refine((text) => text === "" || hasVisible(text), "it has no character that people see"),
    ),
    "What will be done, as one plain sentence a person can judge: 'Deploy api 4.2.0 to production'.",
  ),
  payload: described(
    anyPayload(),
    "Everything the action will use, complete and exact: the person sees every field and signs its hash, and only exactly this may be done afterwards.",
  ),
  reason: reason("Why it is needed, in your own words. Shown as yours."),
  tool: described(z.optional(name), "The tool that you will do it with: rules of this service may be about it. Shown as your own word."),
  server: described(z.optional(name), "The MCP server of that tool."),
  approver_username: described(
    z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
    "The one person to ask. Short for approvers.users.",
  ),
  approvers: described(
    z.optional(
      z.strictObject({
        users: z.optional(names),
        groups: z.optional(names),
        required: z.optional(z.int().check(z.minimum(1), z.maximum(50))),
      }),
    ),
    "Whom to ask: usernames, groups, and how many of them must approve (default 1). Only narrows what this service allows. Leave out to ask any approver.",
  ),
  expires_in_seconds: described(
    z.optional(z.int().check(z.minimum(30), z.maximum(604_800))),
    "How long people have to decide, in seconds (default: as this service says, otherwise 900; no more than it allows). After that the answer is no.",
  ),
  reveal: described(
    z.optional(z.boolean()),
    "Publish it in the log if it is approved: then anybody can read the request, the payload, who decided and when. The person is told and signs that. Only where the service allows it.",
  ),
};
const idempotencyKey = z.string().check(z.minLength(1), z.maxLength(200));

/** Arguments of `request_human_approval`. */
export const askTool = z.strictObject({
  ...askMembers,
  wait_seconds: toolWaitSeconds,
  idempotency_key: described(
    z.optional(idempotencyKey),
    "A key of yours for this one action: calling again with it finds the same request, also after its end. Without one, only what still waits is found; the same action a second time needs another key.",
  ),
});
/** Body of `POST /approvals`. */
export const askBody = z.strictObject({ ...askMembers, wait_seconds: waitSeconds(50), idempotency_key: z.optional(idempotencyKey) });
/** The `Idempotency-Key` header. */
export const idempotencyHeader = idempotencyKey;

/** Arguments of `wait_for_approval`. */
export const waitTool = z.strictObject({ request_id: requestId, wait_seconds: toolWaitSeconds });
const cancelReason = reason("Why it is no longer needed. Shown to people.");
/** Arguments of `cancel_approval`. */
export const cancelTool = z.strictObject({
  request_id: requestId,
  reason: cancelReason,
});
/** Body of `POST /approvals/{id}/cancel`. */
export const cancelBody = z.strictObject({ reason: cancelReason });

const redeemMembers = {
  payload: described(anyPayload(), "What you are about to do it with: must be exactly the payload that was approved."),
  idempotency_key: described(
    z.optional(idempotencyKey),
    "A key of yours for this one execution: after a lost answer, calling again with it gets the same answer instead of already_redeemed.",
  ),
};
/** Arguments of `redeem_approval`. */
export const redeemTool = z.strictObject({ request_id: requestId, ...redeemMembers });
/** Body of `POST /approvals/{id}/redeem`. */
export const redeemBody = z.strictObject(redeemMembers);

const outcomeMembers = {
  outcome: described(
    z.enum(["succeeded", "failed", "unknown"]),
    "'unknown' if you cannot tell whether it happened; you may report succeeded or failed later.",
  ),
  detail: described(
    z.optional(z.nullable(z.string().check(z.maxLength(2_000)))),
    "What happened, in a few words. Only its hash goes into the log.",
  ),
};
/** Arguments of `report_outcome`. */
export const outcomeTool = z.strictObject({ request_id: requestId, ...outcomeMembers });
/** Body of `POST /approvals/{id}/outcome`. */
export const outcomeBody = z.strictObject(outcomeMembers);

const answerText = described(
  z.string().check(
    z.minLength(1),
    z.maxLength(MAX_ANSWER_LENGTH),
    z.refine((text) => text === "" || hasVisible(text), "it has no character that people see"),
  ),
  "Your answer, in your own words: people read it as yours before they decide.",
);
const answerMembers = {
  question_id: described(
    z.optional(z.string().check(z.maxLength(20))),
    "The id of the question that you answer, as question.id says. Always give it: repeated after a lost response, your answer then counts for no later question.",
  ),
  answer: answerText,
};
/** Arguments of `answer_question`. */
export const answerTool = z.strictObject({ request_id: requestId, ...answerMembers });
/** Body of `POST /approvals/{id}/answer`. */
export const answerBody = z.strictObject(answerMembers);

/** Query of `GET /approvals/{id}`. */
export const waitQuery = z.object({ wait: z.optional(z.coerce.number().check(z.int(), z.minimum(0), z.maximum(50))) });

const decisionBy = z.looseObject({ id: z.string(), username: z.string(), verdict: z.enum(["approved", "denied"]), decided_at: z.string() });

/** What both answer with. */
export const approvalDocument = describing<AgentView>()(
  z.looseObject({
    request_id: z.string(),
    status: described(
      z.enum(["pending", "approved", "denied", "expired", "cancelled"]),
      "Only 'approved' allows the action. Treat every other value, also one you do not know, as not approved.",
    ),
    basis: described(
      z.enum(["passkeys", "policy", "grant", "timeout"]),
      "What an approval rests on: 'passkeys' are signatures of people; by all others no person was asked, because a rule, a grant or silence lets it pass.",
    ),
    action: z.string(),
    payload_hash: described(z.string(), "SHA-256 of the canonical payload (RFC 8785), hexadecimal."),
    request_hash: z.string(),
    approval_url: described(z.string(), "The page where people decide. Show it to the person."),
    requested_at: z.string(),
    expires_at: z.string(),
    use_by: described(z.string(), "Doing the action later than this is not covered by the approval."),
    rule: described(z.exactOptional(z.string()), "The rule of this service's policy that it was judged by."),
    shortened: described(
      z.exactOptional(z.array(z.enum(["expires_in", "use_within"]))),
      "What you asked for and is shorter here, because the policy allows no more.",
    ),
    required: described(z.int(), "How many people must approve."),
    approvals: described(z.int(), "How many have approved so far."),
    notified_at: described(z.exactOptional(z.string()), "When somebody who may decide was first told over a channel."),
    seen_at: described(z.exactOptional(z.string()), "When one of them first opened the page."),
    awaiting: described(z.exactOptional(z.array(z.string())), "Usernames of those who may decide now and have not."),
    match_code: described(
      z.exactOptional(z.string()),
      "Show this number to the person together with the link: whoever approves has to pick it.",
    ),
    question: described(
      z.exactOptional(
        z.looseObject({
          id: z.string(),
          text: z.string(),
          by: z.string(),
          asked_at: z.string(),
          answer: z.exactOptional(z.string()),
          answered_at: z.exactOptional(z.string()),
        }),
      ),
      "What a person asked you last, before deciding. As long as it has no answered_at, it waits for answer_question.",
    ),
    decided_at: z.exactOptional(z.string()),
    decided_by: z.exactOptional(z.array(decisionBy)),
    comment: described(z.exactOptional(z.string()), "What the deciding person wrote."),
    proposal: described(
      z.exactOptional(z.looseObject({ payload: z.looseObject({}) })),
      "What the denying person would rather let pass. It allows nothing: ask for exactly this payload, if it serves.",
    ),
    cancel_reason: z.exactOptional(z.string()),
    redeemed_at: described(z.exactOptional(z.string()), "When it was redeemed: nobody else may act on it."),
    outcome: described(z.exactOptional(z.enum(["succeeded", "failed", "unknown"])), "How the action went, as reported."),
    receipt_url: described(z.exactOptional(z.string()), "The receipt: proof of the decision that verifies offline."),
    next: described(z.string(), "What to do now."),
  }),
);
