/** Tools that work: asking, waiting with and without progress, cancelling; and how long a wait may be. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "#config/config.ts";
import type { AgentApprovalPorts } from "#gate/approvals/agent-approvals.ts";
import { agentApprovalPorts } from "#composition/approval-ports.ts";
import { toolsFor } from "#mcp/registry.ts";
import type { Call } from "#mcp/tool.ts";
import { type Agent, ask, decided, openPage, PAYLOAD, personAndAgent, standing, viewOf } from "#test/workerd/support/approvals.ts";
import {
  type Arrival,
  arrivals,
  callWithText,
  type Era,
  ERAS,
  type Message,
  messagesOf,
  responseOf,
  useTool,
} from "#test/workerd/support/mcp.ts";
import { call, makeAgent, ORIGIN, type Someone, someText, textLike, textWith } from "#test/workerd/support/people.ts";
import { objectOf } from "#test/workerd/support/storage.ts";

/** More than a slow machine takes, and less than half of any wait that is asked for but the shortest. */
const DELAY_MS = 12_000;

let person: Someone;
let agent: Agent;
beforeAll(async () => {
  ({ person, agent } = await personAndAgent());
});

const asking = { action: "Deploy api to production", payload: PAYLOAD };

/** How many sockets wait on a request. */
const waitersOn = (id: string): Promise<number> =>
  runInDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(id)), (_, state) => state.getWebSockets().length);

const until = async (id: string, waiters: number): Promise<void> => {
  await expect.poll(() => waitersOn(id)).toBe(waiters);
};

