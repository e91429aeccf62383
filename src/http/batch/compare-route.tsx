/** Two requests beside each other, for whoever may look at both: whether that is so, the requests' objects say. */
import type { Context } from "hono";
import { eligiblePeople } from "#countersign/documents/request.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { PageView } from "#gate/approvals/remote-approval.ts";
import { mayLook } from "#gate/approvals/visible-request.ts";
import { ComparePage } from "#pages/batch/compare-page.tsx";
import type { Side } from "#pages/batch/compare-view.ts";
import { NotForYouPage } from "#pages/kit/message-page.tsx";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { namesOf } from "#storage/people.ts";

/** The request of this id, if this person may look at it. */
async function viewFor(c: Context<App>, id: string): Promise<PageView | null> {
  const view = (await c.var.ports.approval(id)?.page(null)) ?? null;
  return view !== null && mayLook(c.var.person, view.snapshot) ? view : null;
}

const sideOf = ({ snapshot, payload }: PageView): Side => ({
  request: snapshot.request,
  payload: payload === null ? null : (JSON.parse(payload) as JsonObject),
  status: snapshot.status,
});

/** `GET /compare?a=<id>&b=<id>`. */
export async function comparePage(c: Context<App>): Promise<Response> {
  const [first, second] = await Promise.all(["a", "b"].map((name) => viewFor(c, c.req.query(name) ?? "")));
  if (first == null || second == null) return c.html(<NotForYouPage person={pagePerson(c.var.person)} />, 404);
  const mentioned = [first, second].flatMap(({ snapshot: { request } }) => [...eligiblePeople(request), request.requested_by.owner]);
  const people = await namesOf(c.var.near.read, [...new Set(mentioned)]);
  const named = people.map(({ displayName, ...one }) => ({ ...one, display_name: displayName }));
  return c.html(<ComparePage person={pagePerson(c.var.person)} first={sideOf(first)} second={sideOf(second)} people={named} />);
}
