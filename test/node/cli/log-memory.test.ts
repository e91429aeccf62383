/** What the command line remembers of logs: `verify --remember`, receipts that are saved, and the file of the memory. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { holdLock } from "#countersign/cli/files/hold-lock.ts";
import { redeemCommand } from "#countersign/cli/approvals/redeem.ts";
import { evidence as evidenceCommand } from "#countersign/cli/verify/evidence.ts";
import { verifyCommand } from "#countersign/cli/verify/verify.ts";
import { apiKeyFrom } from "#countersign/documents/api-key.ts";
import { logMemoryFile } from "#countersign/cli/files/log-memory-file.ts";
import { runCommand, spawnCommandLine } from "#test/support/cli/command-line.ts";
import { loggedReceipt } from "#test/support/documents/logged-receipt.ts";
import { LOG_ORIGIN, makeWorld, ORIGIN } from "#test/support/documents/sealed-receipt.ts";
import type { ServedLog } from "#test/support/log/served-log.ts";
import { approvalAnswer, type StubAnswer, stubService } from "#test/support/service/stub-service.ts";

const ID = `apr_${"A".repeat(32)}`;
const world = await makeWorld();
const VKEY = world.trust.vkey ?? "";
const everything = mkdtempSync(join(tmpdir(), "countersign-memory-"));
afterAll(() => rmSync(everything, { recursive: true }));

let [folder, state, file] = ["", "", ""];
let log: ServedLog;
let answer: (path: string) => StubAnswer | Promise<StubAnswer>;
let stub: Awaited<ReturnType<typeof stubService>>;
beforeEach(async () => {
  folder = mkdtempSync(join(everything, "test-"));
  state = join(folder, "state");
  file = join(state, "logs.json");
  answer = (path) => log.answer({ path });
  stub = await stubService(({ path }) => answer(path));
});
afterEach(() => stub.close());

const COMMANDS = { verify: verifyCommand, evidence: evidenceCommand, redeem: redeemCommand };
type CommandLine = [command: keyof typeof COMMANDS, ...args: string[]];
const countersign = ([command, ...args]: CommandLine, environment: Record<string, string> = { COUNTERSIGN_STATE: state }) =>
  runCommand(COMMANDS[command], args, folder, environment);

/** Writes the receipt as it is when its log has so many leaves; that log is served from then on. */
async function receiptAt(size: number, forkAt?: number): Promise<string> {
  const made = await loggedReceipt(world, size, forkAt === undefined ? {} : { forkAt });
  log = made.log;
  const name = `${size}-${forkAt ?? "sound"}.json`;
  writeFileSync(join(folder, name), made.text);
  return name;
}

const verifying = (name: string): CommandLine => ["verify", name, "--vkey", VKEY, "--origin", ORIGIN];
const remembering = (name: string, ...more: string[]): CommandLine => [
  ...verifying(name),
  "--remember",
  "--log",
  `${stub.url}/log`,
  ...more,
];
const paths = () => stub.requests.splice(0).map(({ path }) => path);
const sizeRemembered = () => Number(/log\\n([0-9]+)\\n/.exec(readFileSync(file, "utf8"))?.[1]);