describe.each(ERAS)("over %s", (era) => {
  const send = (tool: string, args: object, progressToken: string | null = null, key = agent.key) =>
    callWithText(era, tool, JSON.stringify(args), { key }, progressToken);

  it("asks, and says all there is to say, as text as well", async () => {
    const result = await useTool(era, "request_human_approval", { ...asking, reason: "Ticket 4711", wait_seconds: 0 }, agent.key);
    const view = result.structuredContent;
    expect(view).toEqual({
      request_id: textLike(/^apr_[\w-]{32}$/),
      status: "pending",
      basis: "passkeys",
      action: asking.action,
      payload_hash: textLike(/^[0-9a-f]{64}$/),
      request_hash: textLike(/^[0-9a-f]{64}$/),
      approval_url: `${ORIGIN}/a/${view.request_id}`,
      requested_at: someText,
      expires_at: someText,
      use_by: someText,
      required: 1,
      approvals: 0,
      awaiting: ["alex"],
      // The same ask over another era finds what has been looked at.
      ...(view.seen_at !== undefined && { seen_at: someText }),
      next: textWith(`${ORIGIN}/a/${view.request_id}`),
    });
    expect(result.isError).toBeUndefined();
    expect(result.content).toEqual([{ type: "text", text: JSON.stringify(view) }]);
    expect(Date.parse(view.expires_at) - Date.parse(view.requested_at)).toBe(900_000);
    expect((await openPage(person, view.request_id)).request).toMatchObject({ action: asking.action, reason: "Ticket 4711" });
  });

  it.each(["approved", "denied"] as const)("a wait that began with the request ends within a second of being %s", async (verdict) => {
    const key = `${era}-${verdict}`;
    const waiting = send("request_human_approval", { ...asking, wait_seconds: 25, idempotency_key: key }).then(responseOf);
    const seen = await useTool(era, "request_human_approval", { ...asking, wait_seconds: 0, idempotency_key: key }, agent.key);
    const { request_id: id } = seen.structuredContent;
    await until(id, 1);
    await decided(person, id, verdict, { comment: "Looked at it" });
    const decidedMs = performance.now();
    const { result } = await waiting;
    expect(performance.now() - decidedMs).toBeLessThan(DELAY_MS);
    expect(result?.structuredContent).toMatchObject({
      request_id: id,
      status: verdict,
      comment: "Looked at it",
      decided_by: [{ id: person.id, username: "alex", verdict }],
      receipt_url: `${ORIGIN}/api/v1/approvals/${id}/receipt`,
    });
    expect(result?.content).toEqual([{ type: "text", text: JSON.stringify(result?.structuredContent) }]);
    // Asked again, it is there at once.
    const startedMs = performance.now();
    const again = await useTool(era, "wait_for_approval", { request_id: id, wait_seconds: 25 }, agent.key);
    expect(again.structuredContent).toEqual(result?.structuredContent);
    expect(performance.now() - startedMs).toBeLessThan(DELAY_MS);
  });

  it("a wait that nobody ends lasts as long as told, and at most a second more; the request stays", async () => {
    const { request_id: id } = await ask(agent);
    const startedMs = performance.now();
    const { structuredContent } = await useTool(era, "wait_for_approval", { request_id: id, wait_seconds: 1 }, agent.key);
    const tookMs = performance.now() - startedMs;
    expect(structuredContent).toMatchObject({ status: "pending", next: textWith("wait_for_approval") });
    expect(tookMs).toBeGreaterThanOrEqual(990);
    expect(tookMs).toBeLessThan(DELAY_MS);
  });

  it("cancels, and cancelling again is as good", async () => {
    const { request_id: id } = await ask(agent);
    const waiting = send("wait_for_approval", { request_id: id }).then(responseOf);
    await until(id, 1);
    const first = await useTool(era, "cancel_approval", { request_id: id, reason: "No longer needed" }, agent.key);
    expect(first.structuredContent).toMatchObject({ status: "cancelled", cancel_reason: "No longer needed" });
    expect(await useTool(era, "cancel_approval", { request_id: id }, agent.key)).toEqual(first);
    expect((await waiting).result?.structuredContent).toMatchObject({ status: "cancelled" });
  });

  it("a revoked agent's wait ends as unauthorized", async () => {
    const other = await makeAgent(person, `revoked-${era}`);
    const { request_id: id } = await ask(other);
    const waiting = send("wait_for_approval", { request_id: id }, null, other.key).then(responseOf);
    await until(id, 1);
    expect((await call("DELETE", `/api/v1/agents/${other.id}`, { cookie: person.cookie })).status).toBe(204);
    const revokedMs = performance.now();
    expect((await waiting).result).toMatchObject({ isError: true, structuredContent: { error: { code: "unauthorized" } } });
    expect(performance.now() - revokedMs).toBeLessThan(DELAY_MS);
  });

  it("with a progress token but nothing to wait for: the answer alone", async () => {
    const { request_id: id } = await ask(agent);
    await decided(person, id, "approved");
    const messages: Message[] = await messagesOf(await send("wait_for_approval", { request_id: id, wait_seconds: 300 }, "p-2"));
    expect(messages).toMatchObject([{ result: { structuredContent: { status: "approved" } } }]);
  });

  it("a caller that hangs up ends its wait, and loses nothing", async () => {
    const { request_id: id } = await ask(agent);
    const answer = await send("wait_for_approval", { request_id: id, wait_seconds: 300 }, "p-3");
    await until(id, 1);
    await answer.body?.cancel();
    await until(id, 0);
    await decided(person, id, "approved");
    expect(await viewOf(agent, id)).toMatchObject({ status: "approved" });
  });
});

/** Asks with a progress token, and decides once three messages have come. */
async function toldOf(era: Era): Promise<{ startedMs: number; messages: Arrival[] }> {
  const startedMs = performance.now();
  const messages: Arrival[] = [];
  const args = JSON.stringify({ ...asking, payload: { ...PAYLOAD, era }, wait_seconds: 60 });
  for await (const one of arrivals(await callWithText(era, "request_human_approval", args, { key: agent.key }, "p-1"))) {
    messages.push(one);
    const id = /\/a\/(apr_[\w-]+)/.exec(one.message.params?.message ?? "")?.[1];
    if (messages.length === 3 && id !== undefined) await decided(person, id, "approved");
  }
  return { startedMs, messages };
}

