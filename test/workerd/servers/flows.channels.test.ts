/** People on their way to an issuer: whoever does not come back is forgotten, by an alarm that is only ever moved to be sooner. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import type { Flow } from "#gate/servers/remote-upstream.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given } from "#test/workerd/support/invited.ts";
import { enrolFirst, type Someone } from "#test/workerd/support/people.ts";
import { addedAccounts, answerOf, begun, broughtBack, comeBack, signedShared } from "#test/workerd/support/servers/connections.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let server: string;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
  server = await addedAccounts(alex);
});

const TEN_MINUTES_MS = 10 * 60_000;

const object = () => env.UPSTREAM_SERVER.getByName(server) as unknown as DurableObjectStub;
const flows = (): Promise<Flow[]> =>
  runInDurableObject(object(), (_, { storage }) => [...storage.kv.list<Flow>({ prefix: "flow:" })].map(([, flow]) => flow));
/** Their time is over by the clock, as the object has them. */
const overdue = (): Promise<void> =>
  runInDurableObject(object(), (_, { storage }) => {
    for (const [name, flow] of storage.kv.list<Flow>({ prefix: "flow:" })) storage.kv.put(name, { ...flow, until: Date.now() });
  });
const alarm = (): Promise<number | null> => runInDurableObject(object(), (_, { storage }) => storage.getAlarm());
const setAlarm = (at: number): Promise<void> => runInDurableObject(object(), (_, { storage }) => storage.setAlarm(at));

test("whoever does not come back is forgotten when their time is over, and then nothing wakes the object any more", async () => {
  await begun(alex);
  const [flow] = await flows();
  expect(await alarm()).toBe(flow?.until);
  await overdue();
  expect(await runDurableObjectAlarm(object())).toBe(true);
  expect(await flows()).toEqual([]);
  await runDurableObjectAlarm(object());
  expect(await alarm()).toBeNull();
});

test("the alarm comes for the first of them, also if others begin, and for the next one then", async () => {
  await begun(alex);
  const [first] = await flows();
  await runInDurableObject(object(), (_, { storage }) => {
    storage.kv.put("flow:other", { ...first, stateHash: "other", until: Date.now() + 2 * TEN_MINUTES_MS });
  });
  expect(await alarm()).toBe(first?.until);
  await runInDurableObject(object(), (_, { storage }) => storage.kv.put(`flow:${first?.stateHash ?? ""}`, { ...first, until: Date.now() }));
  await runDurableObjectAlarm(object());
  const [next] = await flows();
  expect(next?.stateHash).toBe("other");
  expect(await alarm()).toBe(next?.until);
});

test("whoever comes back moves no alarm to be later", async () => {
  await given(await signedShared(alex, await broughtBack(alex, "ada")), 201);
  const soon = Date.now() + 60_000;
  const there = await begun(alex);
  await setAlarm(soon);
  expect((await comeBack(alex, answerOf(there, "grace"))).status).toBe(303);
  expect(await alarm()).toBe(soon);
});

test("while nothing but people on their way is kept, looking after what has ended leaves their alarm", async () => {
  await begun(alex);
  const [flow] = await flows();
  await env.UPSTREAM_SERVER.getByName(server).tendGrants();
  expect(await flows()).toHaveLength(1);
  expect(await alarm()).toBe(flow?.until);
});
