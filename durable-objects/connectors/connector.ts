/**
 * Shell of one connector: its line is a socket that sleeps with the object. What is said over it is src/gate/connectors/object; who may open
 * it was asked before, by the key.
 */
import { DurableObject } from "cloudflare:workers";
import type { AnswersNowOrLater, Bindings } from "#config/bindings.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { CLOSED, PING, PONG } from "#countersign/connector/frames.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { ConnectorLine } from "#gate/connectors/object/connector-line.ts";
import { type KeptLine, type LineSocket, NO_LINE } from "#gate/connectors/object/kept-line.ts";
import { StdioServer } from "#gate/connectors/object/stdio-server.ts";
import { CONNECTOR_HEADERS, type LineState, type RemoteConnector } from "#gate/connectors/remote-connector.ts";
import type { Upstream, UpstreamRequest } from "#gate/calls/upstream.ts";
import { refreshServer } from "#gate/servers/note-listing.ts";
import { seenItems } from "#rules/calls/server-listing.ts";
import { storeFailure, storeListing } from "#storage/servers/listings.ts";
import { serversNow } from "#storage/servers/in-force.ts";
import { mcpClient } from "#upstreams/mcp-client.ts";

const KEPT = "line";
/** Lines that are opened within a minute. */
const [MOST_OPENED, OPENED_WITHIN_MS] = [30, 60_000];

export class Connector extends DurableObject<Bindings> implements AnswersNowOrLater<RemoteConnector> {
  readonly #line: ConnectorLine;
  readonly #server: StdioServer;
  #kept: KeptLine | null = null;
  #opened: number[] = [];

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    const ports = {
      read: () => (this.#kept ??= ctx.storage.kv.get<KeptLine>(KEPT) ?? NO_LINE),
      write: (kept: KeptLine) => {
        ctx.storage.kv.put(KEPT, kept);
        this.#kept = kept;
      },
      socket: (line: string): LineSocket | null => ctx.getWebSockets(line)[0] ?? null,
      random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
      now: () => Date.now(),
      after(ms: number, run: () => void) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    };
    this.#line = new ConnectorLine(ports, () => this.#server.listChanged());
    this.#server = new StdioServer(this.#line, ports, (over) => this.#compare(over));
    this.#ports = ports;
  }

  readonly #ports: { read(): KeptLine; write(kept: KeptLine): void; socket(line: string): LineSocket | null };

  /** A line, to whoever asks for a socket (`/<connector>`); anything else is an exchange with the server behind it. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") === "websocket") return this.#open(new URL(request.url).pathname.slice(1));
    const { method, headers, signal } = request;
    const body = method === "POST" ? await request.text() : null;
    const passed: UpstreamRequest["headers"] = Object.fromEntries(headers);
    const exchange = { method: method as UpstreamRequest["method"], body, headers: passed, signal };
    const answer = await this.#server.exchange(exchange, headers.get(CONNECTOR_HEADERS.pin));
    if (answer.ok) return answer.value;
    const failure = answer.refusal.wasSent ? "not-known" : "nothing-sent";
    return new Response(null, { status: 502, headers: { [CONNECTOR_HEADERS.failure]: failure } });
  }

  #open(connector: string): Response {
    if (this.#ports.read().isRevoked) return new Response(null, { status: 403 });
    if (!this.#mayOpen()) return new Response(null, { status: 429 });
    const { 0: theirs, 1: ours } = new WebSocketPair();
    const line = b64u(crypto.getRandomValues(new Uint8Array(16)));
    this.ctx.acceptWebSocket(ours, [line]);
    this.#line.open(connector, line);
    return new Response(null, { status: 101, webSocket: theirs });
  }

  /** Each line has the child compared, which reads the database: whoever opens them without end is told to wait. */
  #mayOpen(): boolean {
    const nowMs = Date.now();
    this.#opened = this.#opened.filter((atMs) => nowMs - atMs < OPENED_WITHIN_MS);
    return this.#opened.length < MOST_OPENED && this.#opened.push(nowMs) > 0;
  }

  #lineOf(socket: WebSocket): string {
    return this.ctx.getTags(socket)[0] ?? "";
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    if (typeof message === "string") this.#line.hear(this.#lineOf(socket), message);
    else socket.close(CLOSED.unreadable, "a frame is text");
  }

  override webSocketClose(socket: WebSocket): void {
    this.#line.closed(this.#lineOf(socket));
    socket.close();
  }

  override webSocketError(socket: WebSocket): void {
    this.#line.closed(this.#lineOf(socket));
  }

  /** `RemoteConnector.revoke`. */
  async revoke(): Promise<void> {
    this.#ports.write({ ...this.#ports.read(), isRevoked: true });
    this.#line.end(CLOSED.revoked, "this connector is revoked");
    await this.ctx.storage.sync();
  }

  /** `RemoteConnector.state`. */
  state(): LineState {
    const { line, since } = this.#ports.read();
    const isOpen = line !== null && this.#ports.socket(line) !== null;
    return { since: isOpen ? since : null, hasChild: this.#line.child() !== null };
  }

  /** Lists the child as any server is listed, and notes what has drifted; its pins as they are now. */
  async #compare(over: Upstream): Promise<Readonly<Record<string, string>> | null> {
    const { DB } = this.env;
    const url = `connector:${this.#ports.read().connector ?? ""}`;
    try {
      const { servers } = await serversNow(DB);
      const server = servers.find(({ settings }) => settings.url === url);
      if (server === undefined) return null;
      const listed = await refreshServer(server, {
        client: mcpClient(over),
        storeListing: (noted) => storeListing(DB, noted, Date.now()),
        storeFailure: (serverId, number, code) => storeFailure(DB, serverId, number, code, Date.now()),
        now: Date.now,
      });
      if (!listed.ok) return null;
      return Object.fromEntries(seenItems(listed.value).flatMap((item) => (item.problem === null ? [[item.name, item.tool.pin]] : [])));
    } catch (error) {
      logLine("unwell", { part: "connector", error: errorText(error) });
      return null;
    }
  }
}
