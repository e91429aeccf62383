/** What a policy asks of an agent's past, at the gate's own address: counted exactly, however many calls come at once. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type Agent, decided, openPage } from "#test/workerd/support/approvals.ts";
import { handedOver } from "#test/workerd/support/calls/agent-calls.ts";
import { keptPast } from "#test/workerd/support/calls/past.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given } from "#test/workerd/support/invited.ts";
import { enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { callTool } from "#test/workerd/support/servers/gateway-call.ts";
import { acceptedTools, SERVER, signServer, tellServer, tool } from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
  await tellServer({ tools: ["read_file", "http_post", "pay", "list_things"].map((name) => tool(name)) });
  await given((await signServer(alex, { draft: "add", ...SERVER })).answer, 201);
  await given(await acceptedTools(alex));
  agent = await makeAgent(alex);
});

/** Without waiting for people. */
const called = (name: string, args: object = {}) => callTool(agent.key, SERVER.name, name, args, { "dev.countersign/wait_seconds": 0 });
const PASSED = "Done.";
const HELD = /apr_[A-Za-z0-9_-]{32}/;
/** The request under which people are asked about a call that did not pass. */
const held = (answer: string): string => {
  expect(answer).not.toContain(PASSED);
  return HELD.exec(answer)?.[0] ?? expect.fail(answer);
};
const defaults = { separation: false };
const publishOf = (rules: object[], more: object = {}) => publish(alex, policyOf(rules, { defaults, ...more }));
const allowing = (name: string, when?: string) => ({
  name: `lets-${name}`.replaceAll(/[^a-z-]/g, ""),
  match: { tool: name, ...(when && { when }) },
  effect: "allow",
});
const passing = (answers: readonly string[]) => answers.filter((answer) => answer.includes(PASSED)).length;
const together = (n: number, work: (n: number) => Promise<string>) => Promise.all(Array.from({ length: n }, (_, at) => work(at)));
const toolsKept = async () => (await keptPast(agent)).map(({ tool: name }) => name).toSorted();

describe("of 20 calls at once exactly as many pass as the policy lets", () => {
  it("by how many there were", async () => {
    await publishOf([allowing("pay", 'history.count("pay", "24h") < 5')]);
    const answers = await together(20, (n) => called("pay", { n }));
    expect(passing(answers), answers.join("\n")).toBe(5);
    expect(new Set(answers.filter((answer) => !answer.includes(PASSED)).map(held)).size).toBe(15);
    // Those that people are asked about are left out again.
    expect(await keptPast(agent)).toHaveLength(5);
    held(await called("pay", { n: 20 }));
  });

  it("by what they come to; a sum that cannot be known lets nothing pass", async () => {
    await publishOf([allowing("pay", 'history.sum("pay", "amount", "1h") + double(args.amount) <= 100.0 && double(args.amount) >= -50.0')]);
    expect(passing(await together(20, (n) => called("pay", { amount: 10 + (n % 2) * 2.5 })))).toBeGreaterThanOrEqual(8);
    const kept = (await keptPast(agent)).map(({ scalars }) => (JSON.parse(scalars ?? "{}") as { amount: number }).amount);
    const sum = kept.reduce((all, one) => all + one, 0);
    expect(sum).toBeGreaterThan(85);
    expect(sum).toBeLessThanOrEqual(100);
    // A negative one passes by this rule, alone, and from then on nothing does: it would make room.
    expect(await called("pay", { amount: -50 })).toContain(PASSED);
    held(await called("pay", { amount: 1 }));
  });
});

it("calls count that no question is about, of any tool, and none that was refused", async () => {
  await publishOf([
    allowing("http_post", 'history.count("read_*", "10m") == 2 && history.count("*", "10m") == 3'),
    { name: "no-lists", match: { tool: "list_*", when: "has(args.all)" }, effect: "deny" },
    allowing("read_file"),
    allowing("list_things"),
  ]);
  for (const name of ["read_file", "list_things", "read_file"]) expect(await called(name)).toContain(PASSED);
  expect(await called("list_things", { all: true })).toContain("policy_denied");
  // Until somebody asks, it is enough that they are in the record.
  expect(await toolsKept()).toEqual([]);
  expect(await called("http_post")).toContain(PASSED);
  expect(await called("list_things")).toContain(PASSED);
  expect(await toolsKept()).toEqual(["http_post", "list_things", "list_things", "read_file", "read_file"]);
  held(await called("http_post"));
});

