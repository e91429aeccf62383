/** An account at Cloudflare for scripts/deploy: wrangler first in PATH, and the service that it uploads. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Account, commandOf, fakeWrangler, type WranglerCall } from "./fake-wrangler.ts";

/** What stands as wrangler in PATH, and what it leaves in a folder for this process to answer, one call at a time. */
const WRANGLER = fileURLToPath(new URL("wrangler.sh", import.meta.url));
const FAKE_NETWORK = new URL("fake-network.mjs", import.meta.url).href;

export interface Deployed {
  code: number | null;
  stdout: string;
  stderr: string;
  /** What wrangler was called with, in order. */
  calls: WranglerCall[];
}

/** What comes in place of a call when no more will come. */
const CLOSING = "closing";

export class FakeCloudflare {
  readonly #folder = mkdtempSync(join(tmpdir(), "countersign-cloudflare-"));
  readonly #server: Server = createServer((request, response) => {
    const { worker, enrolled, ailing } = this.#account;
    const latest = worker?.versions.at(-1);
    const origin = latest?.bindings.find(({ name }) => name === "PUBLIC_ORIGIN")?.text;
    if (request.headers["x-asked-for"] !== origin) return void response.writeHead(404).end();
    if (request.url === "/setup") return void response.writeHead(enrolled ? 410 : 200).end();
    const health = ailing === null ? { status: "ok" } : { status: "unavailable", failing: ailing };
    response.writeHead(ailing === null ? 200 : 503).end(JSON.stringify({ ...health, version: latest?.id }));
  });

  readonly #account: Account = {
    signedIn: true,
    r2: "on",
    buckets: [],
    queues: "on",
    queueNames: [],
    senders: [],
    databases: [],
    worker: null,
    faults: {},
    aborts: false,
    enrolled: false,
    ailing: null,
  };
  #calls: WranglerCall[] = [];
  #called: FileHandle | null = null;
  #answered: FileHandle | null = null;
  #answering: Promise<void> | null = null;

  get account(): Account {
    return structuredClone(this.#account);
  }

  change(account: Partial<Account>): void {
    Object.assign(this.#account, structuredClone(account));
  }

  async open(): Promise<void> {
    const bin = join(this.#folder, "bin");
    mkdirSync(bin);
    copyFileSync(WRANGLER, join(bin, "wrangler"));
    execFileSync("mkfifo", [this.#file("called"), this.#file("answered")]);
    // Open both ways: neither has an end while this is open, whoever comes and goes at the other side.
    const [called, answered] = [await open(this.#file("called"), "r+"), await open(this.#file("answered"), "r+")];
    [this.#called, this.#answered] = [called, answered];
    this.#answering = this.#answerCalls(called, answered);
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    await this.#called?.write(`${CLOSING}\n`);
    await this.#answering;
    await Promise.all([this.#called?.close(), this.#answered?.close()]);
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
    rmSync(this.#folder, { recursive: true });
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }

  /** Answers each line that comes, a caller's process id, until it is the one of `close`. */
  async #answerCalls(called: FileHandle, answered: FileHandle): Promise<void> {
    for (;;) {
      const { buffer, bytesRead } = await called.read();
      for (const caller of buffer.toString("utf8", 0, bytesRead).split("\n").filter(Boolean)) {
        if (caller === CLOSING) return;
        const { code, stdout, stderr } = this.#answer();
        writeFileSync(this.#file("stdout"), stdout);
        writeFileSync(this.#file("stderr"), stderr);
        await answered.write(`${caller} ${code}\n`);
      }
    }
  }

  #answer(): ReturnType<typeof fakeWrangler> {
    const [folder = "", ...args] = readFileSync(this.#file("arguments"), "utf8").split("\0").slice(0, -1);
    const environment = readFileSync(this.#file("environment"), "utf8").split("\0").slice(0, -1);
    const env = Object.fromEntries(environment.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
    const command = commandOf(args);
    const call = { command, args, input: command === "secret bulk" ? readFileSync(this.#file("input"), "utf8") : "", env };
    this.#calls.push(call);
    try {
      return fakeWrangler(this.#account, call, folder);
    } catch (error) {
      return { code: 70, stdout: "", stderr: String(error) };
    }
  }

  /** Runs scripts/deploy.mjs of a checkout, without a terminal. */
  async deploy(checkout: string, args: string[], env: NodeJS.Dict<string> = {}): Promise<Deployed> {
    this.#calls = [];
    const { port } = this.#server.address() as AddressInfo;
    const path = [this.#file("bin"), dirname(process.execPath), process.env["PATH"]].join(delimiter);
    const fakes = { PATH: path, FAKE_CLOUDFLARE: this.#folder, FAKE_SERVICE: `http://127.0.0.1:${port}`, CI: "" };
    const child = spawn(process.execPath, ["--import", FAKE_NETWORK, "scripts/deploy.mjs", ...args], {
      cwd: checkout,
      env: { ...process.env, ...fakes, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) child[name].setEncoding("utf8").on("data", (chunk: string) => (said[name] += chunk));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, ...said, calls: this.#calls };
  }
}
