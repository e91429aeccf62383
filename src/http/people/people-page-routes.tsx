/** The pages of people: joining, one's own account, and what admins see of everybody. */
import type { Context } from "hono";
import { timestamp } from "#countersign/documents/words.ts";
import { AccountPage } from "#pages/people/account-page.tsx";
import { EnrolPage } from "#pages/people/enrol-page.tsx";
import { PeoplePage } from "#pages/people/people-page.tsx";
import { PeopleRecordPage } from "#pages/people/people-record-page.tsx";
import { WaitingPage } from "#pages/people/waiting-page.tsx";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { inviteItems, meOf, peopleItems } from "./people-items.ts";

/** `GET /enrol`: for anybody; what it takes is the code, which stays in the address's fragment. */
export const enrolPage = (c: Context<App>): Response | Promise<Response> => c.html(<EnrolPage />);

/** `GET /enrol/waiting`: the same for everybody; what it shows is in the browser that made the passkey. */
export const waitingPage = (c: Context<App>): Response | Promise<Response> => c.html(<WaitingPage />);

/** `GET /account`. */
export const accountPage = async (c: Context<App>): Promise<Response> =>
  c.html(<AccountPage person={pagePerson(c.var.person)} me={await meOf(c)} />);

/** `GET /admin/people`. Invitations are admins' own. */
export async function peoplePage(c: Context<App>): Promise<Response> {
  const nowMs = Date.now();
  const now = timestamp(nowMs);
  const person = pagePerson(c.var.person);
  const reading = peopleItems(c.env.DB, c.var.config.adminsRequired, nowMs);
  if (!person.mayAdminister) return c.html(<PeopleRecordPage person={person} people={await reading} now={now} />);
  const [people, invites] = await Promise.all([reading, inviteItems(c.env.DB)]);
  return c.html(<PeoplePage person={person} people={people} invites={invites} now={now} />);
}
