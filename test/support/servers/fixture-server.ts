/**
 * The server that the official conformance scenarios want, made with the official SDKs: at one address of loopback it speaks both eras,
 * 2026-07-28 without sessions and 2025-11-25 with them.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeStream } from "node:stream/web";
import { isLegacyRequest } from "@modelcontextprotocol/server";
import { LegacyFixture } from "./fixture-legacy.ts";
import { modernFixture } from "./fixture-modern.ts";
import type { PublishedServer } from "./published-servers.ts";

/** Names by which a page of somebody else's cannot come here. */
const OWN_HOST = /^(localhost|127\.0\.0\.1)(:\d+)?$/;
const ownOrigin = (origin: string) => origin === "" || OWN_HOST.test(origin.replace(/^https?:\/\//, ""));

export async function startFixture(): Promise<PublishedServer> {
  const legacy = new LegacyFixture(randomUUID);
  const modern = modernFixture();
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { host = "", origin = "" } = incoming.headers;
    if (!OWN_HOST.test(host) || !ownOrigin(origin)) return void outgoing.writeHead(403).end();
    const left = new AbortController();
    outgoing.on("close", () => left.abort());
    const request = await requestOf(incoming, left.signal);
    const response = (await isLegacyRequest(request.clone())) ? await legacy.fetch(request) : await modern.fetch(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).flushHeaders();
    if (response.body === null) return void outgoing.end();
    await pipeline(Readable.fromWeb(response.body as NodeStream), outgoing);
  };
  const server = createServer((incoming, outgoing) => {
    // Who goes away in the middle of a stream ends it.
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://localhost:${port}/mcp`,
    async stop() {
      await modern.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function requestOf(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const { method = "GET", headers, url = "/" } = incoming;
  const named = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" && name !== "connection" ? [[name, value]] : [],
  );
  const body = method === "POST" ? await text(incoming) : null;
  return new Request(`http://${headers.host ?? "localhost"}${url}`, { method, headers: named, body, signal });
}
