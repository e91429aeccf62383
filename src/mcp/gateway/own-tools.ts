/** The gate's own tools at a server's address. Whether one of them allows anything is not theirs to say: they go on with a call, or tell. */
import { MAX_ANSWER_LENGTH } from "#rules/talk/limits.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";

export const RESUME_CALL = "resume_call";
export const EXPLAIN_POLICY = "explain_policy";

/** So many seconds a call waits for people if it does not say, and at most. */
export const WAIT_SECONDS = 50;
export const LONGEST_WAIT_SECONDS = 300;

export const OWN_TOOLS: readonly JsonObject[] = [
  {
    name: RESUME_CALL,
    title: "Go on with a call that waits for a person",
    description:
      "Goes on with a call of yours that was not run yet because a person has to approve it. Give the request_id that the call was answered with. " +
      "It answers as the call itself would have: with the tool's result once a person has approved, with why not, or that it still waits.",
    inputSchema: {
      type: "object",
      properties: {
        request_id: { type: "string", description: "As the call was answered with: apr_…" },
        answer: {
          type: "string",
          maxLength: MAX_ANSWER_LENGTH,
          description: "Your answer, where a person has asked you something before deciding. People read it as your own words.",
        },
        question_id: {
          type: "string",
          description: "With your answer: the id of the question, as question.id says. Always give it with an answer.",
        },
        wait_seconds: {
          type: "integer",
          minimum: 0,
          maximum: LONGEST_WAIT_SECONDS,
          description: `How long to wait for the person, in seconds; ${WAIT_SECONDS} if left out.`,
        },
      },
      required: ["request_id"],
    },
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  },
  {
    name: EXPLAIN_POLICY,
    title: "Explain what would happen with a call",
    description:
      "Says what the policy here would do with a call of a tool of this server before you make it: whether it passes, who would have to approve, or why it is refused. It calls nothing and allows nothing.",
    inputSchema: {
      type: "object",
      properties: {
        tool: { type: "string", description: "The name of a tool of this server." },
        arguments: { type: "object", description: "The arguments that you would give it." },
        reason: { type: "string", description: "What you would say why." },
      },
      required: ["tool"],
    },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  },
];
