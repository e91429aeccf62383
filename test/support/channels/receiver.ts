/** A receiver on this machine: an HTTP server that keeps what it is sent, and an Outbound that reaches it under every host's name. */
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { accept, refuse } from "#countersign/result.ts";
import type { Outbound, OutboundRequest } from "#gate/channels/outbound.ts";

export interface Received {
  /** As it was asked for: `https://host/path`. */
  url: string;
  method: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** `hang`: it takes the request and never answers. */
export type GivenAnswer = { status: number; headers?: Record<string, string>; body?: string | Buffer } | "hang";

const MOST_BYTES = 1_048_576;

export class Receiver {
  readonly received: Received[] = [];
  /** Given to the next requests, in this order; then `otherwise`. */
  readonly answers: GivenAnswer[] = [];
  #otherwise: (received: Received) => GivenAnswer;
  readonly #server: Server;
  #hung: () => void = () => undefined;

  constructor(otherwise: (received: Received) => GivenAnswer = () => ({ status: 200 })) {
    this.#otherwise = otherwise;
    this.#server = createServer((message, response) => {
      const chunks: Buffer[] = [];
      message.on("data", (chunk: Buffer) => chunks.push(chunk));
      message.on("end", () => {
        const { method = "", headers, url = "" } = message;
        const received = { url: `https://${headers.host ?? ""}${url}`, method, headers, body: Buffer.concat(chunks) };
        this.received.push(received);
        const answer = this.answers.shift() ?? this.#otherwise(received);
        // It has taken the request and hangs: no test waits for the seconds after which the caller would give up.
        if (answer === "hang") this.#hung();
        else response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((listening) => this.#server.listen(0, "127.0.0.1", listening));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  /** Forgets what came and what was to be answered. */
  reset(otherwise: (received: Received) => GivenAnswer = () => ({ status: 200 })): void {
    this.received.length = 0;
    this.answers.length = 0;
    this.#otherwise = otherwise;
  }

  get last(): Received {
    const last = this.received.at(-1);
    if (last === undefined) throw new Error("nothing was sent");
    return last;
  }

  /** The port over this server. Where the server hangs, it times out as soon as the request is there. One call at a time. */
  readonly outbound: Outbound = async ({ url, method = "GET", headers = {}, body = "", mostBytes = MOST_BYTES, timeoutMs }) => {
    if (timeoutMs === undefined) throw new Error("whoever sends says for how long");
    return await this.#carry({ url, method, headers, body, mostBytes });
  };

  #carry({ url, method, headers, body, mostBytes }: Required<Omit<OutboundRequest, "timeoutMs">>): ReturnType<Outbound> {
    const { hostname, pathname, search, protocol } = new URL(url);
    if (protocol !== "https:") return Promise.resolve(refuse("address-not-https"));
    const { port } = this.#server.address() as AddressInfo;
    const where = { host: "127.0.0.1", port, path: `${pathname}${search}`, method, agent: false };
    return new Promise((settle) => {
      const call = request({ ...where, headers: { ...headers, host: hostname } }, (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on("data", (chunk: Buffer) => {
          length += chunk.length;
          chunks.push(chunk);
          if (length > mostBytes) {
            settle(refuse("answer-too-large"));
            call.destroy();
          }
        });
        response.on("end", () => {
          const pairs = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
          settle(accept({ status: response.statusCode ?? 0, headers: new Map(pairs), body: new Uint8Array(Buffer.concat(chunks)) }));
        });
      });
      this.#hung = () => {
        settle(refuse("timed-out"));
        call.destroy();
      };
      call.on("error", () => settle(refuse("unreachable")));
      call.end(body);
    });
  }
}
