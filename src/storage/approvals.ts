/** The searchable view of approvals, and the standing of those whom an approval rests on. Never says whether one is approved. */
import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { ApprovalEffect, ExtensionEffect, StandingReader } from "#gate/approvals/object/object-ports.ts";
import type { ApprovalIndex, Approver } from "#gate/approvals/opening.ts";
import { belowIn, DENIED_AT, GROUPS, IS_STOPPED, standsAt, STOP_NUMBER, treeOf } from "./chains/above.ts";
import { approvedCallQuery } from "./calls/approved-calls.ts";
import { givenQuery } from "./grants/grant-effects.ts";
import { listOpened, listRequest, watchersIn, watchersQuery } from "./approval-lists.ts";
import type { Place, Query } from "./batch-condition.ts";
import { openOfAgent } from "./inbox/open-of-agent.ts";
import type { Watcher } from "./inbox/open-pages.ts";
import { formerMakersAt, formerMakersIn } from "./keys/old-keys.ts";
import { isOneOf, primary } from "./primary.ts";
import type { RequestDocument } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { onePersonAKey } from "#rules/one-person-a-key.ts";
import { agent, approval, gate, passkey, person } from "./schema.ts";

const isApprover = sql`exists (select 1 from json_each(${person.roles}) where value = 'approver')`;

/** The standing passkeys of people who are approvers, of those that the condition asks for. */
const approversKeys = (d1: D1Database, which?: SQL) =>
  primary(d1)
    .select({
      credentialId: passkey.credentialId,
      personId: passkey.personId,
      publicKey: passkey.publicKey,
      username: person.username,
      groups: person.groups,
    })
    .from(passkey)
    .innerJoin(person, eq(person.id, passkey.personId))
    .where(and(which, isNull(passkey.revokedAt), isApprover));

/** Lists requests and finds who may approve them. */
export const approvalIndex = (d1: D1Database): ApprovalIndex => ({
  async approvers(usernames) {
    const named = primary(d1).select({ username: person.username }).from(person).where(isOneOf(person.username, usernames));
    const [keys, found] = usernames.length === 0 ? [await approversKeys(d1), []] : await primary(d1).batch([approversKeys(d1), named]);
    const known = new Set(found.map((one) => one.username));
    return { people: approversOf(keys), unknown: usernames.filter((username) => !known.has(username)) };
  },

  list: (request, caps, epoch, alike = null) => listRequest(d1, request, caps, epoch, alike),
  listOnly: (opened) => listOpened(d1, opened),
});

const standingAgent = (d1: D1Database, agentId: string) =>
  primary(d1)
    .select({
      name: agent.name,
      groups: sql<string>`${sql.raw(GROUPS)}`.as("groups_of_top"),
      maker: agent.maker,
      formerMakers: sql<string>`${sql.raw(formerMakersAt(`'${timestamp(Date.now())}'`))}`.as("former_makers"),
      ownerName: person.username,
      // Named apart: of two columns of one name a batch gives only one.
      ownStop: sql<number>`${sql.raw(STOP_NUMBER)}`.as("own_stop"),
      allStop: sql<number>`${gate.stopNumber}`.as("all_stop"),
      epoch: gate.epoch,
      hasChannels: sql<boolean>`${gate.channels} > 0`.mapWith(Boolean).as("has_channels"),
      deniedAt: sql<string | null>`${sql.raw(DENIED_AT)}`.as("denied_at_of_top"),
      isStopped: sql<boolean>`${sql.raw(IS_STOPPED)} or ${gate.stoppedAt} is not null`.mapWith(Boolean).as("is_stopped"),
      chain: agent.chain,
      endsAt: agent.endsAt,
      scope: agent.scope,
    })
    .from(agent)
    .innerJoin(person, eq(person.id, agent.owner))
    .innerJoin(gate, sql`true`)
    .where(and(eq(agent.id, agentId), sql.raw(standsAt(`'${timestamp(Date.now())}'`))));

type ApproversKey = Awaited<ReturnType<typeof approversKeys>>[number];

/** The people who hold these keys. */
function approversOf(keys: readonly ApproversKey[]): Approver[] {
  const countsAs = onePersonAKey(keys);
  const people = keys.map(({ personId: id, username, groups }) => [id, { id, username, groups, countsAs: countsAs(id) }] as const);
  return [...new Map(people).values()];
}

