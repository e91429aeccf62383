/** A witness's HTTP: addresses, limits, one log line a request, and an end. What is answered is tlog/witness.ts. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import { concatAll, hex, sha256, utf8 } from "../../encoding/bytes.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { addCheckpoint, MAX_REQUEST_BYTES, type Witness } from "../../tlog/witness.ts";
import type { WitnessLedger } from "../../tlog/witness-ledger.ts";

export interface WitnessLimits {
  bodyBytes: number;
  /** By when a whole request has to be here. */
  requestMs: number;
  connections: number;
  /** Requests that are here whole and not answered yet. */
  waiting: number;
  /** When it stops, those that are not answered by then are broken off. */
  stoppingMs: number;
}

export const WITNESS_LIMITS: WitnessLimits = {
  bodyBytes: MAX_REQUEST_BYTES,
  requestMs: 10_000,
  connections: 256,
  waiting: 64,
  stoppingMs: 5_000,
};

const IDLE_MS = 30_000;

export interface WitnessService extends Witness {
  memory: WitnessLedger;
  /** What comes before `/add-checkpoint` in its address: empty, or a path that begins with a slash. */
  prefix: string;
  /** Keeps evidence against a log; resolves to the file's name. */
  keepEvidence: (origin: string, evidence: string) => Promise<string>;
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
  /** File that proves that the log has signed two histories. */
  evidence?: string;
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

/** The whole body, or why it is not here. What comes beyond `maxBytes` is not read. */
async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Result<Uint8Array, "too-large" | "incomplete">> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > maxBytes) return refuse("too-large");
      chunks.push(chunk);
    }
  } catch {
    return refuse("incomplete");
  }
  return accept(concatAll(chunks));
}

class WitnessHandler {
  readonly #service: WitnessService;
  readonly #limits: WitnessLimits;
  #waiting = 0;

  constructor(service: WitnessService, limits: WitnessLimits) {
    this.#service = service;
    this.#limits = limits;
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
    const body = await bodyOf(request, this.#limits.bodyBytes);
    if (!body.ok) return refused(body.refusal === "too-large" ? 413 : 408, body.refusal, { connection: "close" });
    if (this.#waiting >= this.#limits.waiting) return refused(503, "busy", { "retry-after": "1" });
    this.#waiting += 1;
    try {
      const { status, contentType, body: text, reason, signed, evidence } = await addCheckpoint(body.value, this.#service);
      const headers = { "content-type": contentType };
      const about = signed === null ? {} : { origin: signed.origin, size: signed.size };
      if (reason === null) return { event: "cosigned", status, body: text, headers, ...about };
      const kept = signed === null || evidence === null ? {} : { evidence: await this.#service.keepEvidence(signed.origin, evidence) };
      return { event: "refused", status, reason, body: text, headers, ...about, ...kept };
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

async function answerAndLog(handler: WitnessHandler, log: WitnessService["log"], request: IncomingMessage): Promise<Answer> {
  const began = performance.now();
  const answer = await handler.answer(request).catch((error: unknown): Answer => {
    const failure = error instanceof Error ? error.message : String(error);
    return { event: "failed", status: 500, error: failure, body: "failed\n", headers: { connection: "close" } };
  });
  const { body: _body, headers: _headers, ...line } = answer;
  log({ ...line, ms: Math.round(performance.now() - began) });
  return answer;
}

export interface RunningWitness {
  /** Where it really listens, which port 0 leaves open: `http://127.0.0.1:8790`. */
  address: string;
  /** Takes no more requests, answers those that are here, and resolves once there is nothing left to write. */
  stop: () => Promise<void>;
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return `http://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}`;
}

/** Serves a witness; resolves once it listens, rejects if it cannot. */
export async function serveWitness(
  service: WitnessService,
  at: { host: string; port: number },
  limits: WitnessLimits = WITNESS_LIMITS,
): Promise<RunningWitness> {
  const handler = new WitnessHandler(service, limits);
  const { requestMs, connections, stoppingMs } = limits;
  const times = {
    requestTimeout: requestMs,
    headersTimeout: requestMs,
    keepAliveTimeout: IDLE_MS,
    connectionsCheckingInterval: requestMs / 4,
  };
  const server = createServer(times, (request, response) => {
    void answerAndLog(handler, service.log, request).then((answer) => {
      // Or a connection that is kept alive would keep the server from stopping.
      if (!server.listening) response.setHeader("connection", "close");
      send(response, answer);
    });
  });
  server.maxConnections = connections;
  server.listen(at);
  await once(server, "listening");
  const stop = async () => {
    const closed = once(server, "close");
    server.close();
    const impatience = setTimeout(() => server.closeAllConnections(), stoppingMs);
    await closed;
    clearTimeout(impatience);
    await service.memory.settled();
  };
  return { address: addressOf(server), stop };
}
