/** How policies are checked, tried on asks of before, published by admins' signatures, and read. */
import type { Context } from "hono";
import { policyBody, policyCheckBody, policyDraftBody, policyReplayBody } from "#api/policy-data.ts";
import { logLine } from "#config/log-line.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { draftPublication, publishPolicy } from "#gate/policies/publish-policy.ts";
import { replayAsks } from "#gate/policies/replay-asks.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { answerStatement, readAuthorisation } from "#http/signatures/admin-signature.ts";
import { listPolicies, policyOfVersion } from "#storage/policies/published.ts";
import { policyFailure } from "./policy-failures.ts";
import { checkedPolicyOf, placeIn, policyItem, replayItem, usernames, waitingPolicies } from "./policy-items.ts";

/** Versions on a page. */
const PAGE = 50;
const REPLAYED = 200;

/** `GET /api/v1/policies?cursor=`: every version, the newest first, and what lacks an admin's signature. */
export async function listVersions(c: Context<App>): Promise<Response> {
  const cursor = c.req.query("cursor");
  if (cursor !== undefined && !/^[1-9][0-9]{0,8}$/.test(cursor)) return problem(c, policyFailure({ reason: "no-such-place" }));
  const [found, [newest], names, waiting] = await Promise.all([
    listPolicies(c.env.DB, PAGE + 1, cursor === undefined ? undefined : Number(cursor)),
    listPolicies(c.env.DB, 1),
    usernames(c.env.DB),
    waitingPolicies(c.env.DB, c.var.config.adminsRequired, Date.now()),
  ]);
  const items = found.slice(0, PAGE).map((stored) => policyItem(stored, names));
  const last = items.at(-1);
  const next = found.length > PAGE && last !== undefined ? { next_cursor: String(last.version) } : {};
  return c.json({ items, ...next, in_force: { version: newest?.version ?? 0, hash: newest?.hash ?? null }, waiting });
}

/** `GET /api/v1/policies/{version}`: its text as it was written, and the document that was read from it. */
export async function showVersion(c: Context<App>): Promise<Response> {
  const given = c.req.param("version") ?? "";
  const stored = /^[1-9][0-9]{0,8}$/.test(given) ? await policyOfVersion(c.env.DB, Number(given)) : null;
  if (stored === null) return problem(c, policyFailure({ reason: "unknown-version" }));
  const { source, document } = stored;
  return c.json({ ...policyItem(stored, await usernames(c.env.DB)), source, document: JSON.parse(document) as JsonObject });
}

/** `POST /api/v1/policies/check`: everything that is said of a text, and what it would change. Nothing is stored. */
export async function checkPolicyText(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, policyCheckBody);
  if (!body.ok) return problem(c, body.refusal);
  return c.json(await checkedPolicyOf(c.env.DB, body.value.source, await c.var.ports.policies()));
}

/** `POST /api/v1/policies/replay`: which of the newest asks a text would have judged otherwise than the version that did. */
export async function askReplay(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, policyReplayBody);
  if (!body.ok) return problem(c, body.refusal);
  const { source, limit = REPLAYED, cursor } = body.value;
  const from = cursor === undefined ? null : placeIn(cursor);
  if (cursor !== undefined && from === null) return problem(c, policyFailure({ reason: "no-such-place" }));
  const replayed = await replayAsks(source, limit, from, await c.var.ports.policies());
  if (!replayed.ok) return problem(c, policyFailure(replayed.refusal));
  return c.json(replayItem(replayed.value, await usernames(c.env.DB)));
}

/** `POST /admin/policy/statement`: what this admin has to sign to publish a text. */
export async function draftPolicyStatement(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, policyDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const { source, based_on: basedOn } = body.value;
  const drafted = await draftPublication({ source, basedOn }, c.var.person.id, await c.var.ports.policies());
  return drafted.ok ? answerStatement(c, drafted.value) : problem(c, policyFailure(drafted.refusal));
}

/** `POST /api/v1/policies`: publishes what admins have signed for; 202 if another has to sign. */
export async function publish(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, policyBody);
  if (!body.ok) return problem(c, body.refusal);
  const authorisation = readAuthorisation(body.value.authorisation);
  if (!authorisation.ok) return problem(c, authorisation.refusal);
  const { source, based_on: basedOn } = body.value;
  const published = await publishPolicy({ source, basedOn }, c.var.person.id, authorisation.value, await c.var.ports.policies());
  if (!published.ok) return problem(c, policyFailure(published.refusal));
  const { done, version, hash, signatures, required } = published.value;
  if (!done) return c.json({ version, hash, signatures, required }, 202);
  logLine("policy-published", { admin: c.var.person.id, version });
  return c.json({ version, hash }, 201);
}
