/** What is amiss is told to admins and to systems, once when it begins and once when it is over, whoever else looks at the same moment. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import type { SettingsData } from "#api/console/settings-data.ts";
import type { MessageContent } from "#rules/notices/content.ts";
import { type Agent, personAndAgent } from "#test/workerd/support/approvals.ts";
import { admitted as admittedCall, handedOver } from "#test/workerd/support/calls/agent-calls.ts";
import { HOOKS, messages, putContact, putMail, putWebhook } from "#test/workerd/support/channels/channels-in-force.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, type Someone } from "#test/workerd/support/people.ts";
import { scraped } from "#test/workerd/support/console/scraped.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import worker from "#worker.ts";

let alex: Someone;
let agent: Agent;
let contact: string;

beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  await receivers.answer(HOOKS, { status: 204 });
  await receivers.answer("api.resend.com", { status: 200, body: JSON.stringify({ id: "1" }) });
  ({ person: alex, agent } = await personAndAgent());
  const sam = await admitted(alex, "sam", ["approver"]);
  await putWebhook(["alert.*"]);
  const mail = await putMail();
  contact = await putContact(alex.id, mail, "alex@example.com");
  await putContact(sam.id, mail, "sam@example.com");
});

/** As what a limit has refused is recorded, but at once: the gate waits a while, and writes such calls down together. */
const OVER_ITS_LIMIT = { status: "rate_limited" as never, rule: "few" };
const everyMinute = async (): Promise<void> => await worker.scheduled(createScheduledController({ cron: "* * * * *" }), env);
const told = async (): Promise<MessageContent[]> =>
  (await messages("type GLOB 'alert.*'")).map(({ content }) => JSON.parse(content) as MessageContent);
/** Types of what was told, and how often. */
const tally = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    [...Map.groupBy(await told(), ({ type, alert }) => `${type} ${alert?.name}`)].map(([name, all]) => [name, all.length]),
  );
const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

const stick = (minutes: number): Promise<unknown> =>
  env.DB.prepare(
    `INSERT INTO message (id, channel_id, type, content, state, next_at, created_at, held_until)
     SELECT 'msg_stuck', id, 'channel.test', '{"type":"channel.test"}', 'waiting', ?1, ?1, '2999-01-01T00:00:00.000Z' FROM channel WHERE kind = 'webhook'`,
  )
    .bind(ago(minutes))
    .run();

it("tells admins and systems of messages that do not go out, once, and once that they do", async () => {
  await stick(9);
  await everyMinute();
  expect(await tally()).toEqual({});
  await env.DB.prepare("UPDATE message SET next_at = ?1").bind(ago(11)).run();
  await everyMinute();
  await everyMinute();
  await Promise.all([everyMinute(), everyMinute(), everyMinute()]);
  expect(await tally()).toEqual({ "alert.began messages_stuck": 2 });
  const { alerts } = await (await call("GET", "/api/v1/settings", { cookie: alex.cookie, origin: null })).json<SettingsData>();
  expect(alerts).toMatchObject([{ name: "messages_stuck", agent: null, rule: null }]);
  expect((await scraped()).get("countersign_alerts")?.samples.find(({ labels }) => labels["alert"] === "messages_stuck")?.value).toBe(1);

  await env.DB.prepare("DELETE FROM message WHERE id = 'msg_stuck'").run();
  await Promise.all([everyMinute(), everyMinute(), everyMinute()]);
  await everyMinute();
  expect(await tally()).toEqual({ "alert.began messages_stuck": 2, "alert.ended messages_stuck": 2 });
  expect((await messages("type GLOB 'alert.*' AND contact_id IS NOT NULL")).map(({ contact_id: id }) => id)).toEqual([contact, contact]);
});

it("sends them: a webhook has facts, a person words, and nothing to decide", async () => {
  await stick(11);
  await everyMinute();
  await everyMinute();
  await expect.poll(async () => (await receivers.requests("api.resend.com")).length).toBe(1);
  await expect.poll(async () => (await receivers.requests(HOOKS)).length).toBe(1);
  const [hook] = await receivers.requests(HOOKS);
  expect(JSON.parse(hook?.body ?? "")).toMatchObject({
    type: "alert.began",
    data: { link: `${env.PUBLIC_ORIGIN}/admin`, alert: { name: "messages_stuck", since: expect.any(String) as string } },
  });
  const [mail] = await receivers.requests("api.resend.com");
  expect(mail?.body).toContain("Messages do not go out");
  expect(mail?.body).toContain("alex@example.com");
});

