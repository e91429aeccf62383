/** Pages other than the approval itself. Whoever is not signed in is sent to sign in, and learns nothing else. */
import type { Context } from "hono";
import { logErrorCode } from "#gate/log/transparency-log.ts";
import { errorText } from "#config/log-line.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { AgentsPage } from "#pages/agents/agents-page.tsx";
import { InboxPage } from "#pages/approvals/inbox-page.tsx";
import { ErrorPage, NotForYouPage, SetupClosedPage } from "#pages/kit/message-page.tsx";
import { SetupPage } from "#pages/sessions/setup-page.tsx";
import { SignInPage } from "#pages/sessions/sign-in-page.tsx";
import { allAgents } from "#storage/agents.ts";
import { pendingFor, recentFor } from "#storage/approvals.ts";
import { anybodyEnrolled, namesOf } from "#storage/people.ts";
import { approvalPage } from "./approvals/approval-page-routes.tsx";
import type { App, CallingPerson } from "./context.ts";
import { problem } from "./failures.ts";
import { logOf } from "#composition/gate-ports.ts";
import { proposedAgents } from "./people/people-items.ts";
import { wantsPage } from "./wants-page.ts";
import { personFromSession } from "./middleware/who-is-calling.ts";

/** `GET /setup`: open until somebody is enrolled. A log that cannot serve closes it too, and says why to the operator. */
export async function setup(c: Context<App>): Promise<Response> {
  try {
    const { log } = await logOf(c.env, c.var.config);
    await log.vkey();
  } catch (error) {
    // What the log says of itself is for the operator; what a database says is for nobody here.
    const message = logErrorCode(error) === null || !(error instanceof Error) ? "The log cannot serve now." : error.message;
    return problem(c, { code: "unavailable", message, reason: errorText(error) });
  }
  return (await anybodyEnrolled(c.env.DB)) ? c.html(<SetupClosedPage />, 410) : c.html(<SetupPage />);
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

/** `GET /admin/agents`. */
export const agentsPage = (c: Context<App>): Promise<Response> =>
  signedIn(c, async (person) => {
    if (!person.roles.includes("admin")) return c.html(<NotForYouPage person={person} />, 403);
    const { adminsRequired, origin } = c.var.config;
    const [agents, waiting] = await Promise.all([allAgents(c.env.DB), proposedAgents(c.env.DB, adminsRequired, Date.now())]);
    const mentioned = [...agents.map(({ owner }) => owner), ...waiting.flatMap((agent) => [agent.owner, ...agent.signed_by])];
    const names = new Map((await namesOf(c.env.DB, mentioned)).map(({ id, username }) => [id, username]));
    const listed = agents.map((agent) => ({ ...agent, ownerName: names.get(agent.owner) ?? agent.owner }));
    return c.html(<AgentsPage person={person} agents={listed} waiting={waiting} names={names} origin={origin} />);
  });

/** Anything else: a page for those who want one, problem details for the rest. */
export const notFound = (c: Context<App>): Response | Promise<Response> =>
  wantsPage(c) ? c.html(<NotForYouPage />, 404) : problem(c, { code: "not_found", message: "There is nothing at this address." });

/** What nobody foresaw, or a configuration that must not serve. */
export const failed = (c: Context<App>, message: string): Response | Promise<Response> =>
  wantsPage(c) ? c.html(<ErrorPage code="unavailable" message={message} />, 503) : problem(c, { code: "unavailable", message });

/** A page for whoever is signed in; others are sent to sign in first, and then back. */
export async function signedIn(c: Context<App>, page: (person: CallingPerson) => Promise<Response>): Promise<Response> {
  const person = await personFromSession(c);
  if (!person.ok) return c.redirect(`/?next=${encodeURIComponent(c.req.path)}`, 303);
  c.set("person", person.value);
  return page(person.value);
}
