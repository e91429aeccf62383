/** Keys for agents below: for a while, for no more than the agent above may do itself, and no deeper than the deployment says. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Agent } from "#test/workerd/support/approvals.ts";
import { below, chainBelow, endBelow, listBelow, sendBelow } from "#test/workerd/support/agents/below.ts";
import { recordsOf } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { stop } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const NOW = Date.parse("2026-11-30T12:00:00.000Z");
let alex: Someone;
let top: Agent;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  await emptyStorage();
  alex = await enrolFirst();
  top = await makeAgent(alex, "planner");
});
afterEach(() => void vi.useRealTimers());

const whoAmI = ({ key }: { key: string }) => call("GET", "/api/v1/agents/self/delegations", { key, origin: null }).then(outcome);
const GONE = [401, "unauthorized"];

it("a key is made and logged, with whom it is below, until when and for what; it is shown once", async () => {
  const made = await below(top, { name: "helper", expires_in: 600, servers: ["files"], tools: ["files.read_file"] });
  const chain = [
    { id: top.id, name: "planner" },
    { id: made.id, name: "helper" },
  ];
  expect(made).toEqual({
    id: expect.stringMatching(/^agt_/) as string,
    name: "helper",
    chain,
    expires_at: "2026-11-30T12:10:00.000Z",
    servers: ["files"],
    tools: ["files.read_file"],
    key: expect.stringMatching(/^csk_/) as string,
  });
  expect(await recordsOf("agent.delegated")).toMatchObject([
    {
      agent: { id: made.id, name: "helper", owner: alex.id },
      chain,
      until: "2026-11-30T12:10:00.000Z",
      servers: ["files"],
      tools: ["files.read_file"],
    },
  ]);
  const { key: _, ...item } = made;
  expect(await listBelow(top)).toEqual([{ ...item, created_at: "2026-11-30T12:00:00.000Z", stopped: false }]);
  expect(await whoAmI(made)).toEqual([200, undefined]);
});

describe("no more than the agent above has", () => {
  it.each([
    ["another server", { servers: ["mail"] }],
    ["another tool of its server", { tools: ["files.write_file"] }],
    ["a tool of another server", { tools: ["mail.send"] }],
    ["a tool of a server that it leaves out itself", { servers: [], tools: ["files.read_file"] }],
    ["a longer time", { expires_in: 601 }],
  ])("%s is refused", async (_, asked) => {
    const middle = await below(top, { name: "middle", expires_in: 600, servers: ["files"], tools: ["files.read_file", "files.list"] });
    expect(await outcome(await sendBelow(middle, { name: "helper", expires_in: 60, ...asked }))).toEqual([403, "delegation_too_wide"]);
    expect(await recordsOf("agent.delegated")).toHaveLength(1);
  });

  it("what is not said is as that one has it", async () => {
    const middle = await below(top, { name: "middle", expires_in: 1_800, servers: ["files", "mail"], tools: ["files.list", "mail.send"] });
    expect(await below(middle, { name: "one" })).toMatchObject({
      expires_at: "2026-11-30T12:30:00.000Z",
      servers: ["files", "mail"],
      tools: ["files.list", "mail.send"],
    });
    expect(await below(middle, { name: "two", expires_in: 60, tools: ["mail.send"] })).toMatchObject({ tools: ["mail.send"] });
    expect(await below(top, { name: "three" })).toMatchObject({ servers: null, tools: null, expires_at: "2026-11-30T13:00:00.000Z" });
  });
});

it.each([
  ["no name", { name: "" }],
  ["a name that nobody sees", { name: "\u200b" }],
  ["no time", { name: "helper", expires_in: 0 }],
  ["more than a day", { name: "helper", expires_in: 86_401 }],
  ["a server that can have no such name", { name: "helper", servers: ["Files"] }],
  ["a tool without its server", { name: "helper", tools: ["read_file"] }],
  ["a tool that can have no such name", { name: "helper", tools: ["files.read file"] }],
  ["all tools of a server by a sign", { name: "helper", tools: ["files.*"] }],
  ["more tools than anybody names", { name: "helper", tools: Array.from({ length: 501 }, (_, n) => `files.t${n}`) }],
  ["groups, which are for admins to give", { name: "helper", groups: ["prod"] }],
])("%s: refused by its form", async (_, body) => {
  expect(await outcome(await sendBelow(top, body))).toEqual([400, "invalid_request"]);
  expect(await recordsOf("agent.delegated")).toEqual([]);
});

it("a chain has four agents at most", async () => {
  const [one, two, three] = await chainBelow(top, ["one", "two", "three"]);
  expect(three?.chain.map(({ name }) => name)).toEqual(["planner", "one", "two", "three"]);
  expect(await outcome(await sendBelow(three ?? top, { name: "four" }))).toEqual([403, "delegation_too_deep"]);
  expect((await listBelow(top)).map(({ id }) => id)).toEqual([one?.id, two?.id, three?.id]);
});

it("names are told apart from all that stand; of one whose time is over the name is free", async () => {
  await below(top, { name: "helper", expires_in: 60 });
  for (const name of ["planner", "Planner", "heIper"])
    expect(await outcome(await sendBelow(top, { name }))).toEqual([400, "invalid_request"]);
  vi.setSystemTime(NOW + 60_000);
  expect((await below(top, { name: "helper" })).name).toBe("helper");
});

it("fifty stand below one agent, whoever of them made it; who ends one has room for another", async () => {
  const first = await below(top, { name: "n0" });
  for (let n = 1; n < 50; n++) await below(n % 2 === 0 ? top : first, { name: `n${n}`, expires_in: 600 });
  expect(await outcome(await sendBelow(first, { name: "more", expires_in: 600 }))).toEqual([409, "too_many_agents"]);
  // All were made at one moment, so that any of them may come first.
  const other = (await listBelow(top)).find(({ id }) => id !== first.id);
  expect((await endBelow(top, other?.id ?? "")).status).toBe(204);
  expect((await below(first, { name: "more", expires_in: 600 })).name).toBe("more");
});

describe("ends", () => {
  it("with its time", async () => {
    const made = await below(top, { name: "helper", expires_in: 60 });
    vi.setSystemTime(NOW + 59_000);
    expect(await whoAmI(made)).toEqual([200, undefined]);
    vi.setSystemTime(NOW + 60_000);
    expect(await whoAmI(made)).toEqual(GONE);
    expect(await listBelow(top)).toEqual([]);
  });

  it("by whoever is above it, with everybody below, and by nobody else", async () => {
    const [one, two, three] = await chainBelow(top, ["one", "two", "three"]);
    const beside = await below(top, { name: "beside" });
    if (one === undefined || two === undefined || three === undefined) throw new Error("no chain");
    for (const by of [three, beside, await makeAgent(alex, "other")])
      expect(await outcome(await endBelow(by, two.id))).toEqual([404, "not_found"]);
    expect(await outcome(await endBelow(two, two.id))).toEqual([404, "not_found"]);
    expect(await outcome(await endBelow(two, top.id))).toEqual([404, "not_found"]);
    expect((await endBelow(one, two.id)).status).toBe(204);
    expect((await endBelow(one, two.id)).status).toBe(204);
    expect([await whoAmI(two), await whoAmI(three), await whoAmI(one)]).toEqual([GONE, GONE, [200, undefined]]);
    expect((await listBelow(top)).map(({ name }) => name).toSorted()).toEqual(["beside", "one"]);
    expect(await recordsOf("agent.revoked")).toMatchObject([{ agent: { id: two.id, name: "two" }, authorised_by: [] }]);
  });

  it("a stopped agent makes none, and ends those that it has", async () => {
    const made = await below(top, { name: "helper" });
    expect((await stop(alex, top.id)).status).toBe(204);
    expect(await outcome(await sendBelow(top, { name: "more" }))).toEqual([403, "agent_stopped"]);
    expect((await endBelow(top, made.id)).status).toBe(204);
  });
});

it("people's groups are not for one below to have, and a key of people's routes it is not", async () => {
  const made = await below(top, { name: "helper" });
  const draft = { operation: "agent.changed", agent: made.id, groups: ["prod"] };
  expect(await outcome(await call("POST", "/admin/agents/changes/statement", { cookie: alex.cookie, body: draft }))).toEqual([
    404,
    "not_found",
  ]);
  expect(await outcome(await call("GET", "/api/v1/agents", { key: made.key, origin: null }))).toEqual([403, "forbidden"]);
  expect(await outcome(await call("POST", "/api/v1/agents/self/delegations", { cookie: alex.cookie, body: { name: "x" } }))).toEqual([
    403,
    "forbidden",
  ]);
});
