/**
 * The network as the Worker under test has it: receivers at any host, which answer as a test tells them at https://control.example, and
 * a resolver of names at https://resolver.example/dns-query. Runs in Node, on the very sockets, so that HTTP is HTTP and what breaks is
 * broken. A host that nobody speaks for answers 404.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ReceivedRequest, ReceiverAnswer, Resolution, Speaker } from "./receiver-behaviour.ts";

/** An address that belongs to everybody. */
const SOMEWHERE: Resolution = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"];
/** What carries the request from the runtime to here. */
const OF_THE_RUNTIME = /^(mf-|cf-|transfer-encoding$|connection$|host$)/;

const NOBODY: ReceiverAnswer = { status: 404, body: "Nobody is here.\n" };

async function read(request: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const headers = Object.entries(request.headers).filter(([name]) => !OF_THE_RUNTIME.test(name));
  return {
    host: request.headers.host ?? "",
    method: request.method ?? "",
    path: request.url ?? "",
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    body: body.toString(),
    bodyBase64: body.toString("base64"),
  };
}

export class ReceiverNetwork {
  readonly #speakers: Readonly<Record<string, Speaker>>;
  #answers = new Map<string, ReceiverAnswer[]>();
  #names = new Map<string, Resolution>();
  #orders = new Map<string, unknown>();
  #requests: ReceivedRequest[] = [];
  #release = Promise.withResolvers<void>();

  /** `speakers`: by host, receivers with a protocol of their own. What a test tells a host counts more. */
  constructor(speakers: Readonly<Record<string, Speaker>> = {}) {
    this.#speakers = speakers;
  }

  /** Answers a request of the Worker, whomever it is to. */
  async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await read(incoming);
    if (request.host === "control.example") return send(response, { body: this.#control(request) });
    if (request.host === "resolver.example") return send(response, this.#resolve(request));
    this.#requests.push(request);
    await this.#carryOut((await this.#next(request)) ?? NOBODY, response);
  }

  /** The next one that the host was told, the last of them again and again. */
  async #next(request: ReceivedRequest): Promise<ReceiverAnswer | undefined> {
    const [first, ...others] = this.#answers.get(request.host) ?? [];
    if (others.length > 0) this.#answers.set(request.host, others);
    return first ?? (await this.#speakers[request.host]?.(request, this.#orders.get(request.host) ?? null));
  }

  async #carryOut(answer: ReceiverAnswer, response: ServerResponse): Promise<void> {
    if (answer.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, answer.delayMs));
    switch (answer.does ?? "answers") {
      case "answers":
        return send(response, answer);
      case "hangs":
        await this.#release.promise;
        return send(response, answer);
      case "drips":
        response.writeHead(answer.status ?? 200, answer.headers).write("x");
        await this.#release.promise;
        response.end(answer.body);
        return;
      case "breaks":
        response.socket?.destroy();
        return;
      case "breaks off":
        response.writeHead(answer.status ?? 200, { ...answer.headers, "content-length": "1000" });
        response.write(answer.body ?? "x", () => response.socket?.destroy());
        return;
      case "garbage":
        response.socket?.end("\u0000 this is no HTTP \r\n\r\n");
    }
  }

  /** DNS over HTTPS in JSON, as public resolvers speak it. */
  #resolve({ method, path, headers }: ReceivedRequest): ReceiverAnswer {
    const url = new URL(path, "https://resolver.example");
    const [name, type] = [url.searchParams.get("name") ?? "", url.searchParams.get("type")];
    const isQuestion = method === "GET" && url.pathname === "/dns-query" && name !== "" && (type === "A" || type === "AAAA");
    if (!isQuestion || headers["accept"] !== "application/dns-json") return { status: 400, body: "That is no question.\n" };
    const resolution = this.#names.get(name) ?? SOMEWHERE;
    if (resolution === "not well") return { status: 503 };
    if (resolution === "garbage") return { body: "Thank you for asking." };
    const isOfType = (address: string) => address.includes(":") === (type === "AAAA");
    const found = resolution === "no such name" ? [] : resolution.filter(isOfType);
    const records = found.map((data) => ({ name, type: type === "A" ? 1 : 28, TTL: 60, data }));
    // An alias comes before what it leads to.
    const alias = { name, type: 5, TTL: 60, data: "alias.example." };
    const body = {
      Status: resolution === "no such name" ? 3 : 0,
      TC: false,
      Answer: records.length === 0 ? undefined : [alias, ...records],
    };
    return { headers: { "content-type": "application/dns-json" }, body: JSON.stringify(body) };
  }

  #control({ path, body }: ReceivedRequest): string {
    switch (path) {
      case "/requests":
        return JSON.stringify(this.#requests);
      case "/answer": {
        const { host, answers } = JSON.parse(body) as { host: string; answers: ReceiverAnswer[] };
        this.#answers.set(host, answers);
        return "";
      }
      case "/tell": {
        const { host, orders } = JSON.parse(body) as { host: string; orders: unknown };
        this.#orders.set(host, orders);
        return "";
      }
      case "/resolve": {
        const { name, resolution } = JSON.parse(body) as { name: string; resolution: Resolution };
        this.#names.set(name, resolution);
        return "";
      }
      case "/reset":
        [this.#answers, this.#names, this.#orders, this.#requests] = [new Map(), new Map(), new Map(), []];
        return this.#letGo();
      case "/release":
        return this.#letGo();
      default:
        throw new Error(`nobody knows the order ${path}`);
    }
  }

  /** Whoever hangs answers now. */
  #letGo(): string {
    this.#release.resolve();
    this.#release = Promise.withResolvers();
    return "";
  }
}

function send(response: ServerResponse, { status = 200, headers = {}, body = "", padding = 0 }: ReceiverAnswer): void {
  response.writeHead(status, headers);
  response.end(body + "x".repeat(padding));
}
