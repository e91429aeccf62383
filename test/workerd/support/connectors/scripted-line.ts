/** The other end of a connector's line, by hand: it says what a test tells it to, what no program would say included, and keeps what it hears. */
import { readSendFrame, type SendFrame, writeFrame } from "#countersign/connector/frames.ts";
import { call } from "../people.ts";
import type { MadeConnector } from "./connectors.ts";

interface Asked {
  id: string | undefined;
  method: string;
  params: { name?: string; arguments?: Record<string, unknown>; requestId?: string; _meta?: { progressToken?: string } };
}

/** One request that has come, as the child would read it. */
export interface Heard extends Asked {
  frame: SendFrame;
}

export const askForLine = (
  { name }: Pick<MadeConnector, "name">,
  key: string | null,
  headers: Record<string, string> = {},
): Promise<Response> =>
  call("GET", `/api/v1/connectors/${name}/line`, {
    origin: null,
    headers: { upgrade: "websocket", ...(key !== null && { authorization: `Bearer ${key}` }), ...headers },
  });

const TOOL = { name: "write", description: "Writes.", inputSchema: { type: "object" } };

export class ScriptedLine {
  readonly #socket: WebSocket;
  /** Everything but lists, in the order in which it came. */
  readonly heard: Heard[] = [];
  tools: object[] = [TOOL];
  /** Whether it acknowledges what it hears. */
  acknowledges = true;
  /** Answers a call; null: it does not. */
  answer: (asked: Heard) => object | null = () => ({ content: [{ type: "text", text: "done" }] });
  readonly closed: Promise<{ code: number; reason: string }>;
  #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
    socket.addEventListener("message", ({ data }) => this.#hear(String(data)));
    socket.accept();
  }

  /** Opens the line; `child` null: nothing runs there. */
  static async open(connector: MadeConnector, child: string | null = "child-number-one-1"): Promise<ScriptedLine> {
    const answer = await askForLine(connector, connector.key);
    if (answer.webSocket === null) throw new Error(`no line: ${answer.status} ${await answer.text()}`);
    const line = new ScriptedLine(answer.webSocket);
    if (child !== null) line.runs(child);
    return line;
  }

  /** Over a socket that was opened before; nothing runs there yet. */
  static on(socket: WebSocket, tools: object[]): ScriptedLine {
    const line = new ScriptedLine(socket);
    line.tools = tools;
    return line;
  }

  runs(id: string): void {
    const initialized = JSON.stringify({
      protocolVersion: "2025-11-25",
      capabilities: { tools: {} },
      serverInfo: { name: "scripted", version: "1" },
    });
    this.#socket.send(writeFrame({ is: "child", id, era: "legacy", initialized }));
  }

  /** Any text at all. */
  raw(text: string): void {
    this.#socket.send(text);
  }

  says(message: object): void {
    this.#socket.send(writeFrame({ is: "said", message: JSON.stringify(message) }));
  }

  leave(): void {
    this.#socket.close(1000, "gone");
  }

  calls(): Heard[] {
    return this.heard.filter(({ method }) => method === "tools/call");
  }

  /** Resolves once so many calls have come. */
  async called(times: number): Promise<Heard> {
    while (this.calls().length < times) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const found = this.calls()[times - 1];
    if (found === undefined) throw new Error("no call");
    return found;
  }

  #hear(text: string): void {
    const frame = readSendFrame(text);
    if (frame === null) return;
    const heard: Heard = { ...(JSON.parse(frame.message) as Asked), frame };
    if (this.acknowledges) this.#socket.send(writeFrame({ is: "written", id: frame.id }));
    if (heard.method === "tools/list") return this.says({ jsonrpc: "2.0", id: heard.id, result: { tools: this.tools } });
    this.heard.push(heard);
    const result = heard.id === undefined ? null : heard.method === "ping" ? {} : this.answer(heard);
    if (result !== null) this.says({ jsonrpc: "2.0", id: heard.id, result });
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
