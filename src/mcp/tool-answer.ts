/** What a tool answers with: an object, also as text for clients that read nothing else; a refusal as `error` with its code. */
import type { CallToolResult } from "@modelcontextprotocol/server";
import type { Failure } from "#rules/failure.ts";

/** What a tool says. */
export const answer = (content: object, isError = false): CallToolResult => ({
  content: [{ type: "text", text: JSON.stringify(content) }],
  structuredContent: { ...content },
  ...(isError ? { isError } : {}),
});

/** Why a tool does not say that it did what it was called for. */
export function refusal(failure: Failure): CallToolResult {
  const { code, message, rule, errors, retryAfter } = failure;
  const error = {
    code,
    message,
    ...(rule !== undefined && { rule }),
    ...(errors && { errors }),
    ...(retryAfter && { retry_after: retryAfter }),
  };
  return answer({ error }, true);
}
