/**
 * Every write on the way of a call with evidence fails, in every way: a challenge serves once, and the server sees a call only if the log has
 * the leaf that consumed it. Whoever was told that it is not known asks for a new challenge.
 */
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { type End, type Fault, type How, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { service } from "#test/workerd/faults/journeys.ts";
import { askChallenge, callWith, challengeFor, type Evidence, evidenceOf } from "#test/workerd/support/calls/evidence.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given } from "#test/workerd/support/invited.ts";
import { checkLog } from "#test/workerd/support/log.ts";
import { makeAgent } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { acceptedTools, addedServer, refresh, tellServer, tool, TOLD } from "#test/workerd/support/servers/signed-servers.ts";

const cast = service();
beforeAll(async () => {
  await receivers.reset();
  await tellServer({ tools: [tool("close_ticket")] });
  await addedServer(cast().person);
  await refresh(cast().person);
  await given(await acceptedTools(cast().person));
  await putInForce(policyOf([{ name: "closing", match: { source: "call" }, effect: "allow", verified_approval: "platform" }]));
});

const HOWS: How[] = ["absent", "present"];
const KEEP = ["D1: batch, delete from approval_challenge"];
/** Before anything is sent. */
const CONSUME = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor"];

let calls = 0;
const timesCalled = async (id: number): Promise<number> =>
  (await receivers.requests(TOLD)).filter(({ body }) => body.includes('"tools/call"') && body.includes(`"id":${id}}`)).length;
const leafOf = (challenge: string): Promise<unknown> =>
  env.DB.prepare("SELECT idx FROM log_leaf WHERE idem = ?1").bind(challenge).first("idx");

it("asking for a challenge: it is kept, or there is none", async () => {
  for (const how of HOWS) {
    const agent = await makeAgent(cast().person, `bot-${calls++}`);
    const { struck } = await withFaults([{ at: 0, how, end: "goes on" }], async () => {
      await askChallenge("legacy", agent.key, "close_ticket", {}).catch(() => "no answer");
    });
    expect(struck.join()).toContain(KEEP[0]);
    // The same again gives another one.
    const challenge = await challengeFor("legacy", agent.key, "close_ticket", {});
    const answer = await callWith("legacy", agent.key, "close_ticket", {}, await evidenceOf(cast().person, challenge));
    expect(answer.result?.content?.[0]?.text).toBe("Done.");
  }
});

interface Prepared {
  key: string;
  id: number;
  challenge: string;
  evidence: Evidence;
}
async function prepared(): Promise<Prepared> {
  const { key } = await makeAgent(cast().person, `bot-${calls++}`);
  const id = 100_000 + calls;
  const challenge = await challengeFor("legacy", key, "close_ticket", { id });
  return { key, id, challenge: challenge.challengeId, evidence: await evidenceOf(cast().person, challenge) };
}
const sent = ({ key, id, evidence }: Prepared) => callWith("legacy", key, "close_ticket", { id }, evidence);

it("a call with evidence writes this before it is sent", async () => {
  const one = await prepared();
  const { done, seen } = await withFaults([], () => sent(one));
  expect(done.result?.content?.[0]?.text).toBe("Done.");
  const names = seen.map(({ name }) => name);
  expect(names.filter((name) => CONSUME.includes(name))).toEqual(CONSUME);
});

const faults = CONSUME.flatMap((name, at) => {
  const ends: End[] = name.startsWith("call: ") ? ["goes on"] : ["goes on", "dies"];
  return HOWS.flatMap((how) => ends.map((end) => ({ name, at, how, end })));
});

it.each(faults)("$name fails, $how, and $end: it is sent at most once, and only with its leaf", async ({ at, how, end }) => {
  const one = await prepared();
  // What comes before is the agent's object's, and is failed elsewhere.
  const before = await placeOf(CONSUME[0] ?? "");
  const fault: Fault = { at: before + at, how, end };
  const { done, struck } = await withFaults([fault], () => sent(one));
  expect(struck.join()).toContain(CONSUME[at]);
  const isDone = done.result?.content?.[0]?.text === "Done.";
  expect(await timesCalled(one.id)).toBe(isDone ? 1 : 0);
  if (isDone) expect(await leafOf(one.challenge)).not.toBeNull();

  const again = await sent(one).catch(() => null);
  const leaf = await leafOf(one.challenge);
  const times = await timesCalled(one.id);
  expect(times).toBeLessThanOrEqual(1);
  expect(leaf).not.toBeNull();
  if (again?.result?.content?.[0]?.text !== "Done.") expect(again?.error?.data?.reason).toBe("challenge_consumed");
  const third = await sent(one);
  expect(third.error?.data?.reason).toBe("challenge_consumed");
  expect(await timesCalled(one.id)).toBe(times);
  const fresh = await challengeFor("legacy", one.key, "close_ticket", { id: one.id });
  await callWith("legacy", one.key, "close_ticket", { id: one.id }, await evidenceOf(cast().person, fresh));
  expect(await timesCalled(one.id)).toBe(times + 1);
  await checkLog();
});

/** How many writes come before this one of a call that goes well. */
async function placeOf(name: string): Promise<number> {
  const one = await prepared();
  const { seen } = await withFaults([], () => sent(one));
  return seen.findIndex((write) => write.name === name);
}
