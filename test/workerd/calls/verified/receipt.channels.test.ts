/** `evidence: receipt`: the server of an approved call is told where its receipt is, and by which leaf it is known; of any other call it is not. */
import { beforeAll, expect, it } from "vitest";
import { finalLeafHash } from "#countersign/verified/receipt-leaf.ts";
import { parseReceipt } from "#countersign/verifier.ts";
import { type Agent, decided } from "#test/workerd/support/approvals.ts";
import { ERAS, rpc } from "#test/workerd/support/calls/evidence.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, ORIGIN, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { acceptedTools, addedServer, refresh, tellServer, tool, TOLD } from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let agent: Agent;
beforeAll(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
  agent = await makeAgent(alex);
  await tellServer({ tools: ["close_ticket", "open_ticket", "list_tickets"].map((name) => tool(name)) });
  await addedServer(alex);
  await refresh(alex);
  await given(await acceptedTools(alex));
  const asks = { effect: "require_approval", separation: false };
  await publish(
    alex,
    policyOf([
      { name: "told", match: { source: "call", tool: "close_ticket" }, ...asks, evidence: "receipt" },
      { name: "silent", match: { source: "call", tool: "open_ticket" }, ...asks },
      { name: "passes", match: { source: "call" }, effect: "allow", evidence: "receipt" },
    ]),
  );
});

interface Sent {
  params: { _meta?: Record<string, { url: string; leaf_hash: string }> };
}
async function lastSent(): Promise<Sent> {
  const calls = (await receivers.requests(TOLD)).map(({ body }) => body).filter((body) => body.includes('"tools/call"'));
  return JSON.parse(calls.at(-1) ?? "null") as Sent;
}

/** Asked for, approved and run; the request's id. */
async function run(era: (typeof ERAS)[number], name: string): Promise<string> {
  const wait = { "dev.countersign/wait_seconds": 0, "dev.countersign/idempotency-key": crypto.randomUUID() };
  const pending = await rpc(era, agent.key, "tools/call", { name, arguments: {}, _meta: wait });
  const meta = pending.result?.["_meta"] as { "dev.countersign/pending": { request_id: string } };
  const { request_id: id } = meta["dev.countersign/pending"];
  await decided(alex, id, "approved");
  const answer = await rpc(era, agent.key, "tools/call", { name: "resume_call", arguments: { request_id: id } });
  expect(answer.result?.content?.[0]?.text).toBe("Done.");
  return id;
}

it.each(ERAS)("an approved call says it in the %s era, and the receipt leads to that leaf", async (era) => {
  const id = await run(era, "close_ticket");
  const told = (await lastSent()).params._meta?.["dev.countersign/receipt"];
  expect(told?.url).toBe(`${ORIGIN}/api/v1/approvals/${id}/receipt`);
  const answer = await call("GET", new URL(told?.url ?? "").pathname, { key: agent.key, origin: null });
  const receipt = parseReceipt(await answer.text());
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  expect(finalLeafHash(receipt.value)).toBe(told?.leaf_hash);
});

it("no other call does", async () => {
  await run("legacy", "open_ticket");
  expect((await lastSent()).params._meta).not.toHaveProperty("dev.countersign/receipt");
  await rpc("legacy", agent.key, "tools/call", { name: "list_tickets", arguments: {} });
  expect(JSON.stringify(await lastSent())).not.toContain("dev.countersign/receipt");
});

it("what an agent says in its place goes nowhere", async () => {
  const forged = { "dev.countersign/receipt": { url: "https://forged.example.com", leaf_hash: "0".repeat(64) } };
  await rpc("legacy", agent.key, "tools/call", { name: "list_tickets", arguments: {}, _meta: forged });
  expect(JSON.stringify(await lastSent())).not.toContain("forged");
});
