/** What a document says is typed, typed: each block in a shell of its own, which goes on where the one before it ended. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { plainEnvironment } from "#test/support/service/service.ts";
import { blocksOf, readDocument } from "./blocks.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const MAIN = join(ROOT, "packages", "countersign", "src", "cli", "main.ts");

/** As the documents' own, without npm, which takes longer than what it starts. */
const COUNTERSIGN = `countersign() { "${process.execPath}" "${MAIN}" "$@"; }`;
const NPM = `npm() { local name; while [ "$1" != -- ]; do name=$1; shift; done; shift; "${process.execPath}" "${ROOT}scripts/run.mjs" "$name" "$@"; }`;

export interface Typed {
  stdout: string;
  stderr: string;
  exitCode: number | null;
}

export class Reader {
  /** Where the reader is. */
  readonly folder = mkdtempSync(join(tmpdir(), "countersign-reader-"));
  readonly #name: string;
  readonly #blocks: string[];
  readonly #environment: Record<string, string>;
  #next = 0;

  /** Of the document of that name, with the values that are the reader's own; all of those that the document names have to be given. */
  constructor(name: string, yours: Record<string, string>) {
    this.#name = name;
    const blocks = blocksOf(readDocument(name));
    const named = blocks
      .filter(({ kind }) => kind === "sh yours")
      .flatMap(({ text }) => [...text.matchAll(/^export (\w+)=/gm)].map(([, one = ""]) => one));
    const missing = named.filter((one) => yours[one] === undefined);
    if (missing.length > 0) throw new Error(`${name} wants ${missing.join(", ")}`);
    this.#blocks = blocks.filter(({ kind }) => kind === "sh").map(({ text }) => text);
    // It has seen no log before, and remembers what it sees in its own folder.
    this.#environment = { ...yours, COUNTERSIGN_STATE: join(this.folder, "state"), CLONE: ROOT };
    writeFileSync(join(this.folder, ".shell"), "");
  }

  /** How many blocks are left. */
  get left(): number {
    return this.#blocks.length - this.#next;
  }

  /** Types the next block; `begins` is how it begins, so that a test says what it takes it for. */
  async type(begins: string): Promise<Typed> {
    const block = this.#blocks[this.#next];
    if (block === undefined || !block.startsWith(begins)) throw new Error(`${this.#name} has not "${begins}" next, but: ${String(block)}`);
    this.#next += 1;
    return await this.#run(`${COUNTERSIGN}\n${NPM}\n${block}`);
  }

  /** The document's own way to a short name for the command line, with npm, in a clone. */
  async setUp(): Promise<Typed> {
    const setup = blocksOf(readDocument(this.#name)).find(({ kind }) => kind === "sh setup");
    if (setup === undefined) throw new Error(`${this.#name} sets nothing up`);
    return await this.#run(`cd "${ROOT}"\n${setup.text}`);
  }

  async #run(script: string): Promise<Typed> {
    const whole = `. ./.shell\n${script}\ncode=$?\nexport -p | grep -E '^declare -x [A-Z_]+=' > "${this.folder}/.shell"\nexit $code\n`;
    const env = {
      ...plainEnvironment(),
      ...this.#environment,
      PATH: `${join(process.execPath, "..")}:${plainEnvironment()["PATH"] ?? ""}`,
    };
    const child = spawn("bash", ["-a"], { cwd: this.folder, env, stdio: ["pipe", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.end(whole);
    const [exitCode] = (await once(child, "close")) as [number | null];
    return { stdout, stderr, exitCode };
  }

  leave(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
