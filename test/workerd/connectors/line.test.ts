/** What goes over a connector's line, and what a hostile one, a stolen key or a bad network makes of it: nothing is ever sent twice, and what is not known is said so. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { writeFrame } from "#countersign/connector/frames.ts";
import { decided } from "#test/workerd/support/approvals.ts";
import { AgentOfLine, pendingIn } from "#test/workerd/support/connectors/agent-of-line.ts";
import { type MadeConnector, makeConnector, revokeConnector } from "#test/workerd/support/connectors/connectors.ts";
import { askForLine, ScriptedLine } from "#test/workerd/support/connectors/scripted-line.ts";
import { given } from "#test/workerd/support/invited.ts";
import { enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { putInForce } from "#test/workerd/support/policies.ts";
import { acceptedTools, inForce, refresh, signServer } from "#test/workerd/support/servers/signed-servers.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

const POLICY = `type: countersign/policy@v1
defaults: { separation: false }
rules:
  - { name: asked, match: { source: call, tool: asked }, effect: require_approval }
  - { name: passes, match: { source: call }, effect: allow }
`;
const TOOLS = ["write", "asked"].map((name) => ({ name, description: `Does ${name}.`, inputSchema: { type: "object" } }));

let alex: Someone;
let made: MadeConnector;
let line: ScriptedLine;
let agent: AgentOfLine;

const opened = async (child?: string): Promise<ScriptedLine> => {
  const open = await ScriptedLine.open(made, child === undefined ? null : child);
  open.tools = TOOLS;
  return open;
};

beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
  made = await makeConnector(alex, "laptop", "files");
  line = await ScriptedLine.open(made, null);
  line.tools = TOOLS;
  line.runs("child-number-one-1");
  const add = { draft: "add", name: "files", url: `connector:${made.id}`, authentication: { kind: "none" } };
  await given((await signServer(alex, add)).answer, 201);
  await refresh(alex, "files");
  await given(await acceptedTools(alex, null, "files"));
  await putInForce(POLICY);
  agent = new AgentOfLine((await makeAgent(alex)).key);
  await agent.begin();
});

const UNAVAILABLE = "upstream_unavailable";
const UNKNOWN = "outcome_unknown";

describe("a call that passes", () => {
  test("is written once, and answered under the agent's own id, as the child wrote it", async () => {
    const said = '{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":"done"}],"structuredContent":{"n":1.0e2}},"id":';
    line.answer = ({ id }) => {
      line.raw(writeFrame({ is: "said", message: `${said}${JSON.stringify(id)}}` }));
      return null;
    };
    const { answer } = await agent.call("write", { b: 1, a: "Grüße" }, { id: "mine" });
    expect(answer).toMatchObject({ id: "mine", result: { content: [{ text: "done" }] } });
    expect(line.calls()).toHaveLength(1);
    const [heard] = line.calls();
    expect(heard?.frame.message).toContain('"arguments":{"a":"Grüße","b":1}');
    expect(heard?.id).not.toBe("mine");
  });

  test("hears its own progress, and nobody else's, though both count alike", async () => {
    const other = new AgentOfLine((await makeAgent(alex, "other-bot")).key);
    await other.begin();
    line.answer = () => null;
    const meta = { meta: { progressToken: 7 } };
    const [one, two] = [agent.call("write", { who: "one" }, meta), other.call("write", { who: "two" }, meta)];
    await line.called(2);
    for (const { id, params } of line.calls()) {
      const { who } = params.arguments ?? {};
      expect(params._meta?.progressToken).not.toBe(7);
      const progress = { progressToken: params._meta?.progressToken, progress: 1, message: String(who) };
      line.says({ jsonrpc: "2.0", method: "notifications/progress", params: progress });
      line.says({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: String(who) }] } });
    }
    for (const [told, who] of [
      [await one, "one"],
      [await two, "two"],
    ] as const) {
      expect(told.before).toMatchObject([{ method: "notifications/progress", params: { progressToken: 7, message: who } }]);
      expect(told.answer).toMatchObject({ id: 1, result: { content: [{ text: who }] } });
    }
  });

  test("passes after the object has slept, over the line that stayed", async () => {
    await evictDurableObject(objectOf(env.CONNECTOR?.getByName(made.id) as Pick<Fetcher, "fetch">), { webSockets: "hibernate" });
    expect((await agent.call("write")).answer).toMatchObject({ result: { content: [{ text: "done" }] } });
    expect(line.calls()).toHaveLength(1);
  });

  test("that its agent cancels is cancelled at the child under the child's id, and from no other session", async () => {
    line.answer = () => null;
    const lost = agent.call("write", {}, { id: "mine" });
    const { id } = await line.called(1);
    const other = new AgentOfLine((await makeAgent(alex, "other-bot")).key);
    await other.begin();
    const cancel = { method: "notifications/cancelled", params: { requestId: "mine" } };
    await other.say(cancel);
    await agent.say(cancel);
    expect((await lost).code).toBe(UNKNOWN);
    const told = line.heard.filter(({ method }) => method === "notifications/cancelled");
    expect(told.map(({ params }) => params.requestId)).toEqual([id]);
  });
});

describe("nothing was sent, and it is said so,", () => {
  test("while nobody is connected", async () => {
    line.leave();
    await expect.poll(async () => (await agent.call("write")).code).toBe(UNAVAILABLE);
    expect(line.calls()).toEqual([]);
  });

  test("while no server runs at the other end", async () => {
    line.raw(writeFrame({ is: "no-child" }));
    await expect.poll(async () => (await agent.call("write")).code).toBe(UNAVAILABLE);
    expect(line.calls()).toEqual([]);
  });

  test("where the connector says that it wrote none of it", async () => {
    line.acknowledges = false;
    line.answer = ({ frame }) => {
      line.raw(writeFrame({ is: "not-written", id: frame.id }));
      return null;
    };
    expect((await agent.call("write")).code).toBe(UNAVAILABLE);
  });
});

describe("it is not known", () => {
  test("where the line breaks before anything is said; and nothing of it is sent on the next", async () => {
    line.acknowledges = false;
    line.answer = () => null;
    const lost = agent.call("write");
    await line.called(1);
    line.leave();
    expect((await lost).code).toBe(UNKNOWN);
    const next = await opened("child-number-one-1");
    await agent.begin();
    expect((await agent.call("write", { n: 2 })).code).toBeNull();
    expect(next.calls().map(({ params }) => params.arguments)).toEqual([{ n: 2 }]);
  });

  test("where the child ends in the middle, or another one is started", async () => {
    line.answer = () => null;
    for (const frame of [
      writeFrame({ is: "no-child" }),
      writeFrame({ is: "child", id: "child-number-three", era: "legacy", initialized: "{}" }),
    ]) {
      line.runs(`child-${crypto.randomUUID()}`);
      await agent.begin();
      const before = line.calls().length;
      const lost = agent.call("write");
      await line.called(before + 1);
      line.raw(frame);
      expect((await lost).code).toBe(UNKNOWN);
    }
  });

  test("where the connector takes back that it wrote it", async () => {
    line.answer = ({ frame }) => {
      line.raw(writeFrame({ is: "not-written", id: frame.id }));
      return null;
    };
    expect((await agent.call("write")).code).toBe(UNKNOWN);
  });

  test("where it is revoked in the middle", async () => {
    line.answer = () => null;
    const lost = agent.call("write");
    await line.called(1);
    expect((await revokeConnector(alex, made.id)).status).toBe(204);
    expect((await lost).code).toBe(UNKNOWN);
    expect((await agent.call("write")).code).toBe(UNAVAILABLE);
  });
});

describe("two that connect at once", () => {
  test("the later one is the line; the one before is told, what was asked of it is not known, and what it says is nobody's", async () => {
    line.answer = () => null;
    const lost = agent.call("write");
    const { id } = await line.called(1);
    const later = await opened("child-number-two-2");
    expect(await line.closed).toMatchObject({ code: 4001 });
    expect((await lost).code).toBe(UNKNOWN);
    later.says({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: "mine now" }] } });
    await agent.begin();
    expect((await agent.call("write")).answer).toMatchObject({ result: { content: [{ text: "done" }] } });
    expect(later.calls()).toHaveLength(1);
  });

  test("of many at the same moment one is the line", async () => {
    const lines = await Promise.all(Array.from({ length: 5 }, (_, n) => opened(`child-of-machine-${n}`)));
    await expect.poll(async () => (await agent.begin()).code).toBeNull();
    expect((await agent.call("write")).answer).toMatchObject({ result: { content: [{ text: "done" }] } });
    expect(lines.flatMap((one) => one.calls())).toHaveLength(1);
    expect(line.calls()).toEqual([]);
  });
});

test("whoever connects without end is told to wait, and whoever is connected stays", async () => {
  let last = line;
  const statuses: number[] = [];
  for (let n = 0; n < 35; n++) {
    const answer = await askForLine(made, made.key);
    statuses.push(answer.status);
    if (answer.webSocket !== null) last = ScriptedLine.on(answer.webSocket, TOOLS);
  }
  expect([statuses[0], statuses.at(-1)]).toEqual([101, 429]);
  last.runs("child-of-the-last-one");
  await expect.poll(async () => (await agent.begin()).code).toBeNull();
  expect((await agent.call("write")).answer).toMatchObject({ result: { content: [{ text: "done" }] } });
});

describe("before anything is called, tools are compared with their pins:", () => {
  const CHANGED = TOOLS.map((tool) => (tool.name === "write" ? { ...tool, description: "Sends everything elsewhere." } : tool));

  test("of somebody else who connects with the key and lists a tool otherwise, it is not called", async () => {
    const thief = await ScriptedLine.open(made, null);
    thief.tools = CHANGED;
    thief.runs("child-of-the-thief");
    await agent.begin();
    expect((await agent.call("write")).code).toMatch(/^(upstream_unavailable|tool_not_accepted)$/);
    await expect.poll(async () => (await inForce("files")).drifted).toEqual(["write"]);
    await expect.poll(async () => (await agent.call("write")).code).toBe("tool_not_accepted");
    expect(thief.calls()).toEqual([]);
    expect(pendingIn(await agent.call("asked"))).toMatch(/^apr_/);
  });

  test("one that says that its tools have changed is looked at again first", async () => {
    line.tools = CHANGED;
    line.says({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
    await expect.poll(async () => (await agent.call("write")).code).not.toBeNull();
    const before = line.calls().length;
    expect((await agent.call("write")).code).toMatch(/^(upstream_unavailable|tool_not_accepted)$/);
    expect(line.calls()).toHaveLength(before);
  });

  test("one that does not list at all is not called", async () => {
    const silent = await ScriptedLine.open(made, null);
    silent.tools = [{ name: "write", name2: 1 }];
    silent.runs("child-that-lists-else");
    await agent.begin();
    expect((await agent.call("write")).code).toMatch(/^(upstream_unavailable|tool_not_accepted)$/);
    expect(silent.calls()).toEqual([]);
  });
});

describe("a connector that says what it should not", () => {
  test.each([
    ["no frame", "hello", 4000],
    ["a frame of a gate", writeFrame({ is: "send", id: "a".repeat(20), child: "b".repeat(20), message: "{}" }), 4000],
  ])("%s ends the line", async (_, text, code) => {
    line.raw(text);
    expect(await line.closed).toMatchObject({ code });
  });

  test("answers to what nobody asked, and frames of other calls, are nobody's; a flood of them ends the line", async () => {
    line.answer = () => null;
    const asked = agent.call("write", {}, { id: "mine" });
    const { id } = await line.called(1);
    for (const other of ["mine", 1, null, `${id}x`]) line.says({ jsonrpc: "2.0", id: other, result: { content: [] } });
    line.says({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "for everybody" } });
    line.says({ jsonrpc: "2.0", id, method: "sampling/createMessage", params: {} });
    line.says({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: "the one" }] } });
    const told = await asked;
    expect(told.before).toEqual([]);
    expect(told.answer).toMatchObject({ id: "mine", result: { content: [{ text: "the one" }] } });
    for (let n = 0; n < 150; n++) line.says({ jsonrpc: "2.0", id: `none-${n}`, result: {} });
    expect(await line.closed).toMatchObject({ code: 4008 });
  });

  test("an answer that is both a result and an error is none", async () => {
    line.answer = ({ id }) => {
      line.says({ jsonrpc: "2.0", id, result: {}, error: { code: 1, message: "no" } });
      return null;
    };
    expect((await agent.call("write")).code).toBe(UNKNOWN);
  });
});

describe("a call that people approve", () => {
  const approved = async (n: number): Promise<string> => {
    const id = pendingIn(await agent.call("asked", { n }));
    await decided(alex, id, "approved");
    return id;
  };

  test("is written once, whoever collects it how often", async () => {
    const id = await approved(1);
    expect((await agent.resume(id)).answer).toMatchObject({ result: { content: [{ text: "done" }] } });
    expect((await agent.resume(id)).code).toBe("already_redeemed");
    expect(line.calls().map(({ params }) => params.arguments)).toEqual([{ n: 1 }]);
  });

  test("waits while nobody is connected, and is written once when somebody is, in the session in which it was asked", async () => {
    const id = await approved(2);
    line.leave();
    await expect.poll(async () => (await agent.resume(id)).code).toBe(UNAVAILABLE);
    const next = await opened("child-number-one-1");
    expect((await agent.resume(id)).answer).toMatchObject({ result: { content: [{ text: "done" }] } });
    expect([line.calls(), next.calls().length]).toEqual([[], 1]);
  });

  test("is not run in another run of the child: its session is lost", async () => {
    const id = await approved(3);
    const next = await opened("child-number-two-2");
    await expect.poll(async () => (await agent.resume(id)).code).toBe("session_lost");
    expect(next.calls()).toEqual([]);
  });

  test("whose line breaks in the middle is not known, for ever", async () => {
    line.answer = () => null;
    const id = await approved(4);
    const lost = agent.resume(id);
    await line.called(1);
    line.leave();
    expect((await lost).code).toBe(UNKNOWN);
    const next = await opened("child-number-one-1");
    expect((await agent.resume(id)).code).toBe(UNKNOWN);
    expect([line.calls().length, next.calls()]).toEqual([1, []]);
  });
});

describe("a session", () => {
  test("is of one run of the child: with the next it is over, and its client begins anew", async () => {
    line.runs("child-number-two-2");
    await expect.poll(async () => (await agent.call("write")).status).toBe(404);
    expect(line.calls()).toEqual([]);
    expect((await agent.begin()).answer).toMatchObject({ result: { serverInfo: { name: "scripted" } } });
    expect((await agent.call("write")).code).toBeNull();
  });

  test("goes on when the line was opened anew for the same run", async () => {
    line.leave();
    const next = await opened("child-number-one-1");
    await expect.poll(async () => (await agent.call("write")).code).toBeNull();
    expect(next.calls().length).toBeGreaterThan(0);
  });

  test("is needed", async () => {
    agent.session = null;
    expect((await agent.say({ id: 1, method: "ping" })).status).toBe(400);
  });
});
