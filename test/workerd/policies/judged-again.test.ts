/** How a use is judged again: by what the request says of itself, and by all of the policy in force, whatever happens meanwhile. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { payloadHash } from "#countersign/documents/request.ts";
import { readConfig } from "#config/config.ts";
import { logWriter } from "#config/object-places.ts";
import { bringUpToDate } from "#gate/approvals/object/approval-object.ts";
import { redeemApproval, type UsePorts } from "#gate/approvals/object/use-approval.ts";
import { listEligible } from "#storage/approval-lists.ts";
import { listSigned, standingReader } from "#storage/approvals.ts";
import { logOrigin } from "#storage/log/log-origin.ts";
import { policyOf as policyInForce } from "#storage/policies/in-force.ts";
import { type Agent, ask, decided, PAYLOAD, personAndAgent, viewOf } from "#test/workerd/support/approvals.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, outcome, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";
import { KeptApproval } from "../../../durable-objects/kept-approval.ts";

let person: Someone;
let agent: Agent;

beforeEach(async () => {
  ({ person, agent } = await personAndAgent());
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

const MINUTE_MS = 60_000;
const redeem = (id: string): Promise<Response> =>
  call("POST", `/api/v1/approvals/${id}/redeem`, { key: agent.key, origin: null, body: { payload: PAYLOAD } });

it("a server that was named before anything was published counts", async () => {
  const { request_id: id } = await ask(agent, { server: "prod-db", tool: "run_sql" });
  await decided(person, id, "approved");
  await putInForce(policyOf([{ name: "not-there", match: { server: "prod-*" }, effect: "deny" }]));
  expect(await outcome(await redeem(id))).toEqual([403, "policy_denied"]);
});

it("who became eligible within the time that the agent asked for still counts", async () => {
  const bo = await admitted(person, "bo");
  const escalate = [{ after: "10m", users: ["bo"] }];
  await putInForce(
    policyOf([{ name: "deploys", effect: "require_approval", risk: "low", expires_in: "2m", approvals: [{ users: ["alex"] }] }], {
      defaults: { expires_in: "30m", escalate },
    }),
  );
  const { request_id: id, requested_at } = await ask(agent, { expires_in_seconds: 3_600 });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(requested_at) + 11 * MINUTE_MS });
  await decided(bo, id, "approved");
  expect((await redeem(id)).status).toBe(200);
});

it("the agent is told until when it may be used, which counts from the end", async () => {
  await putInForce(policyOf([{ name: "reads", effect: "allow", risk: "low", expires_in: "30m", use_within: "1m" }]));
  const { request_id: id, requested_at, use_by } = await ask(agent);
  expect(Date.parse(use_by) - Date.parse(requested_at)).toBe(MINUTE_MS);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(use_by) + 1 });
  expect(await outcome(await redeem(id))).toEqual([409, "deadline_passed"]);
});

describe("a decision that comes while it is read by what the use is judged", () => {
  /** As durable-objects/approval-request.ts has them, with something that happens once everybody's standing was read for the first time. */
  function portsOf(storage: DurableObjectStorage, happens: () => Promise<unknown>): UsePorts {
    const config = readConfig(env);
    const origin = () => logOrigin(env.DB, config);
    const standing = standingReader(env.DB);
    let reads = 0;
    const ports: UsePorts = {
      store: new KeptApproval(storage),
      standing: {
        async standingOf(...asked) {
          const read = await standing.standingOf(...asked);
          if (reads++ === 0) await happens();
          return read;
        },
      },
      log: { append: async (leaf) => logWriter(env, await origin()).append(leaf) },
      listSigned: async (request, people, at) => void (await listSigned(env.DB, request, people, at)),
      listEligible: async (request, at) => void (await listEligible(env.DB, request, at)),
      hasRoomForGrant: () => Promise.resolve(true),
      mayUseGrant: () => Promise.resolve(true),
      policyOf: (epoch) => policyInForce(env.DB, epoch),
      logOrigin: origin,
      archiveAfterMs: null,
      now: () => Date.now(),
      random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
      announce: () => undefined,
      settle: () => bringUpToDate(ports),
      pastOf: (agentId) => env.AGENT_ACTIVITY.getByName(agentId),
    };
    return ports;
  }
  const redeemWhile = (id: string, happens: () => Promise<unknown>) =>
    runInDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(id)), (_, { storage }) =>
      redeemApproval(agent.id, { payloadHash: payloadHash(PAYLOAD), idempotencyKey: null }, portsOf(storage, happens)),
    );

  it("is enough", async () => {
    await putInForce(policyOf([{ name: "one", effect: "require_approval", risk: "low" }]));
    const { request_id: id } = await ask(agent);
    expect(await redeemWhile(id, () => decided(person, id, "approved"))).toEqual({ ok: true, value: null });
    expect(await viewOf(agent, id)).toMatchObject({ redeemed_at: expect.any(String) as string } satisfies Partial<AgentView>);
  });

  it("and a publication: what is used is judged by that", async () => {
    const { request_id: id } = await ask(agent);
    const used = await redeemWhile(id, async () => {
      await decided(person, id, "approved");
      await putInForce(policyOf([{ name: "nothing", effect: "deny" }]));
    });
    expect(used).toMatchObject({ ok: false, refusal: { reason: "denied-when-used", rule: "nothing" } });
    expect((await viewOf(agent, id)).redeemed_at).toBeUndefined();
  });
});
