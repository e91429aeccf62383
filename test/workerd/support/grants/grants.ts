/** A server with a tool that scales, a rule that lets people remember, and approvals that are remembered, as a page makes them. */
import { env } from "cloudflare:workers";
import type { GrantItem } from "#api/grants/grant-data.ts";
import type { RecordKind, RecordOf } from "#countersign/documents/record.ts";
import { grantIdOf, type GrantChoice } from "#countersign/grants/choose-grant.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { ApprovalPageData } from "#api/approval-page-data.ts";
import type { Agent } from "../approvals.ts";
import { decided } from "../approvals.ts";
import { receivers } from "../channels/receivers.ts";
import { given } from "../invited.ts";
import { call, enrolFirst, makeAgent, type Someone } from "../people.ts";
import { policyOf, publish } from "../policies.ts";
import { callTool } from "../servers/gateway-call.ts";
import { acceptedTools, addedServer, tellServer, tool } from "../servers/signed-servers.ts";
import { emptyStorage } from "../storage.ts";

export const SCALE = "scale_replicas";

export const REMEMBERED = { name: "scaling", match: { tool: SCALE }, effect: "require_approval", grants: { for: "7d", uses: 20 } };

export interface GrantCast {
  person: Someone;
  agent: Agent;
}

/** One person, one agent, the server `tickets` with the tool, and the rule in force. */
export async function scalingCast(rules: object[] = [REMEMBERED]): Promise<GrantCast> {
  await emptyStorage();
  await receivers.reset();
  const person = await enrolFirst();
  await tellServer({ tools: [tool(SCALE)] });
  await addedServer(person);
  await given(await acceptedTools(person));
  const agent = await makeAgent(person);
  await publish(person, policyOf(rules));
  return { person, agent };
}

/** A call of the tool, which waits for nobody. */
export const scale = ({ agent }: GrantCast, args: object): Promise<string> =>
  callTool(agent.key, "tickets", SCALE, args, { "dev.countersign/wait_seconds": 0 });

/** The request that an answer says is waited for; null where there is none. */
export const askedIn = (answer: string): string | null => /apr_[A-Za-z0-9_-]{32}/.exec(answer)?.[0] ?? null;

/** Replicas may be any number, everything else is as it was shown. */
export const freely =
  (free: GrantChoice["free"] = [{ pointer: "/replicas", bound: "any" }], uses = 20, days = 7) =>
  ({ nonce, now }: ApprovalPageData): GrantChoice => ({
    id: grantIdOf(nonce),
    free,
    uses,
    until: timestamp(Date.parse(now) + days * 86_400_000),
  });

/** A call that is asked about, and approved with a grant. Gives the request's id. */
export async function remembered(cast: GrantCast, args: object = { service: "api", replicas: 3 }, grant = freely()): Promise<string> {
  const id = askedIn(await scale(cast, args));
  if (id === null) throw new Error("nobody was asked");
  await decided(cast.person, id, "approved", { grant });
  return id;
}

/** Records of a kind, in their order. */
export async function recordsOf<Kind extends RecordKind>(kind: Kind): Promise<RecordOf<Kind>[]> {
  const { results } = await env.DB.prepare("SELECT record FROM log_leaf WHERE record ->> '$.kind' = ?1 ORDER BY idx")
    .bind(kind)
    .all<{ record: string }>();
  return results.map(({ record }) => JSON.parse(record) as RecordOf<Kind>);
}

/** As the list of grants tells of them. */
export const grantsOf = async ({ cookie }: Pick<Someone, "cookie">, query = ""): Promise<GrantItem[]> =>
  (await given<{ items: GrantItem[] }>(await call("GET", `/api/v1/grants${query}`, { cookie }))).items;

export const revoke = ({ cookie }: Pick<Someone, "cookie">, grantId: string): Promise<Response> =>
  call("DELETE", `/api/v1/grants/${grantId}`, { cookie });

/** The one grant that there is. */
export async function onlyGrant(cast: GrantCast): Promise<GrantItem> {
  const [only, ...others] = await grantsOf(cast.person, `?agent=${cast.agent.id}`);
  if (only === undefined || others.length > 0) throw new Error("there is not one grant");
  return only;
}
