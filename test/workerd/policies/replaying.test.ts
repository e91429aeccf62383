/** What a text would change: against the version in force rule by rule, and of the asks that there were. Nothing is stored for it. */
import { beforeEach, describe, expect, test } from "vitest";
import type { CheckedPolicyAnswer, ReplayedPolicy } from "#api/policy-data.ts";
import { env } from "cloudflare:workers";
import { type Agent, ask, personAndAgent } from "#test/workerd/support/approvals.ts";
import { everyRow } from "#test/workerd/support/attacks.ts";
import { admitted, given } from "#test/workerd/support/invited.ts";
import { call, makeAgent, outcome, type Someone, someText, textLike } from "#test/workerd/support/people.ts";
import { publish } from "#test/workerd/support/policies.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const HEAD = "type: countersign/policy@v1\n";
const rule = (name: string, rest: string) => `  - { name: ${name}, ${rest} }\n`;
const A = rule("a", 'match: { tool: "a_*" }, effect: deny');
const B = rule("b", 'match: { tool: "b_*" }, effect: require_approval');

let alex: Someone;
let agent: Agent;
beforeEach(async () => {
  await emptyStorage();
  ({ person: alex, agent } = await personAndAgent());
});

const check = async (source: string): Promise<CheckedPolicyAnswer> =>
  given(await call("POST", "/api/v1/policies/check", { cookie: alex.cookie, body: { source } }));
const sendReplay = (source: string, more: object = {}): Promise<Response> =>
  call("POST", "/api/v1/policies/replay", { cookie: alex.cookie, body: { source, ...more } });
const replay = async (source: string, more: object = {}): Promise<ReplayedPolicy> => given(await sendReplay(source, more));

describe("checking", () => {
  test("says what a text changes, by the names of rules", async () => {
    const first = await check(`${HEAD}rules:\n${A}${B}`);
    expect(first).toMatchObject({ valid: true, hash: textLike(/^[0-9a-f]{64}$/), based_on: 0, findings: [] });
    expect(first.difference).toEqual({ added: ["a", "b"], removed: [], changed: [], reordered: false, other: [] });
    await publish(alex, `${HEAD}rules:\n${A}${B}`);
    const same = await check(`# other words\n${HEAD}rules:\n${A}${B}`);
    expect(same).toMatchObject({ hash: first.hash, based_on: 1 });
    expect(same.difference).toEqual({ added: [], removed: [], changed: [], reordered: false, other: [] });
    const c = rule("c", "effect: deny");
    const changed = await check(`${HEAD}defaults: { risk: high }\nrules:\n${B.replace("require_approval", "deny, risk: low")}${c}`);
    expect(changed.difference).toEqual({
      added: ["c"],
      removed: ["a"],
      changed: [{ rule: "b", members: ["effect", "risk"] }],
      reordered: false,
      other: ["defaults"],
    });
    expect((await check(`${HEAD}rules:\n${B}${A}`)).difference).toMatchObject({ changed: [], reordered: true });
  });

  test("stores nothing, and says of warnings that it may be published", async () => {
    const before = await everyRow();
    expect(await check(`${HEAD}defaults: { effect: allow }\n`)).toMatchObject({
      valid: true,
      findings: [{ level: "warning", code: "allow_unconditional", line: 2, column: 21 }],
    });
    expect(await check("type: [")).toMatchObject({
      valid: false,
      hash: null,
      difference: null,
      findings: [{ level: "error", code: "not_yaml" }],
    });
    expect(await everyRow()).toBe(before);
  });
});

describe("replaying", () => {
  test("finds the asks that would have been judged otherwise, each with before and after", async () => {
    const [first, second] = [await ask(agent, { tool: "a_x" }), await ask(agent, { tool: "b_x" })];
    const before = await everyRow();
    const found = await replay(`${HEAD}rules:\n${A}${B}`);
    expect(found).toEqual({
      looked_at: 2,
      not_looked_at: 0,
      changed: [
        {
          request_id: first.request_id,
          action: "Deploy api to production",
          agent: "release-bot",
          requested_at: first.requested_at,
          version: 0,
          before: {
            rule: "default",
            effect: "require_approval",
            code: null,
            risk: "medium",
            slots: [{ name: "any approver", required: 1, eligible: ["alex"] }],
          },
          after: { rule: "a", effect: "deny", code: "policy_denied", risk: "medium", slots: [] },
        },
      ],
    });
    expect(second.status).toBe("pending");
    expect(await everyRow()).toBe(before);
  });

  test("compares with the version that judged, with people as they are now, and whom the agent named", async () => {
    await ask(agent, { tool: "b_x", approver_username: "alex" });
    await publish(alex, `${HEAD}rules:\n${B}`);
    await ask(agent, { tool: "b_y" });
    await admitted(alex, "blair");
    expect((await replay(`${HEAD}rules:\n${B}`)).changed).toEqual([]);
    const two = await replay(`${HEAD}rules:\n${B.replace("effect:", "approvals: [{ required: 2 }], effect:")}`);
    expect(two).toMatchObject({
      looked_at: 2,
      changed: [{ version: 1, after: { slots: [{ required: 2, eligible: ["alex", "blair"] }] } }, { version: 0 }],
    });
    const passes = await replay(`${HEAD}rules:\n${B.replace("require_approval", "allow")}`);
    expect(passes.changed.map(({ version, after }) => [version, after.effect])).toEqual([[1, "allow"]]);
  });

  test("goes on to older ones, of all agents, in pages", async () => {
    const other = await makeAgent(alex, "other-bot");
    const asked: string[] = [];
    for (const [index, one] of [agent, other, agent, other, agent].entries())
      asked.push((await ask(one, { tool: `a_${index}` })).request_id);
    const text = `${HEAD}rules:\n${A}`;
    const pages: ReplayedPolicy[] = [await replay(text, { limit: 2 })];
    for (let next = pages[0]?.next_cursor; next !== undefined; next = pages.at(-1)?.next_cursor)
      pages.push(await replay(text, { limit: 2, cursor: next }));
    expect(pages.map(({ looked_at }) => looked_at)).toEqual([2, 2, 1]);
    expect(pages.flatMap(({ changed }) => changed.map(({ request_id }) => request_id))).toEqual(asked.toReversed());
  });

  test("counts what it cannot look at", async () => {
    const { request_id: id } = await ask(agent, { tool: "a_x" });
    await ask(agent, { tool: "a_y" });
    await env.DB.prepare("UPDATE approval SET id = ?1 WHERE id = ?2")
      .bind(`${id.slice(0, -1)}${id.endsWith("A") ? "B" : "A"}`, id)
      .run();
    expect(await replay(`${HEAD}rules:\n${A}`)).toMatchObject({ looked_at: 1, not_looked_at: 1, changed: [{}] });
  });

  test("refuses a text that could not be published, and places that it has not given", async () => {
    expect(await outcome(await sendReplay("type: ["))).toEqual([422, "policy_invalid"]);
    expect(await outcome(await sendReplay(HEAD, { cursor: "x" }))).toEqual([400, "invalid_request"]);
    expect(await outcome(await sendReplay(HEAD, { limit: 201 }))).toEqual([400, "invalid_request"]);
  });

  test("of two hundred asks takes no more calls than a request may make", async () => {
    const agents = [agent, await makeAgent(alex, "second"), await makeAgent(alex, "third")];
    for (let index = 0; index < 210; index++) await ask(agents[index % 3] ?? agent, { tool: `a_${index}` });
    expect(await replay(`${HEAD}rules:\n${A}`)).toMatchObject({ looked_at: 200, not_looked_at: 0, next_cursor: someText });
  });
});
