/**
 * Authentication, before anything else is looked at. Agents prove themselves with a key, people with a session; a key
 * opens no route of people and a session none of agents. A command line has a session of its person's, and opens what they read alone.
 * Which of them opens which route is app.ts.
 */
import type { Context, MiddlewareHandler, Next } from "hono";
import { apiKeyHash, isApiKey, isCommandLineKey, looksLikeApiKey, looksLikeCommandLineKey } from "#countersign/documents/api-key.ts";
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
/** Coarse for the same reasons as a browser's. */
const NOT_LOGGED_IN: Failure = {
  code: "unauthorized",
  message: "This command line has no session any more. Run countersign login.",
  reason: "no-command-line-session",
};
const forbidden = (message: string, reason: string): Failure => ({ code: "forbidden", message, reason });
const SESSION_ON_AN_AGENTS_ROUTE = forbidden("This is for agents: use an API key.", "session-on-an-agents-route");
const COMMAND_LINE_ELSEWHERE = forbidden(
  "A command line only reads. Do this on the service's pages, with your passkey.",
  "command-line-on-a-route-that-does-not-read",
);
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

/** What the headers carry that is meant as a command line's key; null if nothing is. Beside another key it is none. */
function commandLineKeyOf(headers: Headers): string | null {
  const [, bearer = ""] = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  return looksLikeCommandLineKey(bearer) && !headers.has("x-api-key") ? bearer : null;
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
  // Told before it is known whether it stands: nothing is read for it, and nothing opens.
  if (commandLineKeyOf(c.req.raw.headers) !== null) return problem(c, COMMAND_LINE_ELSEWHERE);
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
    return person.ok ? servePerson(c, person.value, () => asOneOf(c, person.value, roles, next)) : problem(c, person.refusal);
  };

async function asOneOf(c: Context<App>, person: CallingPerson, roles: CallingPerson["roles"], next: Next): Promise<Response | void> {
  if (!holdsOneOf(person, roles)) return problem(c, forbidden(`This needs the role ${roles.join(" or ")}.`, "role-missing"));
  c.set("person", person);
  return next();
}

/** The person whose command line brings this key, from the D1 primary. */
async function personFromCommandLine(c: Context<App>, key: string): Promise<Result<CallingPerson, Failure>> {
  if (!isCommandLineKey(key)) return refuse(NOT_LOGGED_IN);
  const person = await whoseSession(apiKeyHash(key), c.var.ports.sessions(), "command-line");
  return person.ok ? person : refuse({ ...NOT_LOGGED_IN, reason: person.refusal.reason });
}

/** The door of a command line alone. Whatever it may do narrows, or reads. */
const commandLineDoor = async (c: Context<App>, key: string, roles: CallingPerson["roles"], next: Next): Promise<Response | undefined> => {
  const foreign = refuseForeignPage(c);
  if (foreign !== null) return problem(c, foreign);
  const person = await personFromCommandLine(c, key);
  if (!person.ok) return problem(c, person.refusal);
  const limit = limitOfSession(c, person.value);
  const over = await limit.admit();
  return over === null ? countIfRefused(c, limit, () => asOneOf(c, person.value, roles, next)) : tooOften(c, over);
};

/** `requirePerson` for what is only read: a person's command line may, too. No other door opens to one. */
export const requireReader = (...roles: CallingPerson["roles"]): MiddlewareHandler<App> => {
  const fromBrowser = requirePerson(...roles);
  return async (c, next) => {
    const key = commandLineKeyOf(c.req.raw.headers);
    return key === null ? fromBrowser(c, next) : commandLineDoor(c, key, roles, next);
  };
};

/** Lets command lines through, and nobody else: for what they do with their own session. */
export const requireCommandLine: MiddlewareHandler<App> = async (c, next) => {
  const key = commandLineKeyOf(c.req.raw.headers);
  if (key !== null) return commandLineDoor(c, key, [], next);
  const refusal = await refuseKey(c);
  return refusal ?? problem(c, NOT_LOGGED_IN);
};

/** For what agents and people may both read: a key makes it an agent's call, otherwise it is a person's. */
export const requireAgentOrPerson: MiddlewareHandler<App> = (c, next) =>
  hasKey(c.req.raw.headers) ? requireAgent(c, next) : requirePerson()(c, next);
