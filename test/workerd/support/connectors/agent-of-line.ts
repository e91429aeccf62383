/** An agent at a server over a connector, speaking the protocol with sessions by hand. */
import { call } from "../people.ts";

/** The one answer in a body that is JSON or a stream, with what came before it. */
export interface AnswerOfLine {
  status: number;
  session: string | null;
  before: Record<string, unknown>[];
  answer: Record<string, unknown>;
  /** Of a refusal, wherever it stands. */
  code: string | null;
}

const codeIn = (answer: Record<string, unknown>): string | null => {
  const result = answer["result"] as { structuredContent?: { error?: { code?: string } } } | undefined;
  const error = answer["error"] as { data?: { code?: string } } | undefined;
  return result?.structuredContent?.error?.code ?? error?.data?.code ?? null;
};

async function answerOf(response: Response): Promise<AnswerOfLine> {
  const text = await response.text();
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  const texts = isStream ? [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => data ?? "{}") : [text === "" ? "{}" : text];
  const messages = texts.map((one) => JSON.parse(one) as Record<string, unknown>);
  const answer = messages.pop() ?? {};
  return { status: response.status, session: response.headers.get("mcp-session-id"), before: messages, answer, code: codeIn(answer) };
}

export class AgentOfLine {
  readonly #key: string;
  readonly #server: string;
  session: string | null = null;

  constructor(key: string, server = "files") {
    this.#key = key;
    this.#server = server;
  }

  async say(message: object): Promise<AnswerOfLine> {
    const headers = {
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2025-11-25",
      ...(this.session !== null && { "mcp-session-id": this.session }),
    };
    return answerOf(
      await call("POST", `/mcp/${this.#server}`, { key: this.#key, origin: null, headers, body: { jsonrpc: "2.0", ...message } }),
    );
  }

  async begin(): Promise<AnswerOfLine> {
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
    this.session = null;
    const begun = await this.say({ id: 0, method: "initialize", params });
    this.session = begun.session;
    return begun;
  }

  call(name: string, args: object = {}, { id = 1, meta = {} }: { id?: string | number; meta?: object } = {}): Promise<AnswerOfLine> {
    const _meta = { "dev.countersign/wait_seconds": 0, ...meta };
    return this.say({ id, method: "tools/call", params: { name, arguments: args, _meta } });
  }

  resume(requestId: string): Promise<AnswerOfLine> {
    return this.call("resume_call", { request_id: requestId, wait_seconds: 0 });
  }
}

/** The request under which people are asked. */
export const pendingIn = ({ answer }: AnswerOfLine): string => {
  const meta = (answer["result"] as { _meta?: Record<string, { request_id: string }> } | undefined)?._meta;
  const id = meta?.["dev.countersign/pending"]?.request_id;
  if (id === undefined) throw new Error(`nobody is asked: ${JSON.stringify(answer)}`);
  return id;
};
