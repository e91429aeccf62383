/** Today's service on a state that an earlier version has left, at the address that it has always had. */
import { DatabaseSync } from "node:sqlite";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { copyOfCheckout, writeSecrets } from "#test/support/service/checkout.ts";
import { verifyCommand } from "#countersign/cli/verify/verify.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { countersign } from "./command-line.ts";
import { type Kept, type KeptRequest, unpack, type Unpacked } from "./kept-state.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { RestAgent } from "./rest-agent.ts";
import { type Service, startService } from "#test/support/service/service.ts";
import { setClock } from "./set-clock.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";

/** The same tests may be running in another checkout of this machine. */
const PATIENCE_MS = 120_000;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

/** What is there under a name; throws if nothing is. */
function named<T>(all: Record<string, T>, name: string): T {
  const found = all[name];
  if (found === undefined) throw new Error(`${name} was not kept`);
  return found;
}

export class TakenUp {
  readonly kept: Kept;
  readonly origin: string;
  readonly #service: Service;
  readonly #root: string;
  readonly #folder: string;
  readonly #files: Unpacked;

  private constructor(service: Service, root: string, folder: string, files: Unpacked) {
    this.kept = files.kept;
    this.origin = service.origin;
    this.#service = service;
    this.#root = root;
    this.#folder = folder;
    this.#files = files;
  }

  /**
   * Unpacks a kept state and starts the service on it, as `npm start` does. Either it is then, by the Worker's clock, the moment
   * at which the state was left: what was waiting, open or valid for a while still is. Or it is now, which is later; or a moment that
   * is made of what was kept.
   */
  static async start(name: string, at: "then" | "now" | ((kept: Kept) => number)): Promise<TakenUp> {
    const folder = mkdtempSync(join(tmpdir(), "countersign-kept-"));
    const root = copyOfCheckout();
    try {
      const files = unpack(name, folder);
      const { secrets, kept_at: keptAt, port, environment } = files.kept;
      writeSecrets(root, secrets);
      const untilMs = Date.now() + PATIENCE_MS;
      while (!(await isFree(port)) && Date.now() < untilMs) await wait(500);
      if (at !== "now") setClock(root, at === "then" ? Date.parse(keptAt) : at(files.kept));
      const service = await startService({ root, stateDir: files.stateDir, port, env: environment });
      return new TakenUp(service, root, folder, files);
    } catch (error) {
      for (const path of [folder, root]) rmSync(path, { recursive: true });
      throw error;
    }
  }

  async end(): Promise<void> {
    await this.#service.stop();
    for (const path of [this.#folder, this.#root]) rmSync(path, { recursive: true });
  }

  passkey = (username: string): Promise<SoftwarePasskey> => SoftwarePasskey.from(named(this.kept.passkeys, username));

  /** Somebody whose session was open. */
  async person(username: string): Promise<Person> {
    const passkey = await this.passkey(username);
    return new Person(passkey.person, this.origin, passkey, named(this.kept.sessions, username));
  }

  agent = (name: string): RestAgent => this.callAs(named(this.kept.agents, name));
  callAs = ({ key }: Agent): RestAgent => new RestAgent(this.origin, key);

  request(name: string): KeptRequest & { id: string; url: string } {
    const request = named(this.kept.requests, name);
    return { ...request, id: request.view.request_id, url: request.view.approval_url };
  }

  /** How many texts the archive has. */
  archivedTexts(): number {
    const folder = join(this.#files.stateDir, "v3", "r2");
    if (!existsSync(folder)) return 0;
    return readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
      (file) => file.isFile() && file.parentPath.endsWith("blobs"),
    ).length;
  }

  /** `countersign verify` with the key that was kept; gives its exit code. In this process: there are many receipts. */
  async verify(receipt: string): Promise<number | null> {
    return (await runCommand(verifyCommand, this.#verifying(receipt), this.#folder, this.#client())).exitCode;
  }

  #verifying = (receipt: string): string[] => [this.#file("receipt.json", receipt), "--vkey", this.kept.log.vkey, "--origin", this.origin];
  #client = (): Record<string, string> => ({ COUNTERSIGN_STATE: this.#files.clientDir });

  /** What the command lines of the operator, of a monitor and of a client say, each with what it has kept of the log; their exit codes. */
  async inspect(receipt: string): Promise<{ fsck: number; monitor: number; client: number }> {
    const { stateDir, monitorState } = this.#files;
    const { vkey, checkpoint } = this.kept.log;
    const databases = join(stateDir, "v3", "d1", "miniflare-D1DatabaseObject");
    const files = readdirSync(databases).filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file));
    const database = files.find((file) => hasLog(join(databases, file))) ?? "";
    const mustContain = ["--checkpoint", this.#file("kept.checkpoint", checkpoint)];
    const fsck = await countersign(this.#root, ["fsck", join(databases, database), ...mustContain]);
    const monitor = await countersign(this.#root, ["monitor", this.origin, "--vkey", vkey, "--state", monitorState, "--once"]);
    const client = await countersign(this.#root, ["verify", ...this.#verifying(receipt), "--remember"], this.#client());
    return { fsck: fsck.exitCode, monitor: monitor.exitCode, client: client.exitCode };
  }

  #file(name: string, content: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, content);
    return path;
  }
}

/** Whether this database is the one with the log. */
function hasLog(file: string): boolean {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'log_leaf'").get() !== undefined;
  } finally {
    database.close();
  }
}
