/** What both official clients do through the gate besides calling: what servers ask and tell them, sessions, and streams that are taken up. */
import { LoggingMessageNotificationSchema, CreateMessageRequestSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startFixture } from "#test/support/servers/fixture-server.ts";
import { connect2025, connect2026, gate, type GatedServers } from "#test/support/servers/gated-servers.ts";
import type { PublishedServer } from "#test/support/servers/published-servers.ts";

let fixture: PublishedServer;
let gated: GatedServers;
/** Of one server, once with everything that it may ask its clients for, and once as servers are if nobody says otherwise. */
let open: string;
let plain: string;
beforeAll(async () => {
  fixture = await startFixture();
  gated = await gate([
    { name: "open", url: fixture.url, features: { sampling: true, elicitation: true, url_elicitation: true } },
    { name: "plain", url: fixture.url },
  ]);
  [open, plain] = ["open", "plain"].map((name) => `${gated.service.origin}/mcp/${name}`) as [string, string];
});
afterAll(async () => {
  await Promise.all([gated?.stop(), fixture?.stop()]);
});

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});

const SAMPLED = { role: "assistant" as const, content: { type: "text" as const, text: "Paris" }, model: "test", stopReason: "endTurn" };

/** A client that answers what it is asked, and what it was asked. */
async function answering2025(url: string) {
  const { client, transport } = await connect2025(url, gated.agent);
  closing.push(client);
  const asked: string[] = [];
  client.setRequestHandler(CreateMessageRequestSchema, () => {
    asked.push("sampling");
    return SAMPLED;
  });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    asked.push(params.mode ?? "form");
    return params.mode === "url" ? { action: "accept" } : { action: "accept", content: { username: "ada", email: "ada@example.com" } };
  });
  const call = async (name: string, args: Record<string, unknown> = {}) =>
    JSON.stringify(await client.callTool({ name, arguments: args }).catch((error: unknown) => `refused: ${String(error)}`));
  return { client, transport, asked, call };
}

async function answering2026(url: string) {
  const client = await connect2026(url, gated.agent);
  closing.push(client);
  const asked: string[] = [];
  client.setRequestHandler("sampling/createMessage", () => {
    asked.push("sampling");
    return SAMPLED;
  });
  client.setRequestHandler("elicitation/create", ({ params }) => {
    asked.push(params.mode ?? "form");
    return params.mode === "url" ? { action: "accept" as const } : { action: "accept" as const, content: { name: "Ada" } };
  });
  const call = async (name: string, args: Record<string, unknown> = {}) =>
    JSON.stringify(await client.callTool({ name, arguments: args }).catch((error: unknown) => `refused: ${String(error)}`));
  return { client, asked, call };
}

describe("a server of 2025-11-25 asks its client", () => {
  it("for all that its features let it", async () => {
    const { asked, call } = await answering2025(open);
    expect(await call("test_sampling", { prompt: "What is the capital of France?" })).toContain("Paris");
    expect(await call("test_elicitation", { message: "Who are you?" })).toContain("ada@example.com");
    expect(await call("test_url_elicitation")).toContain("Sent to a page: accept");
    expect(asked).toEqual(["sampling", "form", "url"]);
  });

  it("for forms alone, if nobody says otherwise: the gate declines the rest", async () => {
    const { asked, call } = await answering2025(plain);
    expect(await call("test_sampling", { prompt: "What?" })).toContain("does not let this through");
    expect(await call("test_url_elicitation")).toContain("does not let this through");
    expect(await call("test_elicitation", { message: "Who are you?" })).toContain("ada@example.com");
    expect(asked).toEqual(["form"]);
  });
});

describe("a server of 2026-07-28 asks its client", () => {
  it("for all that its features let it", async () => {
    const { asked, call } = await answering2026(open);
    expect(await call("test_input_required_result_sampling")).toContain("Paris");
    expect(await call("test_input_required_result_elicitation")).toContain("Hello, Ada!");
    await call("test_url_elicitation");
    expect(asked.slice(0, 3)).toEqual(["sampling", "form", "url"]);
  });

  it("for forms alone, if nobody says otherwise: it is told of no more", async () => {
    const { asked, call } = await answering2026(plain);
    const undeclared = "the request's client capabilities do not declare the required capability";
    expect(await call("test_input_required_result_sampling")).toContain(undeclared);
    expect(await call("test_url_elicitation")).toContain(undeclared);
    expect(await call("test_input_required_result_elicitation")).toContain("Hello, Ada!");
    expect(asked).toEqual(["form"]);
  });
});

describe("a session of 2025-11-25", () => {
  const ping = (url: string, session: string, key: string) =>
    fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "x-api-key": key,
        "mcp-session-id": session,
        "mcp-protocol-version": "2025-11-25",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    });

  it("is told over its own stream what belongs to no call", async () => {
    const { client, call } = await answering2025(plain);
    const told: unknown[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void told.push(params.data));
    // The stream opens beside the first calls.
    await expect.poll(async () => (await call("log_aside"), told)).toContain("Aside");
  });

  it("takes up a stream that broke off where it was", async () => {
    const { call } = await answering2025(plain);
    expect(await call("test_reconnection")).toContain("Reconnected.");
  });

  it("is its agent's at this server alone, and over once it is ended", async () => {
    const { transport } = await answering2025(plain);
    const session = transport.sessionId ?? "";
    expect((await ping(plain, session, gated.agent.key)).status).toBe(200);
    expect((await ping(plain, session, gated.stranger.key)).status).toBe(404);
    expect((await ping(open, session, gated.agent.key)).status).toBe(404);
    const taken = { method: "DELETE", headers: { "x-api-key": gated.stranger.key, "mcp-session-id": session } };
    expect((await fetch(plain, taken)).status).toBe(404);
    expect((await ping(plain, session, gated.agent.key)).status).toBe(200);
    await transport.terminateSession();
    expect((await ping(plain, session, gated.agent.key)).status).toBe(404);
  });
});