describe("what people are asked about", () => {
  const resume = (id: string) => called("resume_call", { request_id: id, wait_seconds: 10 });

  it("counts from when it is used, and not before; a denial counts for nothing", async () => {
    const asks = { name: "asks", match: { tool: "pay", when: "args.amount > 10" }, effect: "require_approval" };
    await publishOf([asks, allowing("pay", 'history.count("pay", "1h") < 2')]);
    const [first, second] = [held(await called("pay", { amount: 20 })), held(await called("pay", { amount: 30 }))];
    expect(await called("pay", { amount: 1 })).toContain(PASSED);
    await decided(alex, second, "denied");
    expect(await resume(second)).toContain("denied");
    await decided(alex, first, "approved");
    expect((await keptPast(agent)).map(({ key }) => key)).not.toContain(first);
    expect(await resume(first)).toContain(PASSED);
    expect((await keptPast(agent)).map(({ key }) => key)).toContain(first);
    held(await called("pay", { amount: 2 }));
  });

  it("is judged again by what was done meanwhile, itself left out, and counts for nothing where that refuses it", async () => {
    const most = { name: "most", match: { tool: "pay", when: 'history.count("pay", "1h") >= 2' }, effect: "deny" };
    const asks = { name: "asks", match: { tool: "pay", when: "args.amount > 10" }, effect: "require_approval" };
    await publishOf([most, asks, allowing("pay")]);
    const ids = [held(await called("pay", { amount: 20 })), held(await called("pay", { amount: 30 }))];
    for (const id of ids) await decided(alex, id, "approved");
    expect(await called("pay", { amount: 1 })).toContain(PASSED);
    const answers = await Promise.all(ids.map(resume));
    expect(passing(answers), answers.join("\n")).toBe(1);
    expect(answers.find((answer) => !answer.includes(PASSED))).toContain("policy_denied");
    expect(await keptPast(agent)).toHaveLength(2);
    // Whoever got it gets it again: its own use is not what there is too much of.
    const again = await Promise.all(ids.map(resume));
    expect(again.filter((answer) => answer.includes("policy_denied"))).toHaveLength(1);
  });
});

describe("a secret is read, and then something is sent", () => {
  const chain = {
    name: "secret-then-out",
    within: "10m",
    add: 60,
    steps: [{ tool: ["read_*"], when: 'args.path.contains(".ssh")' }, { tool: ["http_*"] }],
  };
  const all = { name: "all", match: { source: "call" }, effect: "allow" };
  const noticed = async () => {
    await handedOver(agent);
    const { results } = await env.AUDIT.prepare("SELECT tool, held, score, reasons FROM notice WHERE agent = ? ORDER BY number")
      .bind(agent.id)
      .all();
    return results;
  };

  it("is held, says why, and stands among what is to be looked at", async () => {
    await publishOf([all], { anomaly: { threshold: 75, notice: 40, chains: [chain] } });
    expect(await called("http_post", { url: "https://example.com" })).toContain(PASSED);
    expect(await called("read_file", { path: "/home/alex/.ssh/id_ed25519" })).toContain(PASSED);
    // The tool was used before: what it adds is the chain alone, which is less than what is held.
    expect(await called("http_post", { url: "https://example.com" })).toContain(PASSED);
    await publishOf([all], { anomaly: { threshold: 60, notice: 40, chains: [chain] } });
    const request = held(await called("http_post", { url: "https://example.com/again" }));
    const { request: shown } = await openPage(alex, request);
    expect(JSON.stringify(shown.context)).toContain("It ends the chain secret-then-out");
    expect(await noticed()).toEqual([
      { tool: "http_post", held: 0, score: 60, reasons: expect.stringContaining("secret-then-out") as string },
      { tool: "http_post", held: 1, score: 60, reasons: expect.stringContaining("secret-then-out") as string },
    ]);
  });

  it("is held as well where nothing is kept of what was read: what it was cannot be known", async () => {
    const blind = { name: "blind", match: { tool: "read_*" }, effect: "allow", keep: "none" };
    await publishOf([blind, all], { anomaly: { threshold: 60, chains: [chain] } });
    expect(await called("read_file", { path: "/tmp/notes" })).toContain(PASSED);
    expect((await keptPast(agent)).map(({ scalars }) => scalars)).toEqual([null]);
    held(await called("http_post", { url: "https://example.com" }));
  });
});

it("what is held is not what the agent is used to, however often it is tried at once", async () => {
  const all = { name: "all", match: { source: "call" }, effect: "allow" };
  await publishOf([all], { anomaly: { threshold: 15 } });
  (await together(10, (n) => called("pay", { n }))).map(held);
  expect(await keptPast(agent)).toEqual([]);
  held(await called("pay"));
});

it("of arguments nothing is kept that is masked, and the rest counts", async () => {
  const masks = { mask: [{ key: "card" }] };
  await publishOf([{ ...allowing("pay", 'history.sum("pay", "amount", "1h") < 100.0'), ...masks }]);
  expect(await called("pay", { amount: 60, card: "4111 1111 1111 1111" })).toContain(PASSED);
  expect(await called("pay", { amount: 60, card: "4111 1111 1111 1111" })).toContain(PASSED);
  expect(JSON.stringify(await keptPast(agent))).not.toContain("4111");
  held(await called("pay", { amount: 1 }));
});
