/** Many callers at once, whose messages are alike down to their ids and tokens: each hears of its own call and ends nobody else's. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { agentApprovalPorts } from "#composition/approval-ports.ts";
import { readConfig } from "#config/config.ts";
import { accept, refuse } from "#countersign/result.ts";
import { serveMcp } from "#mcp/server.ts";
import { served } from "#mcp/tool.ts";
import { standing } from "#test/workerd/support/approvals.ts";
import { arrivals, type Era, ERAS, mcpRequest, type Message, messagesOf, requestText } from "#test/workerd/support/mcp.ts";

/** What the tools have begun, by who asked: how to end it, and whether the caller is known to be gone. */
const begun = new Map<string, { end: () => void; gone: AbortSignal }>();

/** Says twice what it waits for, and ends when it is told to. */
const hold = served({
  name: "hold",
  title: "Hold",
  description: "Waits for its end.",
  hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.strictObject({ said: z.string() }),
  output: z.looseObject({ of: z.string(), said: z.string() }),
  async run({ said }, { agent, waitingFor, gone }) {
    waitingFor?.(`${agent.id} waits for ${said}`);
    const ended = await new Promise<boolean>((resolve) => {
      begun.set(agent.id, { end: () => resolve(true), gone });
      gone.addEventListener("abort", () => resolve(false));
    });
    waitingFor?.(`${agent.id} had waited for ${said}`);
    return ended && said !== "no" ? accept({ of: agent.id, said }) : refuse({ code: "invalid_request", message: `Not for ${agent.id}.` });
  },
  log: () => ({}),
});

const wait = async (until: () => boolean): Promise<void> => {
  await expect.poll(until).toBe(true);
};

/** Every one of these is message 7, with the progress token "p". */
function answerOf(era: Era, agent: string, said: string, { told = true } = {}): Promise<Response> {
  const text = requestText(era, "tools/call", `"name":"hold","arguments":{"said":"${said}"}`, told ? "p" : null);
  const ports = { approvals: agentApprovalPorts(env, readConfig(env)) };
  return serveMcp(mcpRequest("tools/call", "hold", era), text, { agent: standing(agent, agent, "usr_alex"), ports }, [hold]);
}

const names = (era: Era, prefix: string): string[] => Array.from({ length: 20 }, (_, index) => `agt_${prefix}_${era}_${index}`);

describe.each(ERAS)("at once over %s", (era) => {
  it.each(["in the order in which they came", "in the opposite order"])(
    "forty calls that end %s are each told of their own",
    async (order) => {
      const agents = [...names(era, `a${order.length}`), ...names(era, `b${order.length}`)];
      const told = Promise.all(agents.map(async (agent) => messagesOf(await answerOf(era, agent, `the end of ${agent}`))));
      await wait(() => agents.every((agent) => begun.has(agent)));
      for (const agent of order.startsWith("in the opposite") ? agents.toReversed() : agents) begun.get(agent)?.end();
      for (const [index, messages] of (await told).entries()) {
        const agent = agents[index];
        const of = (message: string) => ({ method: "notifications/progress", params: { progressToken: "p", message } });
        expect(messages).toMatchObject([
          of(`${agent} waits for the end of ${agent}`),
          of(`${agent} had waited for the end of ${agent}`),
          { id: 7, result: { structuredContent: { of: agent, said: `the end of ${agent}` } } },
        ]);
      }
    },
  );

  it("who is refused is refused alone", async () => {
    const [refused = "", heard = ""] = names(era, "refused");
    const answers = Promise.all([answerOf(era, refused, "no", { told: false }), answerOf(era, heard, "yes", { told: false })]);
    await wait(() => begun.has(refused) && begun.has(heard));
    for (const agent of [refused, heard]) begun.get(agent)?.end();
    const [first, second] = await Promise.all((await answers).map(messagesOf));
    expect(first).toMatchObject([{ id: 7, result: { isError: true, structuredContent: { error: { message: `Not for ${refused}.` } } } }]);
    expect(second).toMatchObject([{ id: 7, result: { structuredContent: { of: heard } } }]);
    expect(second?.[0]?.result?.isError).toBeUndefined();
  });

  it("who hangs up ends its own call, and no other", async () => {
    const [left = "", stayed = "", later = ""] = names(era, "hanging");
    const leaving = await answerOf(era, left, "nothing");
    const staying = answerOf(era, stayed, "the end").then(messagesOf);
    await wait(() => begun.has(left) && begun.has(stayed));
    await leaving.body?.cancel();
    await wait(() => begun.get(left)?.gone.aborted === true);
    expect(begun.get(stayed)?.gone.aborted).toBe(false);
    // A call that begins only now has nothing of the one that was given up.
    const beginning = answerOf(era, later, "a new end").then(messagesOf);
    await wait(() => begun.has(later));
    for (const agent of [stayed, later]) begun.get(agent)?.end();
    const ended: Message[][] = await Promise.all([staying, beginning]);
    expect(ended.map((messages) => messages.length)).toEqual([3, 3]);
    expect(ended.map((messages) => messages.at(-1)?.result?.structuredContent)).toMatchObject([{ of: stayed }, { of: later }]);
  });

  it("one agent's cancellation by its message's id ends nobody's call", async () => {
    const [working = "", cancelling = ""] = names(era, "cancelling");
    const answer = answerOf(era, working, "the end").then(messagesOf);
    await wait(() => begun.has(working));
    const text = requestText(era, "notifications/cancelled", '"requestId":7').replace('"id":7,', "");
    const ports = { approvals: agentApprovalPorts(env, readConfig(env)) };
    const caller = { agent: standing(cancelling, cancelling, "usr_alex"), ports };
    const acknowledged = await serveMcp(mcpRequest("notifications/cancelled", null, era), text, caller, [hold]);
    expect(acknowledged.status).toBe(202);
    expect(begun.get(working)?.gone.aborted).toBe(false);
    begun.get(working)?.end();
    expect((await answer).at(-1)).toMatchObject({ result: { structuredContent: { of: working } } });
  });

  it("an answered call is not given up as well, when its connection closes", async () => {
    const [agent = ""] = names(era, "answered");
    const answer = await answerOf(era, agent, "the end");
    await wait(() => begun.has(agent));
    begun.get(agent)?.end();
    for await (const { message } of arrivals(answer)) expect(message.jsonrpc).toBe("2.0");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(begun.get(agent)?.gone.aborted).toBe(false);
  });
});
