/** The approval page and what its script asks for. Only people get here; who is not eligible learns nothing. */
import type { Context } from "hono";
import * as z from "zod/mini";
import { eligiblePeople } from "#rules/approval.ts";
import { mayLook, visibleRequest } from "#gate/approvals/visible-request.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { TOO_MANY_WAITERS } from "#gate/approvals/agent-approvals.ts";
import { awaitApproval } from "#gate/approvals/await-approval.ts";
import { decisionFailure } from "#gate/approvals/decision-failure.ts";
import type { Failure } from "#rules/failure.ts";
import type { Snapshot } from "#gate/approvals/snapshot.ts";
import { checkInput } from "#api/check-input.ts";
import { logLine } from "#config/log-line.ts";
import { ApprovalPage } from "#pages/approvals/approval-page.tsx";
import type { ApprovalPageState } from "#api/approval-page-data.ts";
import { InboxPage } from "#pages/approvals/inbox-page.tsx";
import { NotForYouPage } from "#pages/kit/message-page.tsx";
import { SignInPage } from "#pages/sessions/sign-in-page.tsx";
import { pendingFor, recentFor } from "#storage/approvals.ts";
import { namesOf, standingCredentialsOf } from "#storage/people.ts";
import type { App } from "#http/context.ts";
import { signedIn } from "#http/pages.tsx";
import { problem } from "#http/failures.ts";
import { base64urlText } from "#api/people-schemas.ts";
import { readBody } from "#http/read-body.ts";
import { personFromSession } from "#http/middleware/who-is-calling.ts";

export const UNKNOWN_APPROVAL: Failure = { code: "unknown_request", message: "There is no such request, or it is not yours to see." };

const pageState = (snapshot: Snapshot): ApprovalPageState => ({
  tag: snapshot.tag,
  status: snapshot.status,
  ended_by: snapshot.endedBy,
  cancel_reason: snapshot.cancelReason,
  decided_at: snapshot.endedAt,
  decisions: snapshot.decisions,
});

/** The id in the path if this service made it; objects are touched for such ids only. */
const ownId = (c: Context<App>): string | null => {
  const id = c.req.param("id") ?? "";
  return isOwnRequestId(c.var.config.serverSecret, id) ? id : null;
};

/** The request in the path, if this person may look at it; null otherwise, whatever the reason. */
export const visibleApproval = (c: Context<App>): Promise<Snapshot | null> =>
  visibleRequest(c.req.param("id") ?? "", c.var.person, c.var.ports.agentApprovals());

/** `GET /a/{id}` for a person who is signed in; null if there is nothing for them to see. */
async function approvalPage(c: Context<App>): Promise<Response | null> {
  const id = ownId(c);
  const view = id === null ? null : await c.var.ports.approval(id).page(c.var.person.id);
  if (view === null || !mayLook(c.var.person, view.snapshot)) return null;
  const { request, decisions } = view.snapshot;
  const mentioned = [...eligiblePeople(request), request.requested_by.owner, ...decisions.map((decision) => decision.id)];
  const [people, credentials] = await Promise.all([namesOf(c.env.DB, mentioned), standingCredentialsOf(c.env.DB, c.var.person.id)]);
  const data = {
    request,
    payload: JSON.parse(view.payload) as JsonObject,
    person: { id: c.var.person.id, username: c.var.person.username },
    people: people.map(({ displayName, ...person }) => ({ ...person, display_name: displayName })),
    rp_id: c.var.config.rpId,
    credentials,
    nonce: view.nonce?.nonce ?? "",
    comment_salt: view.nonce?.commentSalt ?? "",
    now: timestamp(Date.now()),
    state: pageState(view.snapshot),
  };
  return c.html(<ApprovalPage data={data} />);
}

const stateQuery = z.object({
  wait: z.optional(z.coerce.number().check(z.int(), z.minimum(0), z.maximum(50))),
  seen: z.optional(z.string()),
});

/** `GET /a/{id}/state?wait=25&seen=<tag>`: answers as soon as the state differs from the one seen. */
export async function approvalState(c: Context<App>): Promise<Response> {
  const query = checkInput(stateQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const found = await visibleApproval(c);
  if (found === null) return problem(c, UNKNOWN_APPROVAL);
  const deadlineMs = Date.now() + (query.value.wait ?? 0) * 1000;
  const latest = await awaitApproval(found, deadlineMs, ({ tag }) => tag !== query.value.seen, c.var.ports.pageWaits());
  if (!latest.ok) return problem(c, TOO_MANY_WAITERS);
  // Read again, because the answer is given now and not when the call came in.
  const person = await personFromSession(c);
  if (!person.ok) return problem(c, person.refusal);
  return mayLook(person.value, latest.value) ? c.json(pageState(latest.value)) : problem(c, UNKNOWN_APPROVAL);
}

/** `POST /a/{id}/nonce`: a fresh nonce for a page that stayed open. */
export async function renewNonce(c: Context<App>): Promise<Response> {
  const id = ownId(c);
  const made = id === null ? null : await c.var.ports.approval(id).nonce(c.var.person.id);
  return made === null ? problem(c, UNKNOWN_APPROVAL) : c.json({ nonce: made.nonce, comment_salt: made.commentSalt });
}

const decisionBody = z.strictObject({
  nonce: base64urlText,
  verdict: z.enum(["approved", "denied"]),
  comment: z.string().check(z.maxLength(1_000)),
  credential_id: base64urlText,
  assertion: z.strictObject({ client_data_json: base64urlText, authenticator_data: base64urlText, signature: base64urlText }),
});

/** `POST /a/{id}/decision`: one person's signed verdict. The statement is rebuilt from what is stored, never taken from here. */
export async function decideApproval(c: Context<App>): Promise<Response> {
  const id = ownId(c);
  if (id === null) return problem(c, UNKNOWN_APPROVAL);
  const body = await readBody(c.req.raw, decisionBody);
  if (!body.ok) return problem(c, body.refusal);
  const { credential_id: credentialId, ...signed } = body.value;
  const { id: personId, username } = c.var.person;
  const decided = await c.var.ports.approval(id).decide({ ...signed, credentialId, person: { id: personId, username } });
  if (!decided.ok) return problem(c, decisionFailure(decided.refusal));
  logLine("decided", { request: id, person: personId, code: body.value.verdict });
  return c.json(pageState(decided.value));
}

/** `GET /`: the inbox, or signing in; `?next=` is where to go after that, which the page checks to be one of ours. */
export async function home(c: Context<App>): Promise<Response> {
  const person = await personFromSession(c);
  if (!person.ok) return c.html(<SignInPage next={c.req.query("next") ?? "/"} />);
  const now = timestamp(Date.now());
  const [pending, recent] = await Promise.all([pendingFor(c.env.DB, person.value.id, now), recentFor(c.env.DB, person.value.id)]);
  return c.html(<InboxPage person={person.value} pending={pending.items} more={pending.more} recent={recent} now={now} />);
}

/** `GET /a/{id}`. */
export const showApproval = (c: Context<App>): Promise<Response> =>
  signedIn(c, async (person) => (await approvalPage(c)) ?? c.html(<NotForYouPage person={person} />, 404));
