/**
 * One run of an MCP server over standard input and output, in a process group of its own: greeted once, written to line by line, and what it
 * says passed on. What it asks of a client is declined here: behind it are many, and none of them is it.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import type { RunningChild } from "../../connector/frames.ts";
import { parsedObject } from "../../connector/parsed-object.ts";
import { later } from "./later.ts";
import { BoundedLines } from "./bounded-lines.ts";

/** A first start may fetch the package. */
const GREETED_MS = 180_000;
/** From the end of its input, and from being asked to end, until it is made to. */
const ENDS_MS = 3_000;
const MODERN = "2026-07-28";
const LEGACY = "2025-11-25";
const CLIENT = { name: "countersign-connect", version: "1" };
const MODERN_META = {
  "io.modelcontextprotocol/protocolVersion": MODERN,
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": CLIENT,
};

/** Notifications that are for somebody beyond; all others are dropped. */
const PASSED = ["notifications/progress", "notifications/tools/list_changed"];

export interface ChildHears {
  said(text: string): void;
  /** Once: why it runs no more. */
  ended(why: string): void;
}

export class StdioChild {
  readonly id = randomBytes(18).toString("base64url");
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #hears: ChildHears;
  readonly #ended = later<void>();
  #greeting: { id: string; heard: (text: string) => void } | null = null;
  #isOver = false;

  /** `command` with its arguments; its errors are written where this process writes its own. */
  constructor([command = "", ...args]: readonly string[], env: NodeJS.ProcessEnv, hears: ChildHears) {
    this.#hears = hears;
    // A group of its own: what it starts ends with it, and a Ctrl-C in this terminal is ours to pass on.
    this.#process = spawn(command, args, { detached: true, stdio: ["pipe", "pipe", "inherit"], env });
    const lines = new BoundedLines(
      (text) => this.#said(text),
      () => this.#over("it wrote a line that is longer than anything that is passed on"),
    );
    this.#process.stdout.on("data", (chunk: Uint8Array) => lines.push(chunk));
    this.#process.stdin.on("error", () => this.#over("it does not read any more"));
    this.#process.once("error", (error) => this.#over(startTrouble(error)));
    this.#process.once("close", (code, signal) => this.#over(signal === null ? `exit code ${code ?? "none"}` : signal));
  }

  /** 1. as servers with sessions are greeted; 2. as those without, should it refuse that. Null if it is no MCP server, or ends first. */
  async greet(): Promise<RunningChild | null> {
    const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo: CLIENT };
    const legacy = await this.#ask("initialize", params); // 1
    const initialized = resultIn(legacy);
    if (initialized !== null) {
      await this.write(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
      return { id: this.id, era: "legacy", initialized };
    }
    if (legacy === null) return null;
    const modern = await this.#ask("server/discover", { _meta: MODERN_META }); // 2
    const discovered = resultIn(modern);
    return discovered === null ? null : { id: this.id, era: "modern", initialized: discovered };
  }

  /** `written`: it has all of it; `not-written`: none of it, nor will it ever; `not-known`: it may have some. */
  write(message: string): Promise<"written" | "not-written" | "not-known"> {
    const { stdin } = this.#process;
    if (this.#isOver || !stdin.writable || message.includes("\n")) return Promise.resolve("not-written");
    return new Promise((resolve) => {
      stdin.write(`${message}\n`, (error) => resolve(error == null ? "written" : "not-known"));
    });
  }

  /** Ends it, and what it has started: its input first, then asked to, then made to. */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#process.stdin.end();
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      this.#signal(signal);
      const waited = later<void>();
      const timer = setTimeout(waited.resolve, ENDS_MS);
      await Promise.race([this.#ended.promise, waited.promise]);
      clearTimeout(timer);
    }
  }

  /** At once, as this process ends. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      // Windows has no groups: there the server itself ends, and what it has started by itself.
      if (process.platform === "win32") this.#process.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // The group has ended.
    }
  }

  #over(why: string): void {
    this.#ended.resolve();
    this.#greeting?.heard("");
    if (this.#isOver) return;
    this.#isOver = true;
    this.kill();
    this.#hears.ended(why);
  }

  #said(text: string): void {
    const message = parsedObject(text);
    if (message === null) return;
    const { id, method } = message;
    if (typeof method === "string") {
      if (id !== undefined && id !== null) void this.write(declined(id, method));
      else if (PASSED.includes(method)) this.#hears.said(text);
      return;
    }
    if (this.#greeting !== null && id === this.#greeting.id) return this.#greeting.heard(text);
    this.#hears.said(text);
  }

  /** The answer's text; null if it ends first, or says nothing for too long. */
  async #ask(method: string, params: object): Promise<string | null> {
    const id = `countersign-${method}`;
    const answer = later<string>();
    this.#greeting = { id, heard: answer.resolve };
    const timer = setTimeout(() => answer.resolve(""), GREETED_MS);
    await this.write(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    const text = this.#isOver ? "" : await answer.promise;
    clearTimeout(timer);
    this.#greeting = null;
    return text === "" ? null : text;
  }
}

function resultIn(answer: string | null): string | null {
  const { result } = parsedObject(answer ?? "") ?? {};
  return typeof result === "object" && result !== null ? JSON.stringify(result) : null;
}

const declined = (id: unknown, method: string): string =>
  JSON.stringify({
    jsonrpc: "2.0",
    id,
    ...(method === "ping" ? { result: {} } : { error: { code: -32601, message: "Not over a connector." } }),
  });

/** Whether it was not even started, which no second try mends. */
export const NO_COMMAND = "there is no such command";
const startTrouble = (error: Error): string => ("code" in error && error.code === "ENOENT" ? NO_COMMAND : error.message);
