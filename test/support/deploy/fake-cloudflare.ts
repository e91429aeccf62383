/** An account at Cloudflare for scripts/deploy: wrangler first in PATH, and the service that it uploads. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FAKE_WRANGLER = fileURLToPath(new URL("fake-wrangler.mjs", import.meta.url));
const FAKE_NETWORK = new URL("fake-network.mjs", import.meta.url).href;

/** `absent`: it fails before it does anything; `present`: it does it, and fails; `nothing`: it succeeds and does nothing. */
export type Fault = "absent" | "present" | "nothing";

export interface Account {
  signedIn: boolean;
  databases: { uuid: string; name: string; migrated: boolean; log: string | null }[];
  worker: { secrets: Record<string, string>; versions: { id: string; bindings: { name: string; type: string; text?: string }[] }[] } | null;
  /** By command; each happens once. */
  faults: Record<string, Fault>;
  /** The upload is called off, as by an answer to a question. */
  aborts: boolean;
  /** What the service says of itself. */
  enrolled: boolean;
  ailing: string | null;
}

/** One call of wrangler. */
export interface WranglerCall {
  command: string;
  args: string[];
  input: string;
  env: NodeJS.Dict<string>;
}

export interface Deployed {
  code: number | null;
  stdout: string;
  stderr: string;
  /** What wrangler was called with, in order. */
  calls: WranglerCall[];
}

export class FakeCloudflare {
  readonly #folder = mkdtempSync(join(tmpdir(), "countersign-cloudflare-"));
  readonly #server: Server = createServer((request, response) => {
    const { worker, enrolled, ailing } = this.account;
    const latest = worker?.versions.at(-1);
    const origin = latest?.bindings.find(({ name }) => name === "PUBLIC_ORIGIN")?.text;
    if (request.headers["x-asked-for"] !== origin) return void response.writeHead(404).end();
    if (request.url === "/setup") return void response.writeHead(enrolled ? 410 : 200).end();
    const health = ailing === null ? { status: "ok" } : { status: "unavailable", failing: ailing };
    response.writeHead(ailing === null ? 200 : 503).end(JSON.stringify({ ...health, version: latest?.id }));
  });

  constructor() {
    this.change({ signedIn: true, databases: [], worker: null, faults: {}, aborts: false, enrolled: false, ailing: null });
    const bin = join(this.#folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "wrangler"), `#!/bin/sh\nexec "${process.execPath}" "${FAKE_WRANGLER}" "$@"\n`);
    chmodSync(join(bin, "wrangler"), 0o755);
  }

  get account(): Account {
    return JSON.parse(readFileSync(join(this.#folder, "state.json"), "utf8")) as Account;
  }

  change(account: Partial<Account>): void {
    const before = account.faults === undefined || account.signedIn === undefined ? this.account : {};
    writeFileSync(join(this.#folder, "state.json"), JSON.stringify({ ...before, ...account }));
  }

  async open(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
    rmSync(this.#folder, { recursive: true });
  }

  /** Runs scripts/deploy.mjs of a checkout, without a terminal. */
  async deploy(checkout: string, args: string[], env: NodeJS.Dict<string> = {}): Promise<Deployed> {
    const journal = join(this.#folder, "journal");
    writeFileSync(journal, "");
    const { port } = this.#server.address() as AddressInfo;
    const path = [join(this.#folder, "bin"), dirname(process.execPath), process.env["PATH"]].join(delimiter);
    const fakes = { PATH: path, FAKE_CLOUDFLARE: this.#folder, FAKE_SERVICE: `http://127.0.0.1:${port}`, CI: "" };
    const child = spawn(process.execPath, ["--import", FAKE_NETWORK, "scripts/deploy.mjs", ...args], {
      cwd: checkout,
      env: { ...process.env, ...fakes, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) child[name].setEncoding("utf8").on("data", (chunk: string) => (said[name] += chunk));
    const [code] = (await once(child, "close")) as [number | null];
    const lines = readFileSync(journal, "utf8").split("\n").filter(Boolean);
    return { code, ...said, calls: lines.map((line) => JSON.parse(line) as WranglerCall) };
  }
}
