/** An agent that speaks to the gate by hand, so that a test sees every byte of what it is told, and may send what no client sends. */
import { setTimeout as wait } from "node:timers/promises";
import type { Message } from "./hostile-server.ts";

const META = "dev.countersign/";

/** An answer of the gate's, whole. */
export class Told {
  readonly status: number;
  readonly headers: Headers;
  /** Headers and body, as text: for what must not be in either. */
  readonly everything: string;
  readonly messages: readonly Message[];
  /** Without a body: none, or the message is no answer. */
  readonly answer: Message | null;

  constructor(response: Response, body: string, id: unknown) {
    this.status = response.status;
    this.headers = response.headers;
    this.everything = `${JSON.stringify([...response.headers])}\n${body}`;
    this.messages = messagesIn(response.headers.get("content-type") ?? "", body);
    this.answer = this.messages.find((one) => one.id === id && one.method === undefined) ?? null;
  }

  get result(): Record<string, unknown> {
    return (this.answer?.result ?? {}) as Record<string, unknown>;
  }

  get meta(): Record<string, unknown> {
    return (this.result["_meta"] ?? {}) as Record<string, unknown>;
  }

  /** The text of the result. */
  get text(): string {
    return ((this.result["content"] ?? []) as { text?: string }[]).map(({ text = "" }) => text).join("");
  }

  /** Of a refusal: a tool's, the protocol's or that of the route. */
  get code(): string | null {
    const said = (this.result["structuredContent"] as { error?: { code?: string } } | undefined)?.error;
    const error = this.answer?.error as { data?: { code?: string } } | undefined;
    return said?.code ?? error?.data?.code ?? (this.messages[0] as { code?: string } | undefined)?.code ?? null;
  }

  get isReplayed(): boolean {
    return this.meta[`${META}replayed`] === true;
  }

  /** The request under which people are asked. Throws where nobody is. */
  get pending(): { request_id: string; approval_url: string } {
    const pending = this.meta[`${META}pending`];
    if (pending === undefined) throw new Error(`nobody is asked: ${this.everything}`);
    return pending as { request_id: string; approval_url: string };
  }
}

function messagesIn(type: string, body: string): Message[] {
  if (type.startsWith("application/json")) return [JSON.parse(body) as Message];
  return body.split("\n\n").flatMap((one) => {
    const data = one.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
    return data.length === 0 ? [] : [JSON.parse(data.join("\n")) as Message];
  });
}

export interface Ways {
  headers?: Record<string, string>;
  meta?: Record<string, unknown>;
  /** Whether the answer may be a stream; so it is unless this says not. */
  stream?: boolean;
  signal?: AbortSignal;
  id?: string | number;
}

export class RawAgent {
  readonly url: string;
  readonly #key: string;
  #last = 0;

  constructor(origin: string, server: string, key: string) {
    this.url = `${origin}/mcp/${server}`;
    this.#key = key;
  }

  /** A request or a notification, as it is. */
  async send(message: object, { headers = {}, stream = true, signal, id }: Ways = {}): Promise<Told> {
    const response = await fetch(this.url, {
      method: "POST",
      headers: {
        accept: stream ? "application/json, text/event-stream" : "application/json",
        "content-type": "application/json",
        "x-api-key": this.#key,
        "mcp-protocol-version": "2025-11-25",
        ...headers,
      },
      body: JSON.stringify(message),
      signal: signal ?? null,
    });
    return new Told(response, await response.text(), id);
  }

  ask(method: string, params: object = {}, ways: Ways = {}): Promise<Told> {
    const id = ways.id ?? `r${(this.#last += 1)}`;
    return this.send({ jsonrpc: "2.0", id, method, params }, { ...ways, id });
  }

  /** Calls a tool; where people are asked, it does not wait for them unless `meta` says so. */
  call(name: string, args: object, ways: Ways = {}): Promise<Told> {
    const meta = { [`${META}wait_seconds`]: 0, progressToken: "p", ...ways.meta };
    return this.ask("tools/call", { name, arguments: args, _meta: meta }, ways);
  }

  /** Comes back for a call: not waiting for people, but for the server. */
  resume(requestId: string, ways: Ways & { wait?: number } = {}): Promise<Told> {
    return this.ask(
      "tools/call",
      { name: "resume_call", arguments: { request_id: requestId, wait_seconds: ways.wait ?? 0 }, _meta: ways.meta ?? {} },
      ways,
    );
  }
}

/** Looks again until it holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await wait(50);
}