describe("countersign verify --remember", () => {
  it("remembers the log of a valid receipt, in a file for this user alone", async () => {
    const name = await receiptAt(9);
    const { exitCode, stdout, stderr } = await countersign(remembering(name));
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Valid: cancelled\.\n[^]*\nThe log is the one that is remembered\.\n$/);
    expect(paths()).toEqual([]);
    const logs = [{ log: LOG_ORIGIN, urls: [`${stub.url}/log`], vkeys: [VKEY], checkpoint: await log.checkpoint() }];
    expect(readFileSync(file, "utf8")).toBe(`${JSON.stringify({ type: "countersign/logs@v1", logs }, null, 2)}\n`);
    expect([statSync(state).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it("demands that later and earlier ones are shown to be of that log", async () => {
    const [early, middle, late] = [await receiptAt(9), await receiptAt(40), await receiptAt(300)];
    expect(await countersign(remembering(middle))).toMatchObject({ exitCode: 0 });
    expect(await countersign(remembering(late))).toMatchObject({ exitCode: 0 });
    expect(await countersign(remembering(early, "--json"))).toMatchObject({ exitCode: 0 });
    expect(paths()).toEqual(["/log/proof/consistency?from=40&to=300", "/log/proof/consistency?from=9&to=300"]);
    expect(sizeRemembered()).toBe(300);
  });

  it("believes the log of a policy that lists it", async () => {
    writeFileSync(join(folder, "policy.txt"), `log ${VKEY}\nquorum none\n`);
    const args: CommandLine = [
      "verify",
      await receiptAt(9),
      "--policy",
      "policy.txt",
      "--origin",
      ORIGIN,
      "--remember",
      "--log",
      `${stub.url}/log`,
    ];
    expect(await countersign(args)).toMatchObject({ exitCode: 0 });
    expect([paths(), sizeRemembered()]).toEqual([[], 9]);
  });

  it("finds out another log, and leaves evidence that anybody can check", async () => {
    expect(await countersign(remembering(await receiptAt(9)))).toMatchObject({ exitCode: 0 });
    const before = readFileSync(file, "utf8");
    const { exitCode, stdout } = await countersign(remembering(await receiptAt(12, 8), "--json"));
    const told = JSON.parse(stdout) as { valid: boolean; code: string; message: string };
    expect([exitCode, told]).toMatchObject([1, { valid: false, code: "log_inconsistent" }]);
    const [evidence = ""] = readdirSync(state).filter((one) => one.startsWith("evidence-"));
    expect(told.message).toContain(`What proves it is in ${join(state, evidence)}.`);
    expect(statSync(join(state, evidence)).mode & 0o777).toBe(0o600);
    expect(await countersign(["evidence", join(state, evidence), "--vkey", VKEY])).toMatchObject({ exitCode: 0 });
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("accepts nothing that the log does not show, and says that the receipt is valid by itself", async () => {
    expect(await countersign(remembering(await receiptAt(9)))).toMatchObject({ exitCode: 0 });
    const name = await receiptAt(12);
    answer = () => ({ status: 404, body: "" });
    const { exitCode, stdout } = await countersign(remembering(name));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^Valid by itself, but not accepted: log_unproven\nThe log gate\.example\.com\/log did not show that 12 leaves extend 9\. .+\n$/,
    );
    expect(sizeRemembered()).toBe(9);
    expect(await countersign(verifying(name))).toMatchObject({ exitCode: 0 });
  });

  it("without it nothing is asked, read or written", async () => {
    const name = await receiptAt(9);
    mkdirSync(state);
    writeFileSync(file, "damaged");
    expect(await countersign(verifying(name))).toMatchObject({ exitCode: 0, stderr: "" });
    expect([paths(), readFileSync(file, "utf8"), readdirSync(state)]).toEqual([[], "damaged", ["logs.json"]]);
  });

  it("remembers nothing of a receipt that is not valid", async () => {
    const name = await receiptAt(9);
    writeFileSync(join(folder, name), readFileSync(join(folder, name), "utf8").replace('"replicas":3', '"replicas":4'));
    const { exitCode, stdout } = await countersign(remembering(name));
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/^Not valid: payload_mismatch\n/)]);
    expect(existsSync(state)).toBe(false);
  });

  it.each([
    ["an address without --remember", ["--log", "http://localhost/log"]],
    ["no address", ["--remember", "--log", "log"]],
    ["an address with a password", ["--remember", "--log", "https://a:b@gate.example.com/log"]],
    ["an address with a question", ["--remember", "--log", "https://gate.example.com/log?x=1"]],
    ["an address of a file", ["--remember", "--log", "file:///log"]],
  ])("%s: exits 2", async (_, more) => {
    const { exitCode, stderr } = await countersign([...verifying(await receiptAt(9)), ...more]);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/^countersign verify: --log /)]);
  });
});

