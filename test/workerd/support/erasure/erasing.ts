/** Erasing people as admins do it, and the rounds of the cron that follow. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import worker from "#worker.ts";
import { changeRoles, given, revoke } from "../invited.ts";
import { authorise, call, type Someone } from "../people.ts";

export const draftErasure = (admin: Someone, person: string): Promise<Response> =>
  call("POST", "/admin/people/erasure/statement", { cookie: admin.cookie, body: { person } });

export const draftOfErasure = async (admin: Someone, person: string): Promise<AdminStatement> =>
  (await given<{ statement: AdminStatement }>(await draftErasure(admin, person))).statement;

export const signErasure = async (admin: Someone, person: string): Promise<Authorisation[]> =>
  authorise(admin.passkey, await draftOfErasure(admin, person));

export const sendErasure = (admin: Someone, person: string, authorisation: unknown): Promise<Response> =>
  call("POST", `/api/v1/people/${person}/erasure`, { cookie: admin.cookie, body: { authorisation } });

export const erase = async (admin: Someone, person: string): Promise<Response> =>
  sendErasure(admin, person, await signErasure(admin, person));

/** Takes away all that the person could do anything with. */
export async function retire(admin: Someone, person: Someone): Promise<void> {
  await given(await changeRoles(admin, person.id, []));
  const answer = await revoke(admin, person);
  if (answer.status !== 204) throw new Error(`not revoked: ${answer.status}`);
}

/** The cron of every quarter of an hour. */
export const quarterHour = async (): Promise<void> => await worker.scheduled(createScheduledController(), env);

/** Takes record and salt out of the leaf of this index by hand, which the database refuses otherwise. */
export const eraseByHand = async (index: number): Promise<void> => {
  const statement = env.DB.prepare("UPDATE log_leaf SET record = NULL, salt = NULL WHERE idx = ?1").bind(index);
  await env.DB.batch([env.DB.prepare("DROP TRIGGER IF EXISTS log_leaf_update"), statement]);
};
