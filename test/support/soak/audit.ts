/** What a service was told to have told, held against it: approval by approval, its log made again, receipt by receipt. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { LogClient } from "#countersign/sdk/log-client.ts";
import { parseProof } from "#countersign/tlog/proof.ts";
import { parseReceipt, type Receipt, verifyReceipt } from "#countersign/verifier.ts";
import { spawnCommandLine } from "../cli/command-line.ts";
import { treeOf } from "../log-by-hand.ts";
import { contradictions, type Entry, type Ledger } from "./ledger.ts";
import type { SoakedService } from "./soaked-service.ts";

const AT_ONCE = 8;
/** Of an approval that is decided, redeemed and reported. */
const LEAVES_EACH = 3;

async function forEach<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const entries = items.values();
  const worker = async (): Promise<void> => {
    for (const item of entries) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** The log's newest checkpoint. */
async function checkpointOf(service: SoakedService): Promise<string> {
  const checkpoint = await new LogClient({ url: `${service.origin}/log` }).checkpoint();
  if (!checkpoint.ok) throw new Error(checkpoint.refusal.message);
  return checkpoint.value;
}

export class Auditor {
  /** What was found: nothing may be. */
  readonly findings: string[] = [];
  readonly counted = { held: 0, redeemedAgain: 0, receipts: 0, leaves: 0 };
  readonly #service: SoakedService;
  readonly #ledger: Ledger;
  readonly #folder = mkdtempSync(join(tmpdir(), "countersign-soak-"));
  readonly #leavesBefore: number;
  readonly #vkey: string;

  private constructor(service: SoakedService, ledger: Ledger, leavesBefore: number, vkey: string) {
    this.#service = service;
    this.#ledger = ledger;
    this.#leavesBefore = leavesBefore;
    this.#vkey = vkey;
  }

  /** Before anything is asked: what is in the log then is not of approvals. */
  static async begin(service: SoakedService, ledger: Ledger): Promise<Auditor> {
    const vkey = await (await fetch(`${service.origin}/log/vkey`)).text();
    return new Auditor(service, ledger, treeOf(await checkpointOf(service)).size, vkey.trimEnd());
  }

  /** Holds what was told since the last time against the service, and follows the log to where it is now. For after a kill. */
  async audit(): Promise<void> {
    await forEach(this.#ledger.takeChanged(), (entry) => this.#hold(entry));
    await this.#follow();
  }

  /**
   * Everything, once nothing is under way; stops the service. Every approval as it was told, each receipt by itself, no leaf in two
   * receipts, none that no receipt has; the log made again from what is served and from its database; no request that nobody asked for.
   */
  async end(): Promise<void> {
    this.#ledger.takeChanged();
    await forEach(this.#ledger.entries, (entry) => this.#hold(entry));
    const leaves = new Set<number>();
    await forEach(this.#ledger.entries, (entry) => this.#checkReceipt(entry, leaves));
    await this.#follow();
    const checkpoint = await checkpointOf(this.#service);
    this.counted.leaves = treeOf(checkpoint).size - this.#leavesBefore;
    const expected = this.#ledger.entries.length * LEAVES_EACH;
    this.#expect(leaves.size === expected, `the receipts name ${leaves.size} leaves instead of ${expected}`);
    this.#expect(this.counted.leaves === expected, `the log has ${this.counted.leaves} leaves of approvals instead of ${expected}`);
    await this.#service.stop();
    await this.#checkDatabase(checkpoint);
    rmSync(this.#folder, { recursive: true });
  }

  #expect(holds: boolean, otherwise: string): void {
    if (!holds) this.findings.push(otherwise);
  }

  /** Reads an approval, and tries to redeem it once more if it was: under another key, which must not be let. */
  async #hold(entry: Entry): Promise<void> {
    const { told } = entry;
    if (told === null) return this.#expect(false, `the ask ${entry.key} was never answered`);
    const id = told.view.request_id;
    const { status, view } = await this.#service.answered(() => this.#service.agent.read(id));
    this.counted.held++;
    if (status !== 200) return this.#expect(false, `${id} was told and is answered ${status} ${view.code}`);
    this.findings.push(...contradictions(told, view));
    if (told.view["redeemed_at"] === undefined) return;
    const again = await this.#service.answered(() => this.#service.agent.redeem(id, entry.payload, crypto.randomUUID()));
    this.counted.redeemedAgain++;
    this.#expect(again.view.code === "already_redeemed", `${id} was redeemed, and again: ${again.status} ${again.view.code}`);
  }

  async #checkReceipt(entry: Entry, leaves: Set<number>): Promise<void> {
    const id = entry.told?.view.request_id ?? "";
    const { status, text } = await this.#service.answered(() => this.#service.agent.tryReceipt(id));
    const receipt = parseReceipt(text);
    if (!receipt.ok) return this.#expect(false, `there is no receipt of ${id} that can be read: ${status}`);
    const verdict = await verifyReceipt(receipt.value, { vkey: this.#vkey, origin: this.#service.origin });
    this.counted.receipts++;
    if (!verdict.ok) return this.#expect(false, `the receipt of ${id}: ${verdict.refusal.message}`);
    for (const index of leavesOf(receipt.value)) {
      this.#expect(!leaves.has(index), `leaf ${index} is in two receipts, one of them that of ${id}`);
      leaves.add(index);
    }
  }

  /** `countersign monitor`, which goes on from where it was. */
  async #follow(): Promise<void> {
    const args = ["monitor", `${this.#service.origin}/log`, "--vkey", this.#vkey, "--state", "log.json", "--once"];
    await this.#run(args);
  }

  /** `countersign fsck` of the stopped service's database; and how many requests it lists. */
  async #checkDatabase(checkpoint: string): Promise<void> {
    const folder = join(this.#service.stateDir, "v3/d1/miniflare-D1DatabaseObject");
    const file = join(folder, readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)) ?? "");
    writeFileSync(join(this.#folder, "checkpoint"), checkpoint);
    await this.#run(["fsck", file, "--checkpoint", "checkpoint"]);
    const database = new DatabaseSync(file, { readOnly: true });
    const listed = database.prepare("SELECT count(*) AS count FROM approval").get()?.["count"];
    database.close();
    const asked = this.#ledger.entries.length;
    this.#expect(listed === asked, `${String(listed)} requests are listed, and ${asked} were asked for`);
  }

  async #run(args: readonly string[]): Promise<void> {
    const { exitCode, stdout, stderr } = await spawnCommandLine(args, this.#folder);
    this.#expect(exitCode === 0, `countersign ${args[0]} ended with ${exitCode}: ${stdout}${stderr}`);
  }
}

/** The indices of the leaves that are one approval's alone: its end, its redemption, its report. */
const leavesOf = ({ final, redeemed, outcome }: Receipt): number[] =>
  [final, redeemed, outcome].flatMap((leaf) => {
    const proof = leaf === null ? null : parseProof(leaf.proof);
    return proof?.ok === true ? [proof.value.index] : [];
  });
