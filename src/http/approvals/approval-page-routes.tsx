/** The approval page and what its script asks for. Only people get here; who is not eligible learns nothing. */
import type { Context } from "hono";
import * as z from "zod/mini";
import { eligiblePeople } from "#rules/approval.ts";
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
import { namesOf, standingCredentialsOf } from "#storage/people.ts";
import type { App, CallingPerson } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { approvalObject, waitPorts } from "#composition/gate-ports.ts";
import { base64urlText } from "#api/people-schemas.ts";
import { readBody } from "#http/read-body.ts";
import { personFromSession } from "#http/middleware/who-is-calling.ts";

export const UNKNOWN_APPROVAL: Failure = { code: "unknown_request", message: "There is no such request, or it is not yours to see." };

const mayLook = (person: CallingPerson, { request }: Snapshot): boolean =>
  eligiblePeople(request).has(person.id) || person.roles.includes("auditor");

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

/** The request of this id, if this person may look at it; null otherwise, whatever the reason. */
export async function visibleRequest(c: Context<App>, person: CallingPerson, id: string): Promise<Snapshot | null> {
  const found = isOwnRequestId(c.var.config.serverSecret, id) ? await approvalObject(c.env, id).read() : null;
  return found !== null && mayLook(person, found) ? found : null;
}

/** The request in the path, the same way. */
export const visibleApproval = (c: Context<App>): Promise<Snapshot | null> => visibleRequest(c, c.var.person, c.req.param("id") ?? "");

/** `GET /a/{id}` for a person who is signed in; null if there is nothing for them to see. */
export async function approvalPage(c: Context<App>): Promise<Response | null> {
  const id = ownId(c);
  const view = id === null ? null : await approvalObject(c.env, id).page(c.var.person.id);
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
  const latest = await awaitApproval(found, deadlineMs, ({ tag }) => tag !== query.value.seen, waitPorts(c.env, "person"));
  if (!latest.ok) return problem(c, TOO_MANY_WAITERS);
  // Read again, because the answer is given now and not when the call came in.
  const person = await personFromSession(c);
  if (!person.ok) return problem(c, person.refusal);
  return mayLook(person.value, latest.value) ? c.json(pageState(latest.value)) : problem(c, UNKNOWN_APPROVAL);
}

/** `POST /a/{id}/nonce`: a fresh nonce for a page that stayed open. */
export async function renewNonce(c: Context<App>): Promise<Response> {
  const id = ownId(c);
  const made = id === null ? null : await approvalObject(c.env, id).nonce(c.var.person.id);
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
  const decided = await approvalObject(c.env, id).decide({ ...signed, credentialId, person: { id: personId, username } });
  if (!decided.ok) return problem(c, decisionFailure(decided.refusal));
  logLine("decided", { request: id, person: personId, code: body.value.verdict });
  return c.json(pageState(decided.value));
}
