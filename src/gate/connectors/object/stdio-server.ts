/**
 * A child that speaks MCP over stdio, as the rest of the gate knows servers: by HTTP. One child serves every agent, so that what belongs to
 * one of them alone is kept apart here: sessions, ids, progress. Before anything but a list is asked of it, its tools are compared.
 */
import type { RunningChild } from "#countersign/connector/frames.ts";
import { parsedObject } from "#countersign/connector/parsed-object.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { accept, type Result } from "#countersign/result.ts";
import type { Upstream, UpstreamFailure, UpstreamRequest } from "#gate/calls/upstream.ts";
import { type ChildRequest, childRequestOf } from "./child-message.ts";
import { type ConnectorLine, NOT_READY, taken } from "./connector-line.ts";
import { jsonResponse } from "./exchange.ts";
import type { LinePorts } from "./kept-line.ts";

/** The pins of everything that it lists, by name; null if that cannot be known. What it lists is noted as well. */
export type Compare = (over: Upstream) => Promise<Readonly<Record<string, string>> | null>;

/** Versions with sessions, the oldest first. A client gets the one that it asks for, as long as the child's is no older. */
const LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
/** What may be asked before the child's tools are compared: none of it does anything. */
const BEFORE = ["tools/list", "prompts/list", "resources/list", "resources/templates/list", "ping", "server/discover"];

/** A child that says so all the time is compared once in so long, or when it is called. */
const LOOK_AGAIN_MS = 5_000;

type Answer = Result<Response, UpstreamFailure>;
type Asking = Pick<UpstreamRequest, "method" | "body" | "headers" | "signal">;

const NO_METHOD = -32601;
const rpcError = (id: ChildRequest["id"] | null, code: number, message: string, status: number): Answer =>
  accept(jsonResponse(JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } }), status));

export class StdioServer {
  readonly #line: ConnectorLine;
  readonly #ports: Pick<LinePorts, "read" | "write" | "random" | "now">;
  readonly #compare: Compare;
  #comparing: { under: string; done: Promise<boolean> } | null = null;
  /** How often the child has said that it lists something else. */
  #changes = 0;
  #lookedMs = 0;

  constructor(line: ConnectorLine, ports: Pick<LinePorts, "read" | "write" | "random" | "now">, compare: Compare) {
    this.#line = line;
    this.#ports = ports;
    this.#compare = compare;
  }

  /** One HTTP exchange, as with any other server. `pin`: by which the tool that is called was accepted; null if none was. */
  async exchange({ method, body, headers, signal }: Asking, pin: string | null): Promise<Answer> {
    // Nothing is told unasked: a stream that stays open would keep this object awake for nothing. Sessions end with their child.
    if (method !== "POST" || body === null) return accept(new Response(null, { status: 405, headers: { allow: "POST" } }));
    const child = this.#line.child();
    if (child === null) return NOT_READY;
    const message = parsedObject(body) as JsonObject | null;
    const session = headers["mcp-session-id"] ?? null;
    const asked = message === null ? null : childRequestOf(message);
    if (asked === null) return this.#notify(message, session);
    if (asked.method === "subscriptions/listen") return rpcError(asked.id, NO_METHOD, "Nothing is told unasked over a connector.", 404);
    const refused = child.era === "legacy" ? this.#legacy(asked, session, child) : modern(asked);
    if (refused !== null) return refused;
    if (!BEFORE.includes(asked.method) && !(await this.#mayBeAsked(asked, pin, child.id))) return NOT_READY;
    return this.#line.send(asked, session, child.id, signal);
  }

  /** Compares the child's tools unless that is done, or under way. */
  async compared(): Promise<boolean> {
    const child = this.#line.child();
    if (child === null) return false;
    if (this.#ports.read().pins !== null) return true;
    const under = `${this.#ports.read().line ?? ""} ${child.id} ${this.#changes}`;
    if (this.#comparing?.under === under) return this.#comparing.done;
    const comparing = { under, done: this.#look(child.id) };
    this.#comparing = comparing;
    try {
      return await comparing.done;
    } finally {
      if (this.#comparing === comparing) this.#comparing = null;
    }
  }

  /** Another child, or another list of the same one: looked at before it is asked for anything. Not for each time that it says so. */
  listChanged(): void {
    this.#changes += 1;
    if (this.#comparing !== null || this.#ports.now() - this.#lookedMs < LOOK_AGAIN_MS) return;
    void this.compared().catch(() => undefined);
  }

  async #look(child: string): Promise<boolean> {
    const { line } = this.#ports.read();
    const changes = this.#changes;
    this.#lookedMs = this.#ports.now();
    const over: Upstream = {
      send: async (_, request) => {
        const answer = await this.exchange(request, null);
        return answer.ok ? accept({ response: answer.value, secrets: [] }) : answer;
      },
    };
    const pins = await this.#compare(over);
    const kept = this.#ports.read();
    // Of another line, another run of the child or another list it says nothing.
    if (pins === null || kept.line !== line || kept.child?.id !== child || changes !== this.#changes) return false;
    this.#ports.write({ ...kept, pins });
    return true;
  }

  async #mayBeAsked({ method, params }: ChildRequest, pin: string | null, child: string): Promise<boolean> {
    if (!(await this.compared())) return false;
    const { pins, child: now } = this.#ports.read();
    if (pins === null || now?.id !== child) return false;
    if (method !== "tools/call") return true;
    const { name } = params;
    return pin !== null && typeof name === "string" && Object.hasOwn(pins, name) && pins[name] === pin;
  }

  /** What nobody waits for. The child was greeted before any client, so that of all of it only a cancellation is for the child. */
  #notify(message: JsonObject | null, session: string | null): Answer {
    const { method, params } = message ?? {};
    const id = method === "notifications/cancelled" && isObject(params) ? params["requestId"] : undefined;
    if (session !== null && (typeof id === "string" || typeof id === "number")) this.#line.cancelAsked(id, session);
    return taken();
  }

  /** What is answered in the child's place; null for what goes on to it. */
  #legacy({ id, method, params }: ChildRequest, session: string | null, child: RunningChild): Answer | null {
    if (method === "initialize") return this.#greeted(id, params, child);
    if (method === "server/discover") return rpcError(id, NO_METHOD, "Method not found", 404);
    if (session === null) return rpcError(null, -32000, "Bad Request: Mcp-Session-Id header is required", 400);
    return session.startsWith(`${child.id}.`) ? null : rpcError(null, -32001, "Session not found", 404);
  }

  #greeted(id: ChildRequest["id"], { protocolVersion: wanted }: JsonObject, child: RunningChild): Answer {
    const { protocolVersion: spoken, ...rest } = parsedObject(child.initialized) ?? {};
    if (typeof spoken !== "string") return NOT_READY;
    const isKnown = typeof wanted === "string" && LEGACY.includes(wanted) && wanted <= spoken;
    const result = { ...rest, protocolVersion: isKnown ? wanted : spoken };
    const session = `${child.id}.${b64u(this.#ports.random(16))}`;
    return accept(jsonResponse(JSON.stringify({ jsonrpc: "2.0", id, result }), 200, { "mcp-session-id": session }));
  }
}

const modern = ({ id, method }: ChildRequest): Answer | null =>
  method === "initialize" ? rpcError(id, NO_METHOD, "Method not found", 404) : null;
