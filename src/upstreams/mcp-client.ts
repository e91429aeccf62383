/**
 * The gate's own small MCP client: introduces itself in the era that the server speaks, and lists tools and prompts over all their pages.
 * It never calls a tool. Both eras over raw HTTP; an agent's client negotiates by itself.
 */
import { isObject } from "#countersign/json/shape.ts";
import { type JsonObject, parseJson } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Upstream } from "#gate/calls/upstream.ts";
import type { Hop, ListingFailure, McpClient, McpSession } from "#gate/servers/mcp-client.ts";
import { type ListedItems, listedItems, type ListedKind } from "#rules/calls/tools/listed-items.ts";
import { MOST_LISTED, type ServerListing } from "#rules/calls/server-listing.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";
import { type ByteBudget, readAnswer } from "./answers.ts";

const MODERN = "2026-07-28";
const LEGACY = "2025-11-25";
const LEGACY_VERSIONS: readonly string[] = [LEGACY, "2025-06-18", "2025-03-26", "2024-11-05"];
const CLIENT = { name: "countersign", version: "1" };

/** For everything of one listing or one introduction. */
const MOST_MS = 20_000;
const MOST_BYTES = 8_388_608;
const MOST_PAGES = 50;
/** Of whoever does not know the question, before the older one is asked. */
const DISCOVER_MS = 8_000;

/** Ends what it gives its signal to after that time. Not AbortSignal.timeout: its timer would keep an object in memory until it ends. */
async function withinMs<Answered>(ms: number, work: (signal: AbortSignal) => Promise<Answered>): Promise<Answered> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), ms);
  try {
    return await work(giveUp.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** One listing or introduction under way. */
interface Conversation {
  server: ServerInForce;
  upstream: Upstream;
  budget: ByteBudget;
  signal: AbortSignal;
  nextId: number;
}

/** How it is spoken to: what every message has. */
type Speaking = Pick<McpSession, "era" | "protocolVersion" | "sessionId">;

interface Answer {
  text: string;
  result: JsonObject;
  headers: Headers;
}

const failed = (hop: Hop, reason: ListingFailure["reason"], status: number | null = null): { ok: false; refusal: ListingFailure } =>
  refuse({ hop, reason, status });

const META = {
  "io.modelcontextprotocol/protocolVersion": MODERN,
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": CLIENT,
};

function headersOf({ era, protocolVersion, sessionId }: Speaking, hop: Hop): Record<string, string> {
  const headers: Record<string, string> = { accept: "application/json, text/event-stream", "content-type": "application/json" };
  if (hop !== "initialize") headers["mcp-protocol-version"] = protocolVersion;
  if (era === "modern") headers["mcp-method"] = hop;
  if (sessionId !== null) headers["mcp-session-id"] = sessionId;
  return headers;
}

/** The result as JSON: of what is hashed of it each part is read again by itself (listed-items.ts). */
const resultIn = (message: Record<string, unknown>): JsonObject | null => {
  const { result } = message;
  return typeof result === "object" && result !== null && !Array.isArray(result) ? (result as JsonObject) : null;
};

/** 1. One request; 2. its answer, read to its end or to the message; 3. a result, or why there is none. */
async function ask(
  talk: Conversation,
  speaking: Speaking,
  hop: Hop,
  params: JsonObject,
  signal: AbortSignal = talk.signal,
): Promise<Result<Answer, ListingFailure>> {
  const id = talk.nextId++;
  const whole = speaking.era === "modern" ? { ...params, _meta: META } : params;
  const body = JSON.stringify({ jsonrpc: "2.0", id, method: hop, params: whole });
  const sent = await talk.upstream.send(talk.server, { method: "POST", body, headers: headersOf(speaking, hop), signal }); // 1
  if (!sent.ok) return failed(hop, sent.refusal.reason);
  const { response } = sent.value;
  try {
    const read = await readAnswer(response, id, talk.budget); // 2
    if (response.status === 401 || response.status === 403) return failed(hop, "needs-authentication", response.status);
    if (read.is === "too-large") return failed(hop, "too-large");
    if (response.status !== 200) return failed(hop, "status", response.status);
    if (read.is === "no-answer") return failed(hop, "not-mcp");
    const result = resultIn(read.message); // 3
    return result === null ? failed(hop, "error") : accept({ text: read.text, result, headers: response.headers });
  } catch {
    return failed(hop, signal.aborted ? "timed-out" : "unreachable");
  }
}

/** A part of an answer that is shown or kept, under the rules of JSON that is hashed; null if it breaks them, or is none. */
function strictly(value: unknown): JsonObject | null {
  const read = value === undefined ? null : parseJson(JSON.stringify(value));
  return read?.ok === true && isObject(read.value) ? read.value : null;
}

const textIn = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value.toWellFormed() : null);

async function discover(talk: Conversation): Promise<Result<McpSession, ListingFailure>> {
  const speaking: Speaking = { era: "modern", protocolVersion: MODERN, sessionId: null };
  const answer = await withinMs(DISCOVER_MS, (patience) =>
    ask(talk, speaking, "server/discover", {}, AbortSignal.any([talk.signal, patience])),
  );
  if (!answer.ok) return answer;
  const { supportedVersions, capabilities, instructions, _meta, serverInfo } = answer.value.result;
  if (!Array.isArray(supportedVersions) || !supportedVersions.includes(MODERN)) return failed("server/discover", "not-mcp");
  const info = (isObject(_meta) ? _meta["io.modelcontextprotocol/serverInfo"] : undefined) ?? serverInfo;
  return accept({
    ...speaking,
    serverInfo: strictly(info),
    capabilities: strictly(capabilities) ?? {},
    instructions: textIn(instructions),
  });
}

async function initialize(talk: Conversation): Promise<Result<McpSession, ListingFailure>> {
  const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo: CLIENT };
  const answer = await ask(talk, { era: "legacy", protocolVersion: LEGACY, sessionId: null }, "initialize", params);
  if (!answer.ok) return answer;
  const { protocolVersion, capabilities, instructions, serverInfo } = answer.value.result;
  if (typeof protocolVersion !== "string" || !LEGACY_VERSIONS.includes(protocolVersion)) return failed("initialize", "not-mcp");
  const session: McpSession = {
    era: "legacy",
    protocolVersion,
    sessionId: answer.value.headers.get("mcp-session-id"),
    serverInfo: strictly(serverInfo),
    capabilities: strictly(capabilities) ?? {},
    instructions: textIn(instructions),
  };
  const hop = "notifications/initialized";
  const body = JSON.stringify({ jsonrpc: "2.0", method: hop });
  const sent = await talk.upstream.send(talk.server, { method: "POST", body, headers: headersOf(session, hop), signal: talk.signal });
  if (!sent.ok) return failed(hop, sent.refusal.reason);
  await sent.value.response.body?.cancel().catch(() => undefined);
  return sent.value.response.ok ? accept(session) : failed(hop, "status", sent.value.response.status);
}

