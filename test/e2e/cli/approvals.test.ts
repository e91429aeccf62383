/**
 * `countersign request`, `wait`, `redeem` and `outcome` against the running service, with a person who decides: as processes where
 * somebody decides meanwhile.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerCommand } from "#countersign/cli/approvals/answer.ts";
import { redeemCommand } from "#countersign/cli/approvals/redeem.ts";
import { outcomeCommand } from "#countersign/cli/approvals/report-outcome.ts";
import { request } from "#countersign/cli/approvals/request.ts";
import { wait } from "#countersign/cli/approvals/wait.ts";
import { verifyCommand } from "#countersign/cli/verify/verify.ts";
import { apiKeyFrom } from "#countersign/documents/api-key.ts";
import { CountersignClient } from "#countersign/sdk/client.ts";
import { leastEnvironment, MAIN, runCommand } from "#test/support/cli/command-line.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";
import { approvalAnswer, problemAnswer, type StubRequest, stubService } from "#test/support/service/stub-service.ts";

const ACTION = "Deploy api to production";
const PAYLOAD = '{"service": "api", "replicas": 3}';

const folder = mkdtempSync(join(tmpdir(), "countersign-cli-"));
let service: Service;
let person: Person;
let agent: Agent;
let client: CountersignClient;
/** A command that waits for what nobody decides, for as long as the others take. */
let expiring: ReturnType<typeof start>;
/** Everything that any command has printed. */
let printed = "";

beforeAll(async () => {
  service = await startService();
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("ci");
  client = new CountersignClient({ url: service.origin, apiKey: agent.key });
  writeFileSync(join(folder, "payload.json"), PAYLOAD);
  expiring = start([...ASKING, "--expires", "30", "--wait", "60", "--receipt", "expired.json"]);
});
afterAll(async () => {
  await service?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
  rmSync(folder, { recursive: true });
});

const ours = (more: Record<string, string>): Record<string, string> => ({
  COUNTERSIGN_URL: service.origin,
  COUNTERSIGN_API_KEY: agent.key,
  COUNTERSIGN_STATE: join(folder, "state"),
  ...more,
});

