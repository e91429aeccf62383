/** The pages of people: joining, one's own account, and what admins see of everybody. */
import type { Context } from "hono";
import { timestamp } from "#countersign/documents/words.ts";
import { AccountPage } from "#pages/people/account-page.tsx";
import { EnrolPage } from "#pages/people/joining/enrol-page.tsx";
import { PeoplePage } from "#pages/people/people-page.tsx";
import { PeopleRecordPage } from "#pages/people/people-record-page.tsx";
import { PersonPage } from "#pages/people/person-page.tsx";
import { WaitingPage } from "#pages/people/joining/waiting-page.tsx";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { NotForYouPage } from "#pages/kit/message-page.tsx";
import { peopleQuery } from "#api/people/person-data.ts";
import { checkInput } from "#api/check-input.ts";
import { problem } from "#http/failures.ts";
import { inviteItems, meOf } from "./people-items.ts";
import { peopleFailure } from "./people-failures.ts";
import { peopleListOf } from "./people-list.ts";
import { personDetailOf } from "./person-items.ts";

const HOUR_MS = 3_600_000;

/** `GET /enrol`: for anybody; what it takes is the code, which stays in the address's fragment. */
export const enrolPage = (c: Context<App>): Response | Promise<Response> => c.html(<EnrolPage />);

/** `GET /enrol/waiting`: the same for everybody; what it shows is in the browser that made the passkey. */
export const waitingPage = (c: Context<App>): Response | Promise<Response> => c.html(<WaitingPage />);

/** `GET /account`. */
export async function accountPage(c: Context<App>): Promise<Response> {
  const { idleMs, lifeMs } = c.var.config.sessionLimits;
  const hours = { idle: idleMs / HOUR_MS, most: lifeMs / HOUR_MS };
  return c.html(<AccountPage person={pagePerson(c.var.person)} me={await meOf(c)} hours={hours} />);
}

/** `GET /admin/people?q=&role=&cursor=`. Invitations are admins' own. */
export async function peoplePage(c: Context<App>): Promise<Response> {
  // A form sends its empty fields too.
  const query = checkInput(peopleQuery, Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== "")));
  if (!query.ok) return problem(c, query.refusal);
  const now = timestamp(Date.now());
  const person = pagePerson(c.var.person);
  const [list, invites] = await Promise.all([peopleListOf(c, query.value), person.mayAdminister ? inviteItems(c.env.DB) : []]);
  if (!list.ok) return problem(c, peopleFailure(list.refusal));
  const shown = { person, list: list.value, filter: query.value, now };
  return c.html(person.mayAdminister ? <PeoplePage {...shown} invites={invites} /> : <PeopleRecordPage {...shown} />);
}

/** `GET /admin/people/{id}`. */
export async function personPage(c: Context<App>): Promise<Response> {
  const detail = await personDetailOf(c, c.req.param("id") ?? "");
  if (detail === null) return c.html(<NotForYouPage />, 404);
  return c.html(<PersonPage person={pagePerson(c.var.person)} detail={detail} now={timestamp(Date.now())} />);
}
