/**
 * Authentication, before anything else is looked at. Agents prove themselves with a key, people with a session; a key
 * opens no route of people and a session none of agents. Which of them opens which route is app.ts.
 */
import type { Context, MiddlewareHandler } from "hono";
import { apiKeyHash, isApiKey, looksLikeApiKey } from "#countersign/documents/api-key.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type Failure, publicAnswers } from "#rules/failure.ts";
import { holdsOneOf } from "#gate/people/standing.ts";
import { type SessionRefusal, whoseSession } from "#gate/sessions/whose-session.ts";
import { agentByKeyHash } from "#storage/agents.ts";
import { minuteOf } from "#storage/failures.ts";
import type { App, CallingAgent, CallingPerson } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { tooOften } from "#http/pages.tsx";
import { countIfRefused, limitCall, limitOfAgent, limitOfSession } from "./limit-calls.ts";
import { refuseForeignForm, refuseForeignPage } from "./origin.ts";
import { sessionOfRequest } from "./session-cookie.ts";

const unauthorizedAgent = (reason: string): Failure => ({
  code: "unauthorized",
  message: "This needs an agent's API key that is valid and not revoked.",
  reason,
});
const NOT_SIGNED_IN: Failure = { code: "unauthorized", message: "Sign in with a passkey first." };
const sessionFailure = publicAnswers<SessionRefusal>({
  "no-session": NOT_SIGNED_IN,
  "unknown-or-revoked-session": NOT_SIGNED_IN,
  "session-idle-too-long": NOT_SIGNED_IN,
  "session-too-old": NOT_SIGNED_IN,
});
const forbidden = (message: string, reason: string): Failure => ({ code: "forbidden", message, reason });
const SESSION_ON_AN_AGENTS_ROUTE = forbidden("This is for agents: use an API key.", "session-on-an-agents-route");
const KEY_ON_A_PEOPLE_ROUTE = forbidden("This is for people: no API key opens it.", "key-on-a-people-route");

const refuseWith = (c: Context<App>, failure: Failure) => () => Promise.resolve(problem(c, failure));

const hasKey = (headers: Headers): boolean => headers.has("x-api-key") || headers.has("authorization");

/**
 * The one key that the headers carry. What is in `Authorization` beside it, and is no key of ours, is some proxy's or client's own; two
 * keys are nobody's.
 */
function keyOf(headers: Headers): Result<string, Failure> {
  const direct = headers.get("x-api-key");
  const authorization = headers.get("authorization");
  const bearer = authorization === null ? null : (/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "");
  if (direct !== null && bearer !== null && direct !== bearer && looksLikeApiKey(bearer))
    return refuse(unauthorizedAgent("two-different-keys"));
  const key = direct ?? bearer;
  if (key === null) return refuse(unauthorizedAgent("no-key"));
  // Before any database is read, so that guessing costs nothing here.
  return isApiKey(key) ? accept(key) : refuse(unauthorizedAgent("malformed-key"));
}

/** The agent whose key the headers carry, in good standing now. Anything else is `unauthorized`. */
async function agentFromHeaders(headers: Headers, d1: D1Database): Promise<Result<CallingAgent, Failure>> {
  const key = keyOf(headers);
  if (!key.ok) return key;
  const agent = await agentByKeyHash(d1, apiKeyHash(key.value), minuteOf(Date.now()));
  return agent === null
    ? refuse(unauthorizedAgent("unknown-or-revoked-key"))
    : accept({ id: agent.id, name: agent.name, owner: agent.owner, refusals: agent.refusals });
}

/** The person whose session the cookie holds. */
export async function personFromSession(c: Context<App>): Promise<Result<CallingPerson, Failure>> {
  const person = await whoseSession(sessionOfRequest(c), c.var.ports.sessions());
  return person.ok ? person : refuse(sessionFailure(person.refusal));
}

/** Lets agents through, as `c.var.agent`; `within` serves them within their limits, `c.var.limit`. */
const agentsDoor =
  (within: typeof limitCall): MiddlewareHandler<App> =>
  async (c, next) => {
    const headers = c.req.raw.headers;
    if (!hasKey(headers)) {
      const person = await personFromSession(c);
      if (person.ok) return servePerson(c, person.value, refuseWith(c, SESSION_ON_AN_AGENTS_ROUTE));
    }
    const agent = await agentFromHeaders(headers, c.env.DB);
    if (!agent.ok) return problem(c, agent.refusal);
    const limit = limitOfAgent(c, agent.value);
    return within(c, limit, async () => {
      const foreign = refuseForeignPage(c);
      if (foreign !== null) return problem(c, foreign);
      c.set("agent", agent.value);
      c.set("limit", limit);
      return next();
    });
  };

/** Lets agents through, as `c.var.agent`. */
export const requireAgent = agentsDoor(limitCall);

/** The same, where who serves them tells them itself when they call too often (`c.var.limit`). */
export const requireLimitedAgent = agentsDoor(countIfRefused);

/**
 * Nothing of people's opens to a key: a bad one is told so, and so is a good one, which it counts against. Null if the request
 * brings none.
 */
export async function refuseKey(c: Context<App>): Promise<Response | null> {
  if (!hasKey(c.req.raw.headers)) return null;
  const agent = await agentFromHeaders(c.req.raw.headers, c.env.DB);
  if (!agent.ok) return problem(c, agent.refusal);
  return (await limitCall(c, limitOfAgent(c, agent.value), refuseWith(c, KEY_ON_A_PEOPLE_ROUTE))) ?? null;
}

/** For pages that people open before they have signed in. */
export const requireNoKey: MiddlewareHandler<App> = async (c, next) => {
  const key = await refuseKey(c);
  return key ?? next();
};

/**
 * Serves a call of somebody who is signed in, within their limits. Another site's page gets nothing, and is not counted: it must not
 * use up what its visitor may still do.
 */
export async function servePerson(
  c: Context<App>,
  person: CallingPerson,
  serve: () => Promise<Response | void>,
): Promise<Response | undefined> {
  const limit = limitOfSession(c, person);
  const over = await limit.admit();
  if (over !== null) return tooOften(c, over);
  const foreign = refuseForeignForm(c);
  return foreign === null ? countIfRefused(c, limit, serve) : problem(c, foreign);
}

/** Lets people through who hold at least one of `roles` (any person if none is named), as `c.var.person`. */
export const requirePerson =
  (...roles: CallingPerson["roles"]): MiddlewareHandler<App> =>
  async (c, next) => {
    const key = await refuseKey(c);
    if (key !== null) return key;
    const person = await personFromSession(c);
    if (!person.ok) return problem(c, person.refusal);
    return servePerson(c, person.value, async () => {
      if (!holdsOneOf(person.value, roles)) {
        return problem(c, forbidden(`This needs the role ${roles.join(" or ")}.`, "role-missing"));
      }
      c.set("person", person.value);
      return next();
    });
  };

/** For what agents and people may both read: a key makes it an agent's call, otherwise it is a person's. */
export const requireAgentOrPerson: MiddlewareHandler<App> = (c, next) =>
  hasKey(c.req.raw.headers) ? requireAgent(c, next) : requirePerson()(c, next);