/** A process on its way. */
function start(args: readonly string[], environment: Record<string, string> = {}) {
  const env = { ...leastEnvironment(), ...ours(environment) };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  const link = new Promise<string>((resolve) => {
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      const url = /Decide at (\S+)\n/.exec(stderr)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  const ended = once(child, "close").then(([exitCode]) => {
    printed += stdout + stderr;
    return { exitCode: exitCode as number | null, stdout, stderr };
  });
  return { link, ended };
}

const COMMANDS = { answer: answerCommand, request, wait, redeem: redeemCommand, outcome: outcomeCommand, verify: verifyCommand };
type CommandLine = [command: keyof typeof COMMANDS, ...args: string[]];

/** A command in this process, to its end. */
async function runWith(environment: Record<string, string>, [command, ...args]: CommandLine) {
  const ended = await runCommand(COMMANDS[command], args, folder, ours(environment));
  printed += ended.stdout + ended.stderr;
  return ended;
}
const run = (...args: CommandLine) => runWith({}, args);

const ASKING: CommandLine = ["request", "--action", ACTION, "--payload-json", PAYLOAD];
const asked = async (...more: string[]): Promise<string> => {
  const { stdout } = await run(...ASKING, "--wait", "0", "--json", ...more);
  return (JSON.parse(stdout) as { request_id: string }).request_id;
};
const approvalUrl = (requestId: string) => `${service.origin}/a/${requestId}`;
const approved = async (...more: string[]): Promise<string> => {
  const requestId = await asked(...more);
  await person.decide(approvalUrl(requestId), "approved");
  return requestId;
};

describe("countersign request", () => {
  it("prints the link at once, waits, exits 0 when approved, and saves a receipt that verifies", async () => {
    const asking = start([
      "request",
      "--action",
      ACTION,
      "--payload",
      "payload.json",
      "--reason",
      "Ticket 4711",
      "--wait",
      "60",
      "--receipt",
      "receipt.json",
    ]);
    await person.decide(await asking.link, "approved", "Go ahead");
    const { exitCode, stdout } = await asking.ended;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Approved: ${ACTION}\n`));
    expect(stdout).toMatch(/Decision {3}approved by alex \(usr_/);
    expect(stdout).toContain("Go ahead");
    const vkey = (await (await fetch(`${service.origin}/log/vkey`)).text()).trim();
    expect(await run("verify", "receipt.json", "--vkey", vkey, "--origin", service.origin, "--payload", "payload.json")).toMatchObject({
      exitCode: 0,
    });
  });

  it("exits 3 when denied", async () => {
    const asking = start([...ASKING, "--wait", "60"]);
    await person.decide(await asking.link, "denied", "Not on a Friday");
    const { exitCode, stdout } = await asking.ended;
    expect([exitCode, stdout.split("\n")[0]]).toEqual([3, `Denied: ${ACTION}`]);
    expect(stdout).toContain("Not on a Friday");
  });

  it("exits 4 when cancelled", async () => {
    const asking = start([...ASKING, "--wait", "60"]);
    await client.cancel(new URL(await asking.link).pathname.slice("/a/".length), "Superseded");
    const { exitCode, stdout } = await asking.ended;
    expect([exitCode, stdout.split("\n")[0]]).toEqual([4, `Cancelled: ${ACTION}`]);
    expect(stdout).toContain("Superseded");
  });

  it("exits 5 as long as somebody may decide", async () => {
    const requestId = await asked();
    const pending = await run("wait", requestId, "--wait", "1", "--receipt", "pending.json");
    expect([pending.exitCode, pending.stdout.split("\n")[0]]).toEqual([5, `Pending: ${ACTION}`]);
    expect(pending.stdout).toContain(approvalUrl(requestId));
    expect(() => readFileSync(join(folder, "pending.json"))).toThrow("ENOENT");
  });

  it("asks whom it is told to, and finds the same request with the same key", async () => {
    const first = await asked("--approver", "alex", "--required", "1", "--idempotency-key", "build-1");
    expect(await asked("--approver", "alex", "--required", "1", "--idempotency-key", "build-1")).toBe(first);
    const { exitCode, stderr } = await run(...ASKING, "--approver", "nobody", "--wait", "0");
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("(unknown_approver)")]);
    const group = await run(...ASKING, "--group", "nobody-is-in-it", "--wait", "0", "--json");
    expect(group.exitCode).toBe(1);
    expect(JSON.parse(group.stdout)).toMatchObject({
      error: { code: expect.stringMatching(/^(unknown|no_eligible)_approver$/) as string },
    });
  });

  it("exits 1 if the receipt that was asked for cannot be saved, whatever was decided", async () => {
    const asking = start([...ASKING, "--wait", "60", "--receipt", "no/such/folder.json"]);
    await person.decide(await asking.link, "approved");
    const { exitCode, stdout, stderr } = await asking.ended;
    expect([exitCode, stdout.split("\n")[0]]).toEqual([1, `Approved: ${ACTION}`]);
    expect(stderr).toContain("the receipt could not be saved");
  });
});

describe("countersign wait", () => {
  it("exits as the request ends, later too", async () => {
    const requestId = await asked();
    expect((await run("wait", requestId, "--wait", "0")).exitCode).toBe(5);
    const waiting = run("wait", requestId, "--wait", "60", "--json");
    await person.decide(approvalUrl(requestId), "approved");
    const { exitCode, stdout } = await waiting;
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { request_id: requestId, status: "approved", basis: "passkeys" }]);
    expect((await start(["wait", requestId]).ended).exitCode).toBe(0);
  });

  it("exits 1 for a request that is not the caller’s", async () => {
    expect(await run("wait", "apr_unknown")).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "countersign: There is no such request of yours. (unknown_request)\n",
    });
  });
});

describe("countersign answer", () => {
  it("answers what a person asks back, which ends the wait of whoever asked", async () => {
    const requestId = await asked("--idempotency-key", "asked-back");
    const waiting = start(["wait", requestId, "--wait", "60"]);
    expect((await person.post(`/a/${requestId}/question`, { question: "Which hosts?" })).status).toBe(200);
    const { exitCode, stdout } = await waiting.ended;
    expect([exitCode, stdout]).toEqual([5, expect.stringContaining(`countersign answer ${requestId} 1 TEXT`) as string]);
    expect(stdout).toContain("Which hosts? (alex)");
    const answered = await run("answer", requestId, "1", "All of them.");
    expect([answered.exitCode, answered.stdout]).toEqual([0, expect.stringMatching(/Answer {5}All of them\./) as string]);
    expect((await run("answer", requestId, "1", "None.")).stderr).toContain("(no_question)");
    expect(await run("answer", requestId, "1")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("in quotes") as string });
  });
});

describe("countersign redeem and outcome", () => {
  it("redeems once, against the exact payload, and reports", async () => {
    const requestId = await approved();
    const redeem = (...more: string[]) => run("redeem", requestId, ...more);
    expect(await run("outcome", requestId, "succeeded")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("(not_redeemed)") });
    expect(await redeem("--payload-json", '{"service":"api","replicas":4}')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("(payload_mismatch)"),
    });
    const first = await start(["redeem", requestId, "--payload", "payload.json", "--idempotency-key", "run-1"]).ended;
    expect([first.exitCode, first.stdout.split("\n")[0]]).toEqual([0, `Redeemed: ${ACTION}`]);
    expect((await redeem("--payload", "payload.json", "--idempotency-key", "run-1")).stdout).toBe(first.stdout);
    expect(await redeem("--payload", "payload.json")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("(already_redeemed)") });

    expect(await run("outcome", requestId, "unknown", "--detail", "Lost the connection")).toMatchObject({ exitCode: 0 });
    const reported = await run("outcome", requestId, "succeeded", "--receipt", "used.json");
    expect([reported.exitCode, reported.stdout.split("\n")[0]]).toEqual([0, `Reported: ${ACTION}`]);
    expect(await run("outcome", requestId, "failed")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("(already_reported)") });
    expect(readFileSync(join(folder, "used.json"), "utf8")).toContain("call.succeeded");
  });

  it("remembers the log of each receipt, and shows that it is the same one", async () => {
    const requestId = await approved();
    const [stateFile, receiptFile] = [join(folder, "state", "logs.json"), join(folder, "remembered.json")];
    const sizeRemembered = () => Number(/log\\n([0-9]+)\\n/.exec(readFileSync(stateFile, "utf8"))?.[1]);
    expect(await run("wait", requestId, "--receipt", "remembered.json")).toMatchObject({ exitCode: 0, stderr: "" });
    const approvedAt = sizeRemembered();
    const redeemed = await run("redeem", requestId, "--payload", "payload.json", "--receipt", "remembered.json");
    expect(redeemed).toMatchObject({ exitCode: 0, stderr: "" });
    expect(sizeRemembered()).toBeGreaterThan(approvedAt);
    expect(readFileSync(receiptFile, "utf8")).toContain("approval.redeemed");
    const vkey = (await (await fetch(`${service.origin}/log/vkey`)).text()).trim();
    const trust = ["--vkey", vkey, "--origin", service.origin];
    expect(await run("verify", "remembered.json", ...trust, "--remember")).toMatchObject({ exitCode: 0, stderr: "" });

    writeFileSync(receiptFile, "kept");
    const otherKey = "gate.example.com/log+f91a1c29+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
    const pinned = await runWith({ COUNTERSIGN_LOG_VKEY: otherKey }, ["wait", requestId, "--receipt", "remembered.json"]);
    expect(pinned).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("(log_key_unknown)") });
    expect(readFileSync(receiptFile, "utf8")).toBe("kept");
  });

  it("redeems nothing that is not approved", async () => {
    const requestId = await asked();
    expect(await run("redeem", requestId, "--payload", "payload.json")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("(not_approved)"),
    });
  });
});

describe("an answer that is none", () => {
  /** Runs `wait` against something that answers so. */
  async function against(answer: Parameters<typeof stubService>[0], ...args: CommandLine) {
    const stub = await stubService(answer);
    const ended = await runWith({ COUNTERSIGN_URL: stub.url }, args);
    stub.close();
    return { ...ended, requests: stub.requests };
  }

  const ID = `apr_${"a".repeat(32)}`;
  /** Longer than any call waits, so that the first answer is the last. */
  const NOT_SOON = { "retry-after": "3600" };

  it.each(["escrowed", "Approved", "constructor", ""])("the status %j means not approved", async (status) => {
    const { exitCode, stdout } = await against(() => ({ body: approvalAnswer({ status }) }), "wait", ID);
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/^Not approved/)]);
  });

  it("is not done if the answer does not show it", async () => {
    const answer = () => ({ headers: NOT_SOON, body: approvalAnswer({ status: "approved" }) });
    expect((await against(answer, "redeem", ID, "--payload-json", "{}")).exitCode).toBe(1);
    expect((await against(answer, "outcome", ID, "failed")).exitCode).toBe(1);
  });

  it("of a proxy that keeps the service's to itself: not known, until the same call is made again", async () => {
    const requestId = await approved();
    const passOn = async ({ method, path, headers, body }: StubRequest) => {
      const given = {
        "x-api-key": headers["x-api-key"],
        "idempotency-key": headers["idempotency-key"],
        "content-type": "application/json",
      };
      const sent = Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === "string");
      const own = await fetch(`${service.origin}${path}`, { method, headers: sent, ...(method === "POST" && { body }) });
      // What it rests on is read before: that comes through.
      if (method === "GET") return { status: own.status, body: await own.text() };
      return { status: 504, headers: NOT_SOON, body: "<html>" };
    };
    const redeem: CommandLine = ["redeem", requestId, "--payload", "payload.json"];
    const { exitCode, stdout, stderr } = await against(passOn, ...redeem);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("It is not known whether this call has used the approval. Do not act.");
    const [, key = ""] = /with --idempotency-key (\S+)\n$/.exec(stderr) ?? [];
    expect(await run(...redeem)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("(already_redeemed)") });
    expect(await run(...redeem, "--idempotency-key", key)).toMatchObject({ exitCode: 0 });
  });

  it("honours Retry-After, and asks again with the same key", async () => {
    const tooMany = problemAnswer(429, "rate_limited", { "retry-after": "2" });
    const answer = (_: unknown, before: number) => (before === 0 ? tooMany : { status: 201, body: approvalAnswer() });
    const { exitCode, requests } = await against(answer, ...ASKING, "--wait", "0");
    expect(exitCode).toBe(5);
    const [first, second] = requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_990);
    expect(second?.headers["idempotency-key"]).toBe(first?.headers["idempotency-key"]);
  });

  it("does not act upon the terminal", async () => {
    const hostile = "\u001b[2J\u202eevil\n";
    const view = approvalAnswer({ status: "denied", action: hostile, comment: hostile, approval_url: hostile });
    const { stdout, stderr } = await against(() => ({ body: view }), ...ASKING, "--wait", "0");
    expect(stdout + stderr).not.toMatch(/[\u001b\u202e]/);
    expect(stdout).toContain("[U+202E]");
  });
});

describe("what cannot be used", () => {
  it.each<[string, CommandLine]>([
    ["no action", ["request", "--payload-json", PAYLOAD]],
    ["no payload", ["request", "--action", ACTION]],
    ["two payloads", [...ASKING, "--payload", "payload.json"]],
    ["a payload that is a list", ["request", "--action", ACTION, "--payload-json", "[]"]],
    ["a payload with a key twice", ["request", "--action", ACTION, "--payload-json", '{"a":1,"a":2}']],
    ["a payload that is not there", ["request", "--action", ACTION, "--payload", "nowhere.json"]],
    ["a word too many", [...ASKING, "now"]],
    ["a wait that is no number", [...ASKING, "--wait", "long"]],
    ["too short a time", [...ASKING, "--expires", "29"]],
    ["nobody required", [...ASKING, "--required", "0"]],
    ["an unknown option", [...ASKING, "--force"]],
    ["no request", ["wait"]],
    ["two requests", ["wait", "apr_a", "apr_b"]],
    ["nothing to redeem with", ["redeem", "apr_a"]],
    ["an outcome that is none", ["outcome", "apr_a", "fine"]],
    ["no outcome", ["outcome", "apr_a"]],
  ])("%s: exits 2 with the usage", async (_, args) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(new RegExp(`^countersign ${args[0]}: .+\n\nUsage: countersign ${args[0]} `));
  });

  it.each([
    ["no address", { COUNTERSIGN_URL: "" }],
    ["an address with a path", { COUNTERSIGN_URL: "https://gate.example.com/api" }],
    ["an address that would show the key to the network", { COUNTERSIGN_URL: "http://gate.example.com" }],
    ["an address with a password", { COUNTERSIGN_URL: "https://a:b@gate.example.com" }],
    ["no key", { COUNTERSIGN_API_KEY: "" }],
    ["a log key that is none", { COUNTERSIGN_LOG_VKEY: "gate.example.com/log" }],
    ["a key that is none", { COUNTERSIGN_API_KEY: "csk_mistyped\nkey" }],
  ])("%s: exits 2 and does not repeat it", async (_, environment) => {
    const { exitCode, stderr } = await runWith(environment, ["wait", "apr_x"]);
    expect(exitCode).toBe(2);
    expect(stderr).not.toMatch(/mistyped|a:b/);
  });

  it("exits 1 with a key that is nobody’s", async () => {
    const nobodys = apiKeyFrom(crypto.getRandomValues(new Uint8Array(64)));
    const { exitCode, stderr } = await runWith({ COUNTERSIGN_API_KEY: nobodys }, ["wait", "apr_x"]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("(unauthorized)")]);
    expect(stderr).not.toContain(nobodys);
  });

  it("explains itself", async () => {
    for (const command of ["request", "wait", "redeem", "outcome"]) {
      const { exitCode, stdout, stderr } = await start([command, "--help"]).ended;
      expect([exitCode, stderr]).toEqual([0, ""]);
      expect(stdout).toContain(`Usage: countersign ${command} `);
      expect(stdout).toContain("Exit code: 0 ");
    }
  });
});

it("exits 4 when nobody decides in time", async () => {
  const { exitCode, stdout } = await expiring.ended;
  expect([exitCode, stdout.split("\n")[0]]).toEqual([4, `Expired: ${ACTION}`]);
  expect(readFileSync(join(folder, "expired.json"), "utf8")).toContain("approval.expired");
});

it("never printed the key", () => {
  expect(printed.length).toBeGreaterThan(1_000);
  expect(printed).not.toContain("csk_" + agent.key.slice(4));
});
