/**
 * Authentication, before anything else is looked at. Agents prove themselves with a key, people with a session; a key
 * opens no route of people and a session none of agents. Which of them opens which route is app.ts.
 */
import type { Context, MiddlewareHandler } from "hono";
import { apiKeyHash, isApiKey, looksLikeApiKey } from "#countersign/documents/api-key.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { AGENT_STOPPED, type Failure, publicAnswers } from "#rules/failure.ts";
import type { Agent } from "#gate/approvals/agent-approvals.ts";
import { holdsOneOf } from "#gate/people/standing.ts";
import { type SessionRefusal, whoseSession } from "#gate/sessions/whose-session.ts";
import { KeyStanding } from "#gate/agents/key-standing.ts";
import type { App, CallingPerson } from "#http/context.ts";
import { answerInPlaceOf, problem } from "#http/failures.ts";
import { tooOften } from "#http/pages.tsx";
import { begunCall, REVOKED_OR_UNKNOWN, standingCall, unaskedCall, unauthorizedAgent } from "./agent-call.ts";
import { countIfRefused, limitOfSession } from "./limit-calls.ts";
import { refuseForeignForm, refuseForeignPage } from "./origin.ts";
import { sessionOfRequest } from "./session-cookie.ts";

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

/** The standing of the key that the headers carry, of which nothing is asked yet; `unauthorized` if they carry none. */
function standingFromHeaders(c: Context<App>): Result<KeyStanding, Failure> {
  const key = keyOf(c.req.raw.headers);
  if (!key.ok) return key;
  const ports = c.get("ports").keys((work) => c.executionCtx.waitUntil(work));
  return accept(new KeyStanding(apiKeyHash(key.value), ports));
}

/** The person whose session the cookie holds. */
export async function personFromSession(c: Context<App>): Promise<Result<CallingPerson, Failure>> {
  const person = await whoseSession(sessionOfRequest(c), c.var.ports.sessions());
  return person.ok ? person : refuse(sessionFailure(person.refusal));
}

/** How a route of agents begins. */
interface Door {
  /** Before it is known whether the key stands, if this isolate knows whose it is: nothing takes effect before `agent.admitted` says so. */
  startsAtOnce: boolean;
  /** Who serves them tells them itself when they call too often, or were revoked or stopped meanwhile. */
  tellsItself: boolean;
  /** Whether they may call there while they are stopped. */
  whileStopped: boolean;
}

/** A person who comes without a key is told that this is none of theirs. Null if somebody with a key comes, or nobody. */
async function refusePersonAtAgents(c: Context<App>): Promise<Response | null> {
  if (hasKey(c.req.raw.headers)) return null;
  const person = await personFromSession(c);
  if (!person.ok) return null;
  return (await servePerson(c, person.value, refuseWith(c, SESSION_ON_AN_AGENTS_ROUTE))) ?? null;
}

const refused = (c: Context<App>, failure: Failure): Promise<Response> | Response =>
  failure.code === "rate_limited" ? tooOften(c, failure) : problem(c, failure);

/** What a call is refused with that was served, because its agent does not stand any more, or is stopped. */
async function haltedMeanwhile(agent: Agent, whileStopped: boolean): Promise<Failure | null> {
  const facts = await agent.stands();
  if (facts === null) return REVOKED_OR_UNKNOWN;
  return facts.isStopped && !whileStopped ? AGENT_STOPPED : null;
}

/**
 * Lets agents through, as `c.var.agent`, within their limits, `c.var.limit`. Whatever was done meanwhile, no answer is given that is not
 * covered by the key's standing. Whether a stopped agent may do it the gate says; here is only that no answer leaves after its stop.
 */
const agentsDoor =
  ({ startsAtOnce, tellsItself, whileStopped }: Door): MiddlewareHandler<App> =>
  async (c, next) => {
    const refusal = await refusePersonAtAgents(c);
    if (refusal !== null) return refusal;
    const standing = standingFromHeaders(c);
    if (!standing.ok) return problem(c, standing.refusal);
    const { known } = standing.value;
    const call = startsAtOnce && known !== null ? begunCall(c, known, standing.value) : await standingCall(c, standing.value);
    if (call === null) return problem(c, REVOKED_OR_UNKNOWN);
    const { agent, limit } = call;
    if (!startsAtOnce) {
      const over = await agent.admitted();
      if (over !== null) return refused(c, over);
    }
    c.set("agent", agent);
    c.set("limit", limit);
    const foreign = refuseForeignPage(c);
    const served = foreign === null ? await next() : problem(c, foreign);
    const over = await agent.admitted();
    if (over !== null && !(tellsItself && over.code === "rate_limited")) return answerInPlaceOf(c, served, await refused(c, over));
    const answer = await countIfRefused(c, limit, () => Promise.resolve(served));
    if (tellsItself) return answer;
    const halted = await haltedMeanwhile(agent, whileStopped);
    return halted === null ? answer : answerInPlaceOf(c, answer, problem(c, halted));
  };

/** Lets agents through, as `c.var.agent`, those that are stopped as well. */
export const requireAgent = agentsDoor({ startsAtOnce: false, tellsItself: false, whileStopped: true });

/** The same for what a stopped agent gets no answer to. */
export const requireRunningAgent = agentsDoor({ startsAtOnce: false, tellsItself: false, whileStopped: false });

/** The same for asking, which waits by itself for whether the agent is admitted. */
export const requireAskingAgent = agentsDoor({ startsAtOnce: true, tellsItself: false, whileStopped: false });

/** For MCP, which waits for that too, and also tells them itself when they call too often, or were revoked or stopped meanwhile. */
export const requireMcpAgent = agentsDoor({ startsAtOnce: true, tellsItself: true, whileStopped: true });

/**
 * For servers behind the gate: whose key it is, is known; whether it stands, the agent's object says with each call that it admits, and
 * nothing else is answered before it was asked.
 */
export const requireGatewayAgent: MiddlewareHandler<App> = async (c, next) => {
  const refusal = await refusePersonAtAgents(c);
  if (refusal !== null) return refusal;
  const standing = standingFromHeaders(c);
  if (!standing.ok) return problem(c, standing.refusal);
  const { known } = standing.value;
  const call = known === null ? await standingCall(c, standing.value) : unaskedCall(c, known, standing.value);
  if (call === null) return problem(c, REVOKED_OR_UNKNOWN);
  const over = await call.limit.admit();
  if (over !== null) return refused(c, over);
  const foreign = refuseForeignPage(c);
  if (foreign !== null) return problem(c, foreign);
  c.set("agent", call.agent);
  c.set("keyHash", standing.value.keyHash);
  return next();
};

/**
 * Nothing of people's opens to a key: a bad one is told so, and so is a good one, which it counts against. Null if the request
 * brings none.
 */
export async function refuseKey(c: Context<App>): Promise<Response | null> {
  if (!hasKey(c.req.raw.headers)) return null;
  const standing = standingFromHeaders(c);
  if (!standing.ok) return problem(c, standing.refusal);
  const call = await standingCall(c, standing.value);
  if (call === null) return problem(c, REVOKED_OR_UNKNOWN);
  const over = await call.agent.admitted();
  return over === null ? ((await countIfRefused(c, call.limit, refuseWith(c, KEY_ON_A_PEOPLE_ROUTE))) ?? null) : refused(c, over);
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