it("with a progress token: the link at once, then word every ten seconds, and the answer last", async () => {
  for (const { startedMs, messages } of await Promise.all(ERAS.map(toldOf))) {
    const told = messages.slice(0, -1);
    expect(told.map(({ message }) => message.method)).toEqual(Array.from({ length: 3 }, () => "notifications/progress"));
    for (const { message } of told) {
      expect(message.params).toMatchObject({ progressToken: "p-1", message: textLike(new RegExp(`${ORIGIN}/a/apr_[\\w-]{32}`)) });
    }
    const values = told.map(({ message }) => message.params?.progress ?? 0);
    expect(values).toEqual([...new Set(values)].toSorted((a, b) => a - b));
    const atMs = told.map((one) => one.atMs - startedMs);
    expect(atMs[0]).toBeLessThan(9_500);
    for (const [index, at] of atMs.slice(1).entries()) {
      expect(at - (atMs[index] ?? 0)).toBeGreaterThan(9_500);
      expect(at - (atMs[index] ?? 0)).toBeLessThan(19_000);
    }
    expect(messages.at(-1)?.message).toMatchObject({ id: 7, result: { structuredContent: { status: "approved" } } });
  }
});

describe("how long a wait may be", () => {
  /** The real ports, but for time: sleeping takes none, and moves the clock. */
  function portsOfAClock(): { ports: AgentApprovalPorts; sleptSeconds: () => number } {
    let nowMs = Date.now();
    let slept = 0;
    const real = agentApprovalPorts(env, readConfig(env));
    const now = () => nowMs;
    const sleep = (ms: number): Promise<void> => {
      nowMs += ms;
      slept += ms;
      return Promise.resolve();
    };
    return { ports: { ...real, now, wait: { ...real.wait, now, sleep } }, sleptSeconds: () => slept / 1000 };
  }

  async function waited(name: string, args: object, waitingFor: Call["waitingFor"], asTask = false): Promise<number> {
    const { ports, sleptSeconds } = portsOfAClock();
    const who = standing(agent.id, agent.name, person.id);
    const tool = toolsFor(who).find((one) => one.name === name);
    const { signal: gone } = new AbortController();
    const called = await tool?.call(args, { agent: who, ports: { approvals: ports }, waitingFor, gone, asTask });
    expect(called).toMatchObject({ ok: true, value: { result: { structuredContent: { status: "pending" } } } });
    return sleptSeconds();
  }

  it.each(["request_human_approval", "wait_for_approval"])(
    "%s: 25 s, cut to 50 s for who cannot hear of progress, else 300 s",
    async (tool) => {
      const args = tool === "wait_for_approval" ? { request_id: (await ask(agent)).request_id } : { ...asking, expires_in_seconds: 900 };
      const heard: string[] = [];
      const progress: Call["waitingFor"] = (message) => heard.push(message);
      expect(await waited(tool, args, null)).toBe(25);
      expect(await waited(tool, { ...args, wait_seconds: 50 }, null)).toBe(50);
      expect(await waited(tool, { ...args, wait_seconds: 51 }, null)).toBe(50);
      expect(await waited(tool, { ...args, wait_seconds: 300 }, null)).toBe(50);
      expect(await waited(tool, { ...args, wait_seconds: 0 }, null)).toBe(0);
      expect(await waited(tool, args, progress)).toBe(25);
      expect(await waited(tool, { ...args, wait_seconds: 300 }, progress)).toBe(300);
      expect(heard).toEqual(Array.from({ length: 2 }, () => textWith(`Waiting for a person to decide: ${ORIGIN}/a/apr_`)));
      // Who gets a task waits only if told to; a wait is never a task.
      expect(await waited(tool, args, null, true)).toBe(tool === "wait_for_approval" ? 25 : 0);
      expect(await waited(tool, { ...args, wait_seconds: 300 }, null, true)).toBe(50);
    },
  );
});
