/** One person decides several requests under one signature. What they may see and decide is for the requests' objects to say. */
import type { Context } from "hono";
import type { MentionedPerson } from "#api/approval-page-data.ts";
import { batchBody, batchDraftBody, stillWaitingQuery } from "#api/batch/batch-schemas.ts";
import type { BatchPageData } from "#api/batch/batch-shapes.ts";
import { checkInput } from "#api/check-input.ts";
import { eligiblePeople, type RequestDocument } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { batchRequests, type InBatch, type LeftOut } from "#gate/batch/batch-requests.ts";
import { decideBatch, draftBatch } from "#gate/batch/decide-batch.ts";
import { overAll } from "#gate/batch/over-all.ts";
import { BatchPage } from "#pages/batch/batch-page.tsx";
import type { App } from "#http/context.ts";
import { readingAidsOf } from "#http/approvals/beside-approval.ts";
import { pageState } from "#http/approvals/visible-approval.ts";
import { problem } from "#http/failures.ts";
import { pagePerson } from "#http/pages.tsx";
import { readBody } from "#http/read-body.ts";
import { stillWaiting } from "#storage/batch/still-waiting.ts";
import { namesOf, standingCredentialsOf } from "#storage/people.ts";
import { batchFailure, notInBatchFailure } from "./batch-failures.ts";
import { broughtAnswer, draftedAnswer, logDecided } from "./signing-answers.ts";

/** Characters of payloads that a page is made with: as much as one request may hold. What is beyond is made when it is opened. */
const MOST_UNFOLDED = 65_536;

/** `GET /batch?id=<id>&id=<id>…`. */
export async function batchPage(c: Context<App>): Promise<Response> {
  const { person, ports } = c.var;
  const now = timestamp(Date.now());
  const found = await batchRequests(c.req.queries("id") ?? [], person.id, ports.batch());
  const inside = found.filter((one): one is InBatch => !("reason" in one));
  const outside = found.filter((one): one is LeftOut => "reason" in one);
  const [items, people, credentials] = await Promise.all([
    itemsOf(c, inside),
    namesIn(
      c,
      inside.map(({ view }) => view.snapshot.request),
    ),
    standingCredentialsOf(c.env.DB, person.id),
  ]);
  const data: BatchPageData = {
    items,
    person: { id: person.id, username: person.username },
    people,
    can_sign: credentials.length > 0,
    now,
  };
  const leftOut = outside.map(({ request, reason, view }) => ({
    request,
    action: view?.snapshot.request.action ?? null,
    why: notInBatchFailure({ reason }).message,
  }));
  return c.html(<BatchPage person={pagePerson(person)} data={data} leftOut={leftOut} />);
}

async function namesIn(c: Context<App>, requests: readonly RequestDocument[]): Promise<MentionedPerson[]> {
  const mentioned = requests.flatMap((request) => [...eligiblePeople(request), request.requested_by.owner]);
  const people = await namesOf(c.var.near.read, [...new Set(mentioned)]);
  return people.map(({ displayName, ...named }) => ({ ...named, display_name: displayName }));
}

async function itemsOf(c: Context<App>, inside: readonly InBatch[]): Promise<BatchPageData["items"]> {
  const aids = await overAll(inside, ({ view }) => readingAidsOf(view, c.var.person, c.var.ports.beside()));
  let length = 0;
  return inside.map(({ view: { snapshot, payload } }, at) => {
    length += payload?.length ?? 0;
    const given = aids[at];
    // What is pending has its payload.
    if (payload === null || given === undefined) throw new Error("a request that waits has no payload");
    return {
      request: snapshot.request,
      payload: JSON.parse(payload) as JsonObject,
      aids: given,
      state: pageState(snapshot),
      is_folded: length > MOST_UNFOLDED,
      ...(snapshot.passesInSilence === true && { passes_in_silence: true }),
    };
  });
}

/** `GET /batch/state?id=<id>&id=<id>…`: which of them wait for this person still, and until when. What is not among them is to be asked by itself. */
export async function batchState(c: Context<App>): Promise<Response> {
  const query = checkInput(stillWaitingQuery, { id: c.req.queries("id") ?? [] });
  if (!query.ok) return problem(c, query.refusal);
  const waiting = await stillWaiting(c.var.near.read, query.value.id, c.var.person.id, timestamp(Date.now()));
  return c.json({ waiting });
}

/** `POST /batch/statement`: the nonces of what is to be signed. The statements are built by whoever signs, and again by each request. */
export async function draftBatchDecisions(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, batchDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const { requests, ...terms } = body.value;
  const drafted = await draftBatch(c.var.person.id, terms, requests, c.var.ports.batch());
  const leftOut = drafted.leftOut.map(({ request, reason }) => ({ request, failure: notInBatchFailure({ reason }) }));
  return c.json(await draftedAnswer(c, drafted, leftOut));
}

/** `POST /batch/decision`: one signature for all of them, and what became of each. */
export async function postBatch(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, batchBody);
  if (!body.ok) return problem(c, body.refusal);
  const { credential_id: credentialId, ...signed } = body.value;
  const { id, username } = c.var.person;
  const decided = await decideBatch({ ...signed, person: { id, username }, credentialId }, c.var.ports.batch());
  if (!decided.ok) return problem(c, batchFailure(decided.refusal));
  logDecided(decided.value, id, signed.verdict);
  return c.json({ decisions: broughtAnswer(decided.value) });
}