/** Whether those an approval rests on are in good standing now. */
export const standingReader = (d1: D1Database): StandingReader => ({
  async standingOf(agentId, decisions, withApprovers) {
    const people = decisions.map((decision) => decision.statement.approver.id);
    const whose = withApprovers ? undefined : isOneOf(passkey.personId, people);
    const [[found], keys] = await primary(d1).batch([standingAgent(d1, agentId), approversKeys(d1, whose)]);
    const owners = new Map(keys.map((key) => [key.credentialId, key.personId]));
    const stands = decisions.filter((decision) => owners.get(decision.credential_id) === decision.statement.approver.id);
    return {
      agent:
        found === undefined
          ? null
          : (({ ownStop, allStop, groups, formerMakers, deniedAt: _, chain, endsAt, scope, ...facts }) => ({
              ...facts,
              groups: JSON.parse(groups) as string[],
              ...formerMakersIn(formerMakers),
              stops: { all: allStop, agent: ownStop },
              ...belowIn(chain, endsAt, scope),
            }))(found),
      deniedAt: found?.deniedAt ?? null,
      approvers: withApprovers ? approversOf(keys) : null,
      credentials: new Set(stands.map((decision) => decision.credential_id)),
      countsAs: onePersonAKey(keys),
    };
  },
});

/** Ids of what an agent, and those below it, have open at `now`; what is past its deadline ends by itself. */
export async function pendingOf(d1: D1Database, agentId: string, now: string): Promise<string[]> {
  const open = d1
    .withSession("first-primary")
    .prepare(`SELECT open.id FROM ${treeOf("?1")} AS tree CROSS JOIN ${openOfAgent("tree.id")} AND open.expires_at > ?2`);
  return (await open.bind(agentId, now).all<{ id: string }>()).results.map(({ id }) => id);
}

/** Where the enrolments of these credentials stand in the log, by credential id. */
export async function enrolmentIndices(d1: D1Database, credentialIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await primary(d1)
    .select({ credentialId: passkey.credentialId, leafIndex: passkey.leafIndex })
    .from(passkey)
    .where(isOneOf(passkey.credentialId, credentialIds))
    .all();
  return new Map(rows.map((row) => [row.credentialId, row.leafIndex]));
}

/** Notes a denial for the agent at the top. Leaves of two denials may come in another order than those were made in. */
const deniedQuery = (topId: string, at: string, { database }: Place): Query =>
  database
    .update(agent)
    .set({ deniedAt: sql`max(coalesce(${agent.deniedAt}, ''), ${at})` })
    .where(eq(agent.id, topId))
    .toSQL();

/** The statements of an effect, for the batch of its leaf. */
export const approvalQueries = (effect: ApprovalEffect, place: Place): Query[] => {
  const { agentId, requestedAt, requestId, at, approvedCall, deniedTop, grant } = effect;
  const ended = and(eq(approval.agentId, agentId), eq(approval.requestedAt, requestedAt), eq(approval.id, requestId));
  return [
    place.database.update(approval).set({ endedAt: at }).where(ended).toSQL(),
    ...(deniedTop === undefined ? [] : [deniedQuery(deniedTop, at, place)]),
    ...(approvedCall === true ? [approvedCallQuery(effect)] : []),
    ...(grant === undefined ? [] : [givenQuery(grant, at, place)]),
  ];
};

/** The statements of more time, for the batch of its leaf. */
export const extensionQueries = ({ agentId, requestedAt, requestId, expiresAt }: ExtensionEffect, { database }: Place): Query[] => {
  const extended = and(eq(approval.agentId, agentId), eq(approval.requestedAt, requestedAt), eq(approval.id, requestId));
  return [database.update(approval).set({ expiresAt }).where(extended).toSQL()];
};

/**
 * `ApprovalPorts.listSigned`; gives who has a page open that it is on. What has ended waits for nobody, and is not noted any more. Those whose
 * signatures do not count any more are not among `people`, and go.
 */
export async function listSigned(d1: D1Database, request: RequestDocument, people: readonly string[], at: string): Promise<string[]> {
  const { id, requested_at: requestedAt, requested_by: by } = request;
  const noted = d1
    .prepare(
      `INSERT INTO signed_by (id, person_id, at, expires_at, agent_id, requested_at)
       SELECT open.id, one.value, ?5, open.expires_at, open.agent_id, open.requested_at FROM approval AS open CROSS JOIN json_each(?2) AS one
       WHERE open.agent_id = ?3 AND open.requested_at = ?4 AND open.id = ?1 AND open.ended_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM signed_by WHERE signed_by.id = ?1 AND signed_by.at > ?5)
       ON CONFLICT DO NOTHING`,
    )
    .bind(id, JSON.stringify(people), by.id, requestedAt, at);
  const dropped = d1
    .prepare("DELETE FROM signed_by WHERE id = ?1 AND at <= ?3 AND person_id NOT IN (SELECT value FROM json_each(?2))")
    .bind(id, JSON.stringify(people), at);
  const [, , watching] = await d1.batch<Watcher>([noted, dropped, watchersQuery(d1, request, at)]);
  return watchersIn(watching);
}