/** Failures that say something of the way to the server, and nothing of the era that it speaks. */
const ON_THE_WAY: readonly ListingFailure["reason"][] = ["address-refused", "credential-unreadable", "needs-authentication", "redirected"];

/** The newer question first: a server that knows it speaks that era; whoever does not answers with whatever error it has. */
async function introduce(talk: Conversation): Promise<Result<McpSession, ListingFailure>> {
  const modern = await discover(talk);
  if (modern.ok || talk.signal.aborted || ON_THE_WAY.includes(modern.refusal.reason)) return modern;
  return initialize(talk);
}

/** All pages. The server decides how many: too many are none. */
async function listAll(talk: Conversation, session: McpSession, kind: ListedKind): Promise<Result<ListedItems, ListingFailure>> {
  const hop = `${kind}/list` as const;
  const all: ListedItems = { items: [], unreadable: [], nextCursor: null };
  const cursors = new Set<string>();
  for (let page = 0; page < MOST_PAGES; page++) {
    const params: JsonObject = all.nextCursor === null ? {} : { cursor: all.nextCursor };
    const answer = await ask(talk, session, hop, params);
    if (!answer.ok) return answer;
    const read = listedItems(answer.value.text, kind);
    if (read === null) return failed(hop, "not-mcp");
    all.items.push(...read.items);
    all.unreadable.push(...read.unreadable);
    if (all.items.length + all.unreadable.length > MOST_LISTED) return failed(hop, "too-many");
    if (read.nextCursor === null) return accept(all);
    if (cursors.has(read.nextCursor)) return failed(hop, "too-many");
    cursors.add(read.nextCursor);
    all.nextCursor = read.nextCursor;
  }
  return failed(hop, "too-many");
}

/** Nothing, where the server says that it has none of these. */
async function listed(talk: Conversation, session: McpSession, kind: ListedKind): Promise<Result<ListedItems, ListingFailure>> {
  if (!isObject(session.capabilities[kind])) return accept({ items: [], unreadable: [], nextCursor: null });
  return listAll(talk, session, kind);
}

async function close({ server, upstream }: Pick<Conversation, "server" | "upstream">, session: McpSession): Promise<void> {
  if (session.sessionId === null) return;
  const { "content-type": _, ...headers } = headersOf(session, "initialize");
  const named = { ...headers, "mcp-protocol-version": session.protocolVersion };
  const sent = await withinMs(DISCOVER_MS, (signal) => upstream.send(server, { method: "DELETE", body: null, headers: named, signal }));
  if (sent.ok) await sent.value.response.body?.cancel().catch(() => undefined);
}

async function list(talk: Conversation): Promise<Result<ServerListing, ListingFailure>> {
  const session = await introduce(talk);
  if (!session.ok) return session;
  try {
    const tools = await listed(talk, session.value, "tools");
    if (!tools.ok) return tools;
    const prompts = await listed(talk, session.value, "prompts");
    if (!prompts.ok) return prompts;
    const { era, protocolVersion, serverInfo, capabilities, instructions } = session.value;
    return accept({
      era,
      protocolVersion,
      serverInfo,
      capabilities,
      instructions,
      tools: tools.value.items,
      prompts: prompts.value.items,
      unreadable: { tools: tools.value.unreadable, prompts: prompts.value.unreadable },
    });
  } finally {
    await close(talk, session.value);
  }
}

/** `work` as one conversation. */
const talking = <Answered>(server: ServerInForce, upstream: Upstream, work: (talk: Conversation) => Promise<Answered>): Promise<Answered> =>
  withinMs(MOST_MS, (signal) => work({ server, upstream, budget: { left: MOST_BYTES }, signal, nextId: 1 }));

/** The client over this way to servers. */
export const mcpClient = (upstream: Upstream): McpClient => ({
  list: (server) => talking(server, upstream, list),
  openSession: (server) => talking(server, upstream, introduce),
  closeSession: (server, session) => close({ server, upstream }, session),
});