describe("the file", () => {
  it("is where the environment says", async () => {
    const name = await receiptAt(9);
    // The home of this process's user is read anew by a new process only.
    expect(await spawnCommandLine(remembering(name), folder, { HOME: folder })).toMatchObject({ exitCode: 0 });
    expect(existsSync(join(folder, ".local/state/countersign/logs.json"))).toBe(true);
    expect(await countersign(remembering(name), { HOME: folder, XDG_STATE_HOME: join(folder, "xdg") })).toMatchObject({ exitCode: 0 });
    expect(existsSync(join(folder, "xdg/countersign/logs.json"))).toBe(true);
  });

  const written = (change: (content: string) => string) => () => writeFileSync(file, change(readFileSync(file, "utf8")));
  it.each<[string, () => void]>([
    ["is empty", written(() => "")],
    ["is cut off", written((content) => content.slice(0, -10))],
    ["is of another version", written((content) => content.replace("logs@v1", "logs@v2"))],
    ["has members that nobody knows", written((content) => content.replace('"logs":', '"more": 1, "logs":'))],
    ["holds a log twice", written((content) => content.replace(/"logs": \[([^]*)\]/, '"logs": [$1,$1]'))],
    ["is not UTF-8", () => writeFileSync(file, Uint8Array.of(0xff))],
    ["holds another checkpoint", written((content) => content.replace("\\n9\\n", "\\n8\\n"))],
    ["holds another key", written((content) => content.replace("log+", "log+0"))],
    ["may be written to by others", () => chmodSync(file, 0o660)],
    ["is a folder", () => (rmSync(file), mkdirSync(file))],
    [
      "is a link",
      () => (writeFileSync(join(folder, "elsewhere"), readFileSync(file)), rmSync(file), symlinkSync(join(folder, "elsewhere"), file)),
    ],
    ["is in a folder that others may write to", () => chmodSync(state, 0o770)],
  ])("is refused, by its name, and not begun anew if it %s", async (_, damage) => {
    const name = await receiptAt(9);
    await countersign(remembering(name));
    damage();
    const content = () => (statSync(file).isFile() ? readFileSync(file) : null);
    const before = content();
    const later = await receiptAt(12);
    const { exitCode, stdout } = await countersign(remembering(later));
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/^Valid by itself, but not accepted: log_memory_unusable\n/)]);
    expect(stdout).toContain(state);
    expect(content()).toEqual(before);
  });

  it("is refused if it cannot be written", async () => {
    const name = await receiptAt(9);
    writeFileSync(state, "a file");
    const { exitCode, stdout } = await countersign(remembering(name));
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining("log_memory_unusable")]);
    expect(readFileSync(state, "utf8")).toBe("a file");
  });

  it("waits for another process that writes", async () => {
    const memory = logMemoryFile({ environment: { COUNTERSIGN_STATE: state } });
    mkdirSync(state);
    const release = await holdLock(file);
    const one = { log: "a/log", urls: [], vkeys: [VKEY], checkpoint: "c" };
    const replacing = memory.replace([], [one]);
    expect(await memory.read()).toEqual({ ok: true, value: [] });
    release?.();
    expect(await replacing).toEqual({ ok: true, value: true });
    expect(await memory.read()).toEqual({ ok: true, value: [one] });
    expect(await memory.replace([], [])).toEqual({ ok: true, value: false });
    expect(await memory.read()).toEqual({ ok: true, value: [one] });
  });

  it("keeps the newest of what several processes see at once, and finds out which of them saw another log", async () => {
    const names: string[] = [];
    for (const size of [9, 20, 30]) names.push(await receiptAt(size));
    const fork = (await loggedReceipt(world, 25, { forkAt: 8 })).text;
    writeFileSync(join(folder, "fork.json"), fork);
    const ends = await Promise.all(
      [...names, "fork.json"].map((name) => spawnCommandLine(remembering(name, "--json"), folder, { COUNTERSIGN_STATE: state })),
    );
    const codes = ends.map(({ exitCode, stdout }) => [exitCode, (JSON.parse(stdout) as { code?: string }).code]);
    // Whoever came first, the other log and this one are not both remembered.
    const isFork = codes[3]?.[0] === 0;
    const found = codes.filter(([, code]) => code === "log_inconsistent" || code === "log_unproven");
    expect(found.length).toBeGreaterThan(0);
    expect(codes.every(([exitCode, code]) => (exitCode === 0) === (code === undefined))).toBe(true);
    expect(sizeRemembered()).toBe(isFork ? 25 : 30);
    expect(readdirSync(state).filter((one) => one.endsWith(".new"))).toEqual([]);
  });
});

describe("a receipt that is to be saved", () => {
  const service = async (): Promise<string> => {
    const text = readFileSync(join(folder, await receiptAt(9)), "utf8");
    const redeemed = { request_id: ID, status: "approved", redeemed_at: "2026-11-20T09:20:00.000Z" };
    answer = (path) => {
      if (path === `/api/v1/approvals/${ID}/receipt`) return { body: text };
      return path.startsWith("/api/") ? { body: approvalAnswer(redeemed) } : log.answer({ path });
    };
    return text;
  };
  const environment = (more: Record<string, string> = {}) => {
    return { COUNTERSIGN_URL: stub.url, COUNTERSIGN_API_KEY: apiKeyFrom(new Uint8Array(64).fill(1)), COUNTERSIGN_STATE: state, ...more };
  };
  const redeem: CommandLine = ["redeem", ID, "--payload-json", "{}", "--receipt", "saved.json"];

  it("is saved once its log is remembered", async () => {
    const text = await service();
    expect(await countersign(redeem, environment({ COUNTERSIGN_LOG_VKEY: VKEY }))).toMatchObject({ exitCode: 0, stderr: "" });
    expect(readFileSync(join(folder, "saved.json"), "utf8")).toBe(text);
    expect(sizeRemembered()).toBe(9);
    expect(paths().filter((path) => path.startsWith("/log"))).toEqual([]);
  });

  it("is not if the log is not the one that was; redeemed is redeemed, and it says so", async () => {
    await countersign(remembering(await receiptAt(12, 8)));
    await service();
    const { exitCode, stdout, stderr } = await countersign(redeem, environment());
    expect([exitCode, stdout.split("\n")[0]]).toEqual([1, "Redeemed: Deploy api to production"]);
    expect(stderr).toMatch(/^countersign: no receipt was saved: The log .+ \(log_(inconsistent|unproven)\)\n/);
    expect(stderr).toContain(`The approval is used up all the same. countersign wait ${ID} --receipt FILE asks for it again.\n`);
    expect(existsSync(join(folder, "saved.json"))).toBe(false);
    expect(sizeRemembered()).toBe(12);
  });
});
