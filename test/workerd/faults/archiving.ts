/** Requests that went to the archive, and what everybody reads of them. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { askFor, decided, openPage, PAYLOAD, receiptOf, viewOf } from "#test/workerd/support/approvals.ts";
import { call, cookieOf, outcome, signIn } from "#test/workerd/support/people.ts";
import { agentCalls, type Cast, later, runAlarm, stored } from "./journeys.ts";

export const DAY_S = 86_400;
export const DETAIL = "Two of three hosts";

/** The bucket, which every test has. */
export function bucket(): R2Bucket {
  if (env.ARCHIVE === undefined) throw new Error("no archive");
  return env.ARCHIVE;
}

/** The person signs in anew: a session does not last as long as it takes to the archive. */
export async function signInAgain(cast: Cast): Promise<void> {
  const { person } = cast;
  person.cookie = cookieOf(await signIn(person.passkey)) ?? person.cookie;
}

/** So many days pass, and the alarm comes. */
export async function daysPass(id: string, days = 31): Promise<void> {
  later(days * DAY_S);
  await runAlarm(id);
}

/** The request goes to the archive. */
export async function archived(cast: Cast, id: string, days?: number): Promise<void> {
  await daysPass(id, days);
  expect(await stored(id)).toBeNull();
  await signInAgain(cast);
}

export const overIds = async (): Promise<string[]> =>
  (await env.DB.prepare("SELECT id FROM request_over ORDER BY id").all<{ id: string }>()).results.map(({ id }) => id);

/** Asks with the idempotency key `key`. */
export async function asked({ agent }: Cast, key: string, body: JsonObject = {}): Promise<string> {
  const answer = await askFor(agent, { idempotency_key: key, ...body });
  expect(answer.status).toBe(201);
  return (await answer.json<AgentView>()).request_id;
}

type Ending = (cast: Cast, id: string) => Promise<unknown>;

/** Every way to an end, and what may come after it. */
export const ENDINGS: Record<string, Ending> = {
  used: async (cast, id) => {
    await decided(cast.person, id, "approved", { comment: "As discussed" });
    await agentCalls(cast, id, "redeem", { payload: PAYLOAD, idempotency_key: "run" });
    await agentCalls(cast, id, "outcome", { outcome: "unknown", detail: "Lost sight of it" });
    await agentCalls(cast, id, "outcome", { outcome: "failed", detail: DETAIL });
  },
  redeemed: async (cast, id) => {
    await decided(cast.person, id, "approved");
    await agentCalls(cast, id, "redeem", { payload: PAYLOAD, idempotency_key: "run" });
  },
  approved: (cast, id) => decided(cast.person, id, "approved"),
  denied: (cast, id) => decided(cast.person, id, "denied", { comment: "Not on a Friday" }),
  cancelled: (cast, id) => agentCalls(cast, id, "cancel", { reason: "Not needed" }),
  expired: async (_, id) => {
    later(900);
    await runAlarm(id);
  },
};

const without = (held: object, ...names: string[]) => Object.fromEntries(Object.entries(held).filter(([name]) => !names.includes(name)));

/** What agent and person read of a request, and its receipt. */
export async function everythingOf(cast: Cast, id: string, key: string) {
  const { agent, person } = cast;
  const page = await openPage(person, id);
  const again = await askFor(agent, { idempotency_key: key });
  return {
    view: await viewOf(agent, id),
    again: [again.status, await again.json<AgentView>()],
    page: without(page, "now"),
    state: await (await call("GET", `/a/${id}/state`, { cookie: person.cookie })).json(),
    nonce: await outcome(await call("POST", `/a/${id}/nonce`, { cookie: person.cookie, body: {} })),
    receipt: JSON.parse(await receiptOf(agent, id)) as JsonObject,
  };
}
