/** One person denies at once what an agent asks for that is alike. What they may see and decide is for the requests' objects to say. */
import type { Context } from "hono";
import { patternItem } from "#api/patterns/pattern-data.ts";
import { alikeBody, alikeDraftBody } from "#api/patterns/alike-schemas.ts";
import type { AlikePageData, DeniedAlikeAnswer } from "#api/patterns/alike-shapes.ts";
import { logLine } from "#config/log-line.ts";
import { isV2, topOf } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { type AlikeRequest, alikeRequests, isAlike, sourceFor } from "#gate/patterns/alike-requests.ts";
import { denyAlike, type PatternDone } from "#gate/patterns/deny-alike.ts";
import { draftDenials } from "#gate/patterns/draft-denials.ts";
import { AlikePage } from "#pages/patterns/alike-page.tsx";
import { NotForYouPage } from "#pages/kit/message-page.tsx";
import type { Brought } from "#gate/batch/bring-decisions.ts";
import { broughtAnswer, draftedAnswer, logDecided, toldFailure } from "#http/batch/signing-answers.ts";
import { isSameKind } from "#rules/policies/denied-pattern.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { pagePerson } from "#http/pages.tsx";
import { readBody } from "#http/read-body.ts";
import { patternsInForce } from "#storage/patterns/patterns.ts";
import { standingCredentialsOf } from "#storage/people.ts";
import { alikeFailure, notDeniedFailure } from "./alike-failures.ts";
import { patternFailure } from "./pattern-failures.ts";

const idOf = (c: Context<App>): string => c.req.param("id") ?? "";

/**
 * What can be signed for from here: all of version 2; and where fewer than two are, the one from which one came, or else the only one, of
 * either version, which is signed by itself. The others are denied each on its own page.
 */
function signable(source: AlikeRequest, found: readonly AlikeRequest[]): { requests: AlikeRequest[]; alone: AlikeRequest[] } {
  const batch = found.filter(({ request }) => isV2(request));
  const one = found.find(({ request }) => request.id === source.request.id) ?? found[0];
  const requests = batch.length > 1 || one === undefined ? batch : [one];
  return { requests, alone: found.filter((each) => !requests.includes(each)) };
}

/** `GET /a/{id}/alike`. */
export async function alikePage(c: Context<App>): Promise<Response> {
  const { person } = c.var;
  const [now, ports] = [timestamp(Date.now()), await c.var.ports.alike()];
  const source = await sourceFor(idOf(c), person.id, now, ports);
  if (!source.ok) return c.html(<NotForYouPage person={pagePerson(person)} />, 404);
  const [{ found, isCut }, patterns, credentials] = await Promise.all([
    alikeRequests(source.value, person.id, now, ports),
    patternsInForce(c.env.DB, now, { agentId: topOf(source.value.request).id }),
    standingCredentialsOf(c.env.DB, person.id),
  ]);
  const { requests, alone } = signable(source.value, found);
  const data: AlikePageData = {
    source: source.value.request.id,
    requests: requests.map((one) => ({ request: one.request, same: isAlike(source.value, one, "arguments") })),
    person: { id: person.id, username: person.username },
    can_sign: credentials.length > 0,
  };
  return c.html(
    <AlikePage
      person={pagePerson(person)}
      data={data}
      request={source.value.request}
      kind={source.value.kind}
      alone={alone.map(({ request }) => request)}
      isCut={isCut}
      patterns={patterns.filter((one) => isSameKind(one, source.value.kind)).map(patternItem)}
    />,
  );
}

/** `POST /a/{id}/alike/statement`: the nonces of what is to be signed. The statements are built by whoever signs, and again by each request. */
export async function draftAlike(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, alikeDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const { requests, ...terms } = body.value;
  const drafted = await draftDenials(c.var.person.id, { ...terms, source: idOf(c) }, requests, await c.var.ports.alike());
  if (!drafted.ok) return problem(c, alikeFailure(drafted.refusal));
  const leftOut = drafted.value.leftOut.map(({ request, reason }) => ({ request, failure: notDeniedFailure({ reason }) }));
  return c.json(await draftedAnswer(c, drafted.value, leftOut));
}

/** `POST /a/{id}/alike/decision`: one signature for all of them, and what became of each. */
export async function postAlike(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, alikeBody);
  if (!body.ok) return problem(c, body.refusal);
  const { scope, seconds, comment, credential_id: credentialId, ...signed } = body.value;
  const { id, username } = c.var.person;
  const denied = await denyAlike(
    { ...signed, terms: { source: idOf(c), scope, seconds, comment }, person: { id, username }, credentialId },
    await c.var.ports.alike(),
  );
  if (!denied.ok) return problem(c, alikeFailure(denied.refusal));
  const { denials, pattern } = denied.value;
  logDecided(denials, id, "denied");
  if (pattern !== null && "pattern" in pattern) logLine("pattern-denied", { person: id, agent: pattern.pattern.agent.id });
  return c.json(answerOf(denials, pattern));
}

const answerOf = (denials: readonly Brought[], done: PatternDone): DeniedAlikeAnswer => ({
  decisions: broughtAnswer(denials),
  pattern: done !== null && "pattern" in done ? patternItem(done.pattern) : null,
  pattern_problem: done !== null && "refusal" in done ? toldFailure(patternFailure(done.refusal)) : null,
});
