/** Number matching: what is of high or critical risk is approved only by whoever picks the number that the agent shows. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Agent,
  ask,
  decide,
  decided,
  openPage,
  personAndAgent,
  send,
  signedDecision,
  viewOf,
} from "#test/workerd/support/approvals.ts";
import { below, chainBelow } from "#test/workerd/support/agents/below.ts";
import { admitted, recordsOf } from "#test/workerd/support/invited.ts";
import { ERAS, useTool } from "#test/workerd/support/mcp.ts";
import { call, makeAgent, outcome, type Someone, textWith } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { askedBack } from "#test/workerd/support/talk/asking.ts";
import { anotherNumber, approveWith, shownNumber } from "#test/workerd/support/talk/numbers.ts";

const rule = (name: string, more: object = {}) => ({
  name,
  match: { tool: name },
  effect: "require_approval",
  separation: false,
  ...more,
});

let alex: Someone;
let bot: Agent;

beforeEach(async () => {
  ({ person: alex, agent: bot } = await personAndAgent());
  const rules = [
    ...["low", "medium", "high", "critical"].map((risk) => rule(risk, { risk })),
    rule("low-on", { risk: "low", match_code: "on" }),
    rule("high-off", { risk: "high", match_code: "off" }),
    rule("two", { risk: "high", approvals: [{ required: 2 }] }),
    rule("passes", { risk: "high", effect: "allow" }),
  ];
  await putInForce(policyOf(rules));
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

const opened = async (tool: string): Promise<string> => (await ask(bot, { tool })).request_id;
const notMatched = [403, "number_not_matched"];

describe("where a number has to be picked", () => {
  test.each([
    ["low", false],
    ["medium", false],
    ["high", true],
    ["critical", true],
    ["low-on", true],
    ["high-off", false],
  ])("%s: %s", async (tool, isOn) => {
    const id = await opened(tool);
    const [view, page] = [await viewOf(bot, id), await openPage(alex, id)];
    expect([view.match_code !== undefined, page.numbers !== undefined]).toEqual([isOn, isOn]);
    expect((await approveWith(alex, id, null)).status).toBe(isOn ? 403 : 200);
  });

  test("not where nobody is asked, nor once it is over", async () => {
    expect(await ask(bot, { tool: "passes" })).not.toHaveProperty("match_code");
    const id = await opened("high");
    await decided(alex, id, "denied");
    expect(await viewOf(bot, id)).not.toHaveProperty("match_code");
    expect(await openPage(alex, id)).not.toHaveProperty("numbers");
  });
});

describe("the number", () => {
  test("is two digits, told to the agent with what to do with it, at once where nobody else could be told meanwhile", async () => {
    const view = await ask(bot, { tool: "high", wait_seconds: 50 });
    expect(view).toMatchObject({ status: "pending", match_code: expect.stringMatching(/^[1-9][0-9]$/) as string });
    expect(view.next).toContain(`the number ${view.match_code}`);
    const overMcp = await useTool(
      ERAS[0],
      "request_human_approval",
      { action: "Drop it", payload: {}, tool: "high", wait_seconds: 50 },
      bot.key,
    );
    expect(overMcp).toMatchObject({ structuredContent: { status: "pending", next: textWith("which they have to pick") } });
  });

  test("is one of three on the page, which says nothing of which: not by their order, in its HTML, or in how it stands", async () => {
    const firsts = new Set<string | undefined>();
    const id = await opened("critical");
    const shown = await shownNumber(bot, id);
    for (let pages = 0; pages < 40; pages++) {
      const page = await openPage(alex, id);
      expect(new Set(page.numbers).size).toBe(3);
      expect(page.numbers).toContain(shown);
      firsts.add(page.numbers?.[0]);
    }
    // By chance alone once in four million runs.
    expect(firsts.size).toBe(3);
    const html = await (await call("GET", `/a/${id}`, { cookie: alex.cookie })).text();
    const visible = html.replaceAll(/[A-Za-z0-9_-]{20,}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, "");
    const counted = (number: string) => visible.split(new RegExp(`(?<![0-9])${number}(?![0-9])`)).length;
    const page = await openPage(alex, id);
    // Each is in its button, twice, and in the data block.
    expect((page.numbers ?? []).map((number) => html.split(`data-number="${number}"`).length - 1)).toEqual([1, 1, 1]);
    expect(counted(shown)).toBeGreaterThan(0);
    const state = await (await call("GET", `/a/${id}/state`, { cookie: alex.cookie })).text();
    expect(state).not.toMatch(/number|match_code|decoy/);
  });

  test("is on no page of somebody who only looks", async () => {
    const auditor = await admitted(alex, "casey", ["auditor"]);
    expect(await openPage(auditor, await opened("high"))).not.toHaveProperty("numbers");
  });
});

describe("an approval", () => {
  test("with the right one counts", async () => {
    const id = await opened("high");
    expect((await approveWith(alex, id, await shownNumber(bot, id))).status).toBe(200);
    expect(await viewOf(bot, id)).toMatchObject({ status: "approved" });
  });

  test("without any does not", async () => {
    const id = await opened("high");
    expect(await outcome(await approveWith(alex, id, null))).toEqual(notMatched);
    expect((await openPage(alex, id)).state).not.toHaveProperty("wrong_picks");
    const body = await signedDecision(alex, await openPage(alex, id), "approved", { match: null });
    for (const match of ["7", "07", "100", "", 47]) {
      expect(await outcome(await send(alex, id, { ...body, match }))).toEqual([400, "invalid_request"]);
    }
    expect(await viewOf(bot, id)).toMatchObject({ status: "pending", approvals: 0 });
  });

  test("with another decides nothing and is noted; after two one can only deny", async () => {
    const id = await opened("high");
    const [wrong, right] = [await anotherNumber(alex, bot, id), await shownNumber(bot, id)];
    const first = await approveWith(alex, id, wrong);
    expect(await first.json()).toMatchObject({ code: "number_not_matched", detail: textWith("once more") });
    expect(await viewOf(bot, id)).toMatchObject({ status: "pending", approvals: 0 });
    expect((await openPage(alex, id)).state).toMatchObject({ wrong_picks: [{ by: { username: "alex" } }] });
    const html = await (await call("GET", `/a/${id}`, { cookie: alex.cookie })).text();
    expect(html).toContain("picked another number");
    expect(await (await approveWith(alex, id, "99" === right ? "98" : "99")).json()).toMatchObject({ detail: textWith("only deny") });
    expect(await outcome(await approveWith(alex, id, right))).toEqual(notMatched);
    expect(await viewOf(bot, id)).toMatchObject({ status: "pending", approvals: 0 });
    await decided(alex, id, "denied");
    expect(await viewOf(bot, id)).toMatchObject({ status: "denied" });
    expect(await recordsOf("approval.approved")).toEqual([]);
  });

  test("after one wrong pick with the right one counts, and what others picked keeps nobody out", async () => {
    const blair = await admitted(alex, "blair");
    const id = await opened("high");
    const [wrong, right] = [await anotherNumber(alex, bot, id), await shownNumber(bot, id)];
    for (let picks = 0; picks < 2; picks++) await approveWith(alex, id, wrong);
    await approveWith(blair, id, wrong);
    expect((await approveWith(blair, id, right)).status).toBe(200);
    expect((await openPage(blair, id)).state.wrong_picks).toHaveLength(3);
  });

  test("of each who has to sign needs it", async () => {
    const blair = await admitted(alex, "blair");
    const id = await opened("two");
    const right = await shownNumber(bot, id);
    expect((await approveWith(alex, id, right)).status).toBe(200);
    expect(await outcome(await approveWith(blair, id, null))).toEqual(notMatched);
    expect((await approveWith(blair, id, right)).status).toBe(200);
    expect(await viewOf(bot, id)).toMatchObject({ status: "approved" });
  });

  test("a denial needs none, and takes no notice of one", async () => {
    const id = await opened("critical");
    const body = await signedDecision(alex, await openPage(alex, id), "denied");
    expect((await send(alex, id, { ...body, match: await anotherNumber(alex, bot, id) })).status).toBe(200);
    expect((await openPage(alex, id)).state).not.toHaveProperty("wrong_picks");
  });
});

describe("nobody gets more picks", () => {
  test("by sending several at once", async () => {
    const id = await opened("high");
    const right = await shownNumber(bot, id);
    const numbers = (await openPage(alex, id)).numbers?.filter((number) => number !== right) ?? [];
    const bodies = await Promise.all(
      [...numbers, ...numbers, ...numbers].map(async (match) => ({
        ...(await signedDecision(alex, await openPage(alex, id), "approved")),
        match,
      })),
    );
    const answers = await Promise.all(bodies.map((body) => send(alex, id, body)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
    expect((await openPage(alex, id)).state.wrong_picks).toHaveLength(2);
    expect(await outcome(await approveWith(alex, id, right))).toEqual(notMatched);
  });

  test("by one signature twice: the pick has spent its nonce", async () => {
    const id = await opened("high");
    const body = await signedDecision(alex, await openPage(alex, id), "approved");
    const [wrong, right] = [await anotherNumber(alex, bot, id), await shownNumber(bot, id)];
    expect(await outcome(await send(alex, id, { ...body, match: wrong }))).toEqual(notMatched);
    expect(await outcome(await send(alex, id, { ...body, match: right }))).toEqual([403, "decision_not_accepted"]);
  });

  test("by a session alone: without the passkey nothing is picked", async () => {
    const id = await opened("high");
    const page = await openPage(alex, id);
    const body = await signedDecision(alex, page, "approved", { wrong: { challenge: new Uint8Array(64) } });
    for (const match of page.numbers ?? []) {
      expect(await outcome(await send(alex, id, { ...body, match }))).toEqual([403, "decision_not_accepted"]);
    }
    expect((await openPage(alex, id)).state).not.toHaveProperty("wrong_picks");
  });

  test("by asking back in between", async () => {
    const id = await opened("high");
    await approveWith(alex, id, await anotherNumber(alex, bot, id));
    await askedBack(alex, id, "Which?");
    expect((await openPage(alex, id)).state).toMatchObject({ wrong_picks: [{}], questions: [{}] });
    await approveWith(alex, id, await anotherNumber(alex, bot, id));
    expect(await outcome(await approveWith(alex, id, await shownNumber(bot, id)))).toEqual(notMatched);
  });
});

describe("after a denial", () => {
  test("of anything of the same agent nothing grave is approved for 30 seconds, by anybody", async () => {
    const blair = await admitted(alex, "blair");
    const [low, high, critical, denied] = [await opened("low"), await opened("high"), await opened("critical"), await opened("medium")];
    await decided(blair, denied, "denied");
    const page = await openPage(alex, high);
    expect(Date.parse(page.cooling_until ?? "") - Date.parse(page.now)).toBeGreaterThan(20_000);
    for (const id of [high, critical]) {
      const answer = await approveWith(alex, id, await shownNumber(bot, id));
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(20);
      expect(await outcome(answer)).toEqual([409, "cooling_down"]);
    }
    expect((await decide(alex, low, "approved")).status).toBe(200);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 30_000 });
    expect(await openPage(alex, high)).not.toHaveProperty("cooling_until");
    expect((await approveWith(alex, high, await shownNumber(bot, high))).status).toBe(200);
  });

  test("it can be denied at once, and another agent's is approved as ever", async () => {
    const other = await makeAgent(alex, "other-bot");
    const [one, two] = [await opened("high"), await opened("high")];
    await decided(alex, one, "denied");
    await decided(alex, two, "denied");
    const { request_id: id } = await ask(other, { tool: "high" });
    expect((await approveWith(alex, id, await shownNumber(other, id))).status).toBe(200);
  });

  test("of an agent below another, or of the one above: so for all with the same one at the top, whatever key it was asked with", async () => {
    const [one, two] = await chainBelow(bot, ["one", "two"]);
    const beside = await below(bot, { name: "beside" });
    if (one === undefined || two === undefined) throw new Error("no chain");
    const asked = await Promise.all(
      [bot, one, beside].map(async (agent) => [agent, (await ask(agent, { tool: "high" })).request_id] as const),
    );
    await decided(alex, (await ask(two, { tool: "medium" })).request_id, "denied");
    for (const [agent, id] of asked) {
      expect((await openPage(alex, id)).cooling_until).toBeDefined();
      expect(await outcome(await approveWith(alex, id, await shownNumber(agent, id)))).toEqual([409, "cooling_down"]);
    }
    const later = (await ask(two, { tool: "high" })).request_id;
    await decided(alex, await opened("medium"), "denied");
    expect(await outcome(await approveWith(alex, later, await shownNumber(two, later)))).toEqual([409, "cooling_down"]);
  });

  test("it never begins earlier again: of two denials the later counts, in whatever order the log took them", async () => {
    const [high, denied] = [await opened("high"), await opened("medium")];
    const later = new Date(Date.now() + 60_000).toISOString();
    await env.DB.prepare("UPDATE agent SET denied_at = ?1 WHERE id = ?2").bind(later, bot.id).run();
    await decided(alex, denied, "denied");
    expect(await env.DB.prepare("SELECT denied_at FROM agent WHERE id = ?1").bind(bot.id).first("denied_at")).toBe(later);
    expect(await outcome(await approveWith(alex, high, await shownNumber(bot, high)))).toEqual([409, "cooling_down"]);
  });

  test("what was picked wrong is not noted meanwhile", async () => {
    const [one, two] = [await opened("high"), await opened("high")];
    await decided(alex, one, "denied");
    expect(await outcome(await approveWith(alex, two, await anotherNumber(alex, bot, two)))).toEqual([409, "cooling_down"]);
    expect((await openPage(alex, two)).state).not.toHaveProperty("wrong_picks");
  });
});
