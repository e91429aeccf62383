/** A witness's HTTP: addresses, limits, one log line a request, and an end. What is answered is tlog/witness.ts. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { concat, hex, sha256, utf8 } from "../core/bytes.ts";
import { addCheckpoint, type Witness } from "../tlog/witness.ts";
import type { WitnessLedger } from "../tlog/witness-ledger.ts";

/** A checkpoint with 16 signatures, each as long as those after quantum computers, and the longest proof. */
const MAX_BODY_BYTES = 128 * 1024;
/** A whole request has to be here by then. */
const REQUEST_MS = 10_000;
const IDLE_MS = 30_000;
const MAX_CONNECTIONS = 256;
/** Requests that are here whole and not answered yet. */
const MAX_WAITING = 64;
/** Those that are not answered after this time when it stops are broken off. */
const STOPPING_MS = 5_000;

export interface WitnessService extends Witness {
  memory: WitnessLedger;
  /** What comes before `/add-checkpoint` in its address: empty, or a path that begins with a slash. */
  prefix: string;
  /** Takes one line about each request. */
  log: (line: WitnessLogLine) => void;
}

/** Never what a stranger wrote: an origin and a size are told only of what a known log has signed. */
export interface WitnessLogLine {
  event: "cosigned" | "refused" | "read" | "failed";
  status: number;
  ms: number;
  /** Why it was refused; "malformed-request", "other-size" and so on. */
  reason?: string;
  origin?: string;
  size?: number;
  /** Message of an error that nobody foresaw. */
  error?: string;
}

type Answer = Omit<WitnessLogLine, "ms"> & { body: string; headers?: Record<string, string> };

const refused = (status: number, reason: string, headers: Record<string, string> = {}): Answer => ({
  event: "refused",
  status,
  reason,
  body: `${reason}\n`,
  headers,
});

/** The body, null if it is too large. What is left of it then is not read. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return concat(...chunks);
}

class WitnessHandler {
  readonly #service: WitnessService;
  #waiting = 0;

  constructor(service: WitnessService) {
    this.#service = service;
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const { prefix } = this.#service;
    const path = request.url?.startsWith(`${prefix}/`) === true ? request.url.slice(prefix.length) : "";
    const originHash = /^\/([0-9a-f]{64})\/checkpoint$/.exec(path)?.[1];
    if (path === "/add-checkpoint") {
      return request.method === "POST" ? await this.#addCheckpoint(request) : refused(405, "post-only", { allow: "POST" });
    }
    if (originHash === undefined) return refused(404, "no-such-address");
    const isRead = request.method === "GET" || request.method === "HEAD";
    return isRead ? this.#checkpoint(originHash) : refused(405, "get-only", { allow: "GET, HEAD" });
  }

  async #addCheckpoint(request: IncomingMessage): Promise<Answer> {
    const body = await bodyOf(request);
    if (body === null) return refused(413, "too-large", { connection: "close" });
    if (this.#waiting >= MAX_WAITING) return refused(503, "busy", { "retry-after": "1" });
    this.#waiting += 1;
    try {
      const { status, contentType, body: text, reason, signed } = await addCheckpoint(body, this.#service);
      const about = signed === null ? {} : { origin: signed.origin, size: signed.size };
      const headers = { "content-type": contentType };
      return reason === null
        ? { event: "cosigned", status, body: text, headers, ...about }
        : { event: "refused", status, reason, body: text, headers, ...about };
    } finally {
      this.#waiting -= 1;
    }
  }

  #checkpoint(originHash: string): Answer {
    const { logKeys, memory } = this.#service;
    const origin = logKeys.map(({ name }) => name).find((name) => hex(sha256(utf8(name))) === originHash);
    const latest = origin === undefined ? null : memory.latest(origin);
    if (origin === undefined || latest === null) return refused(404, "never-cosigned");
    return { event: "read", status: 200, origin, size: latest.size, body: latest.checkpoint };
  }
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const always = {
    "content-type": "text/plain; charset=utf-8",
    "content-length": utf8(body).length,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  };
  response.writeHead(status, { ...always, ...headers }).end(body);
}

async function answerAndLog(handler: WitnessHandler, log: WitnessService["log"], request: IncomingMessage, response: ServerResponse) {
  const began = performance.now();
  const answer = await handler.answer(request).catch((error: unknown): Answer => {
    const failure = error instanceof Error ? error.message : String(error);
    return { event: "failed", status: 500, error: failure, body: "failed\n", headers: { connection: "close" } };
  });
  send(response, answer);
  const { body: _body, headers: _headers, ...line } = answer;
  log({ ...line, ms: Math.round(performance.now() - began) });
}

/** Serves a witness; resolves once it listens, rejects if it cannot. */
export async function serveWitness(service: WitnessService, address: { host: string; port: number }): Promise<Server> {
  const handler = new WitnessHandler(service);
  const limits = {
    requestTimeout: REQUEST_MS,
    headersTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    connectionsCheckingInterval: 1_000,
  };
  const server = createServer(limits, (request, response) => void answerAndLog(handler, service.log, request, response));
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(address);
  await once(server, "listening");
  return server;
}

/** Takes no more requests, answers those that are here, and resolves once there is nothing left to write. */
export async function stopServing(server: Server, ledger: WitnessLedger): Promise<void> {
  const closed = once(server, "close");
  server.close();
  const impatience = setTimeout(() => server.closeAllConnections(), STOPPING_MS);
  await closed;
  clearTimeout(impatience);
  await ledger.settled();
}
