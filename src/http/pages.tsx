/** How pages are answered: to whom, and where there is none. */
import type { Context } from "hono";
import { mayAdminister, mayOversee, mayStop } from "#gate/people/standing.ts";
import type { PagePerson } from "#pages/kit/layout.tsx";
import { ErrorPage, MessagePage, NotForYouPage } from "#pages/kit/message-page.tsx";
import type { Failure } from "#rules/failure.ts";
import type { App, CallingPerson } from "./context.ts";
import { problem } from "./failures.ts";

/** Whether a person's browser asks, which is best answered with a page, or a program. */
export const wantsPage = (c: Context<App>): boolean => c.req.method === "GET" && (c.req.header("accept") ?? "").includes("text/html");

/** The person as the pages' frame shows them. */
export const pagePerson = ({ id, username, displayName, roles, everythingStoppedAt, toLookAt = null }: CallingPerson): PagePerson => ({
  id,
  username,
  displayName,
  mayAdminister: mayAdminister({ roles }),
  mayOversee: mayOversee({ roles }),
  mayStop: mayStop({ roles }),
  everythingStoppedAt,
  toLookAt,
});

/** Whoever calls too often: the same, as a page for those who want one. */
export async function tooOften(c: Context<App>, failure: Failure): Promise<Response> {
  const answer = problem(c, failure);
  if (!wantsPage(c)) return answer;
  const page = await c.html(<ErrorPage code={failure.code} message={failure.message} />, 429);
  page.headers.set("retry-after", answer.headers.get("retry-after") ?? "");
  return page;
}

/** For whoever asks at an address that is not ours; people get a link to the right one, `there`. */
export function elsewhere(c: Context<App>, failure: Failure, there: string): Response | Promise<Response> {
  const answer = problem(c, failure);
  if (!wantsPage(c)) return answer;
  return c.html(
    <MessagePage title="Another address" message={failure.message} code={failure.code} link={{ href: there, name: "Go there" }} />,
    403,
  );
}

/** Anything else: a page for those who want one, problem details for the rest. */
export const notFound = (c: Context<App>): Response | Promise<Response> =>
  wantsPage(c) ? c.html(<NotForYouPage />, 404) : problem(c, { code: "not_found", message: "There is nothing at this address." });

/** What nobody foresaw, or a configuration that must not serve. */
export const failed = (c: Context<App>, message: string): Response | Promise<Response> =>
  wantsPage(c) ? c.html(<ErrorPage code="unavailable" message={message} />, 503) : problem(c, { code: "unavailable", message });
