/** The approval page, and how its script follows what becomes of the request. Who is not to see it learns nothing. */
import type { Context } from "hono";
import * as z from "zod/mini";
import { eligiblePeople } from "#countersign/documents/request.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { personFailure } from "#gate/approvals/approval-failures.ts";
import { awaitApproval } from "#gate/approvals/await-approval.ts";
import { grantsBeside } from "#gate/approvals/beside/beside-grants.ts";
import { proposedBefore } from "#gate/approvals/beside/proposed-before.ts";
import type { PageView } from "#gate/approvals/remote-approval.ts";
import { decides, mayLook, shownTo } from "#gate/approvals/visible-request.ts";
import { coolingMs } from "#rules/talk/cool-down.ts";
import { readForDeciding } from "#storage/talk/proposed-payloads.ts";
import { checkInput } from "#api/check-input.ts";
import { ApprovalPage } from "#pages/approvals/approval-page.tsx";
import { NotForYouPage } from "#pages/kit/message-page.tsx";
import { toldOfRequest } from "#storage/channels/message-lists.ts";
import { namesOf } from "#storage/people.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { pagePerson } from "#http/pages.tsx";
import { personFromSession } from "#http/middleware/who-is-calling.ts";
import { besideApproval } from "./beside-approval.ts";
import { pageState, visibleApproval } from "./visible-approval.ts";

/** More messages than a page shows of who was told. */
const MOST_TOLD = 200;

/** `GET /a/{id}`. */
export async function showApproval(c: Context<App>): Promise<Response> {
  const { person, config } = c.var;
  // Before the request is read: what it says of itself was so at that time or later.
  const now = timestamp(Date.now());
  const view = await c.var.ports.approval(c.req.param("id") ?? "")?.page(decides(person) ? person.id : null);
  if (view == null || !mayLook(person, view.snapshot)) return c.html(<NotForYouPage person={pagePerson(person)} />, 404);
  const { request, decisions } = view.snapshot;
  const mentioned = [...eligiblePeople(request), request.requested_by.owner, ...decisions.map((decision) => decision.id)];
  const beside = c.var.ports.beside();
  const [people, { credentials, deniedAt, proposed }, told, grants, { aids, session }] = await Promise.all([
    namesOf(c.var.near.read, mentioned),
    forDeciding(c, view),
    person.hasChannels ? toldOfRequest(c.env.DB, request.id, MOST_TOLD) : [],
    grantsBeside(view, person, beside),
    besideApproval(view, person, beside),
  ]);
  const data = {
    request,
    payload: view.payload === null ? null : (JSON.parse(view.payload) as JsonObject),
    person: { id: person.id, username: person.username },
    people: people.map(({ displayName, ...named }) => ({ ...named, display_name: displayName })),
    rp_id: config.rpId,
    credentials,
    nonce: view.nonce?.nonce ?? "",
    comment_salt: view.nonce?.commentSalt ?? "",
    now,
    state: pageState(view.snapshot),
    aids,
    ...(view.moreTime != null && { more_time: view.moreTime }),
    ...(view.numbers != null && { numbers: view.numbers }),
    ...coolingPart(view, deniedAt),
    ...(view.offer != null && { remember: { ...view.offer.limits, same: view.offer.same } }),
  };
  const { everythingStoppedAt } = person;
  const passesInSilence = view.snapshot.passesInSilence === true;
  const isApprovedByPeople = view.snapshot.status === "approved" && view.snapshot.basis == null;
  return c.html(
    <ApprovalPage
      data={data}
      everythingStoppedAt={everythingStoppedAt}
      passesInSilence={passesInSilence}
      told={told}
      mayPropose={isApprovedByPeople && pagePerson(person).mayAdminister}
      session={session}
      proposed={proposed}
      grants={grants}
    />,
  );
}

/** The passkeys of who is signed in, and what came before this request: of what was proposed, whoever decides is told. */
async function forDeciding(c: Context<App>, view: PageView) {
  const { request } = view.snapshot;
  const { credentials, before } = await readForDeciding(c.env.DB, c.var.person.id, request.requested_by.id, request.payload_hash);
  const listed = view.nonce === null ? null : before.proposed;
  return { credentials, deniedAt: before.deniedAt, proposed: await proposedBefore(view, listed, c.var.person, c.var.ports.beside()) };
}

/** Until when what this person could approve cannot be, because something of its agent was denied a moment ago. */
function coolingPart({ snapshot: { request, decisions }, nonce }: PageView, deniedAt: string | null): { cooling_until?: string } {
  const denials = decisions.flatMap(({ verdict, decided_at: at }) => (verdict === "denied" ? [at] : []));
  const nowMs = Date.now();
  const leftMs = nonce === null ? 0 : coolingMs(request, deniedAt === null ? denials : [...denials, deniedAt], nowMs);
  return leftMs === 0 ? {} : { cooling_until: timestamp(nowMs + leftMs) };
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
  if (!found.ok) return problem(c, personFailure(found.refusal));
  const deadlineMs = Date.now() + (query.value.wait ?? 0) * 1000;
  const latest = await awaitApproval(found.value, deadlineMs, ({ tag }) => tag !== query.value.seen, c.var.ports.pageWaits());
  if (!latest.ok) return problem(c, personFailure(latest.refusal));
  // Read again, because the answer is given now and not when the call came in.
  const person = await personFromSession(c);
  if (!person.ok) return problem(c, person.refusal);
  const shown = shownTo(person.value, latest.value);
  return shown.ok ? c.json(pageState(shown.value)) : problem(c, personFailure(shown.refusal));
}
