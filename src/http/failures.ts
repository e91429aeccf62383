/** Every refusal becomes an HTTP answer here and nowhere else: RFC 9457 problem details with the code of rules/failure.ts. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Failure, FailureCode } from "#rules/failure.ts";
import type { App } from "./context.ts";

const STATUS: Record<FailureCode, ContentfulStatusCode> = {
  invalid_request: 400,
  invite_invalid: 400,
  code_invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_eligible: 403,
  decision_not_accepted: 403,
  evidence_not_accepted: 403,
  grant_not_accepted: 422,
  too_many_grants: 409,
  agent_stopped: 403,
  policy_denied: 403,
  denied_pattern: 403,
  not_delegated: 403,
  delegation_too_deep: 403,
  delegation_too_wide: 403,
  too_many_agents: 409,
  outside_window: 403,
  unwrap_failed: 403,
  policy_changed: 409,
  not_found: 404,
  unknown_request: 404,
  not_acceptable: 406,
  idempotency_conflict: 409,
  not_final: 409,
  already_final: 409,
  already_decided: 409,
  not_approved: 409,
  already_redeemed: 409,
  not_redeemed: 409,
  already_reported: 409,
  not_redeemable: 409,
  no_question: 409,
  already_signed: 409,
  too_early: 409,
  no_more_time: 409,
  number_not_matched: 403,
  cooling_down: 409,
  question_open: 409,
  too_many_questions: 409,
  deadline_passed: 409,
  log_ended: 409,
  last_admin: 409,
  person_stands: 409,
  withheld: 410,
  not_stopped: 409,
  key_changed: 409,
  agents_below: 409,
  agent_renamed: 409,
  channel_changed: 409,
  server_changed: 409,
  tools_changed: 409,
  not_sendable: 409,
  payload_too_large: 413,
  period_too_long: 413,
  unsupported_media_type: 415,
  payload_not_canonical: 422,
  payload_mismatch: 422,
  number_in_answer: 422,
  policy_invalid: 422,
  unknown_approver: 422,
  no_eligible_approver: 422,
  reason_required: 422,
  unknown_server: 404,
  unknown_tool: 404,
  tool_not_accepted: 403,
  name_reserved: 422,
  arguments_invalid: 422,
  secret_found: 422,
  upstream_unavailable: 502,
  needs_authentication: 502,
  header_mismatch: 400,
  session_lost: 409,
  interaction_refused: 409,
  preview_failed: 502,
  preview_changed: 409,
  outcome_unknown: 502,
  gateway_not_available: 503,
  rate_limited: 429,
  channels_not_available: 503,
  metrics_off: 404,
  unavailable: 503,
};

const TITLE: Partial<Record<ContentfulStatusCode, string>> = {
  400: "Bad request",
  401: "Not authenticated",
  403: "Not allowed",
  404: "Not found",
  406: "Not acceptable",
  409: "Conflict",
  413: "Too large",
  415: "Unsupported media type",
  422: "Cannot be processed",
  429: "Too many requests",
  502: "The server behind the gate did not answer",
  503: "Not available",
};

/** Answers with problem details (RFC 9457); the exact reason goes to the access log. */
export function problem(c: Context<App>, failure: Failure): Response {
  const status = STATUS[failure.code];
  c.set("refusal", failure);
  const headers: Record<string, string> = { "content-type": "application/problem+json", "cache-control": "no-store" };
  if (failure.retryAfter !== undefined) headers["retry-after"] = String(Math.ceil(failure.retryAfter));
  if (status === 401) headers["www-authenticate"] = "Bearer";
  const body = {
    type: "about:blank",
    title: TITLE[status],
    status,
    detail: failure.message,
    code: failure.code,
    ...(failure.rule === undefined ? {} : { rule: failure.rule }),
    ...(failure.findings === undefined ? {} : { findings: failure.findings }),
    ...(failure.inForce === undefined ? {} : { in_force: failure.inForce }),
    ...(failure.errors === undefined ? {} : { errors: failure.errors }),
    ...(failure.passkey === undefined ? {} : { passkey: failure.passkey }),
  };
  return c.body(JSON.stringify(body), status, headers);
}

/** What is said of a call that broke off: one that changes something may have done so. */
export const brokenOff = (method: string): string =>
  method === "GET" || method === "HEAD"
    ? "This could not be done now: try again."
    : "This was interrupted, and may have been done all the same. Check before you try again.";

/** What a middleware returns so that `instead` is the answer: in the place of its own, or of hono's, which was given by what came next. */
export function answerInPlaceOf(c: Context<App>, served: Response | void, instead: Response): Response | undefined {
  if (served instanceof Response) return instead;
  answerInstead(c, instead);
  return undefined;
}

/** Puts an answer in the place of the one that is there. */
export function answerInstead(c: Context<App>, answer: Response): void {
  // Emptied first: hono would put the headers of the old answer into the new one.
  c.res = undefined;
  c.res = answer;
}