it("what alerts themselves could not say starts no alert, and neither does a person's dead address", async () => {
  await env.DB.prepare(
    `INSERT INTO message (id, channel_id, contact_id, type, content, state, next_at, created_at)
     SELECT 'msg_' || type, id, iif(type = 'request.opened', 'cnt_x', NULL), type, '{}', 'failed', ?1, ?1
     FROM channel, (SELECT 'alert.began' AS type UNION SELECT 'request.opened') WHERE kind = 'webhook'`,
  )
    .bind(ago(1))
    .run();
  await everyMinute();
  expect((await env.DB.prepare("SELECT id FROM alert").all()).results).toEqual([]);
});

it("a limit that is reached again and again is told once, and once when an hour was quiet", async () => {
  for (let n = 0; n < 3; n++) {
    await admittedCall(agent, { facts: OVER_ITS_LIMIT });
    await handedOver(agent);
    await everyMinute();
  }
  expect(await tally()).toEqual({ "alert.began limit_reached": 2 });
  expect((await told())[0]?.alert).toMatchObject({ agent: { id: agent.id, name: agent.name }, rule: "few" });
  await env.DB.prepare("UPDATE limit_reached SET at = ?1").bind(ago(61)).run();
  await everyMinute();
  await everyMinute();
  expect(await tally()).toEqual({ "alert.began limit_reached": 2, "alert.ended limit_reached": 2 });
});

it("limits that are reached in a storm are told each once, however many are reached after them", async () => {
  const reach = (from: number, to: number) =>
    env.DB.prepare(
      `WITH RECURSIVE one(n) AS (SELECT CAST(?2 AS INTEGER) UNION ALL SELECT n + 1 FROM one WHERE n < ?3)
       INSERT INTO limit_reached (agent_id, rule, at) SELECT ?1, 'rule ' || n, ?4 FROM one`,
    )
      .bind(agent.id, from, to, ago(to < 26 ? 2 : 1))
      .run();
  await reach(1, 25);
  await everyMinute();
  expect(await tally()).toEqual({ "alert.began limit_reached": 40 });
  await reach(26, 50);
  for (let n = 0; n < 4; n++) await everyMinute();
  expect(await tally()).toEqual({ "alert.began limit_reached": 100 });
  await env.DB.prepare("UPDATE limit_reached SET at = ?1 WHERE rule = 'rule 7'").bind(ago(61)).run();
  await everyMinute();
  expect(await tally()).toEqual({ "alert.began limit_reached": 100, "alert.ended limit_reached": 2 });
});

it("tells of a system that answers with errors, whose messages are tried for longer than an hour and never due for long", async () => {
  const failing = (minutes: number | null) =>
    env.DB.prepare("UPDATE channel SET failing_since = ?1 WHERE kind = 'webhook'")
      .bind(minutes === null ? null : ago(minutes))
      .run();
  await receivers.answer(HOOKS, { status: 503 });
  await failing(59);
  await everyMinute();
  expect(await tally()).toEqual({});
  await failing(61);
  await everyMinute();
  await everyMinute();
  expect(await tally()).toEqual({ "alert.began messages_stuck": 2 });
  await failing(null);
  await everyMinute();
  expect(await tally()).toEqual({ "alert.began messages_stuck": 2, "alert.ended messages_stuck": 2 });
});

it("tells of a frozen log, and of a record of calls that is behind", async () => {
  await env.DB.batch([
    env.DB.prepare("UPDATE log SET state = 'frozen'"),
    env.DB.prepare("UPDATE metric_place SET at = ?1 WHERE name = 'calls'").bind(ago(11)),
    env.DB.prepare("CREATE TRIGGER breaks BEFORE UPDATE ON metric_place WHEN OLD.name = 'calls' BEGIN SELECT RAISE(ABORT, 'broken'); END"),
  ]);
  await everyMinute();
  expect(await tally()).toEqual({ "alert.began calls_behind": 2, "alert.began log_frozen": 2 });
  await env.DB.prepare("DROP TRIGGER breaks").run();
  await everyMinute();
  await everyMinute();
  expect(await tally()).toEqual({ "alert.began calls_behind": 2, "alert.began log_frozen": 2, "alert.ended calls_behind": 2 });
});

it("a batch that breaks tells nobody, and the next round tells", async () => {
  await stick(11);
  await env.DB.prepare(
    "CREATE TRIGGER breaks BEFORE INSERT ON message WHEN NEW.contact_id IS NOT NULL BEGIN SELECT RAISE(ABORT, 'broken'); END",
  ).run();
  await everyMinute();
  expect([await tally(), (await env.DB.prepare("SELECT id FROM alert").all()).results]).toEqual([{}, []]);
  await env.DB.prepare("DROP TRIGGER breaks").run();
  await everyMinute();
  expect(await tally()).toEqual({ "alert.began messages_stuck": 2 });
});
