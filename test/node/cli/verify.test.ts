/** `countersign verify`: what it says, and how it ends. The process is started for what only it shows; else the command is called here. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyCommand } from "#countersign/cli/verify/verify.ts";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import { DEFAULT_POLICY } from "#countersign/documents/request.ts";
import { keyFingerprint } from "#countersign/receipt-rules.ts";
import { type Cosigner, makeCosigner, makeWitnessVkey } from "#countersign/tlog/cosignature.ts";
import type { Receipt, Status } from "#countersign/verifier.ts";
import { runCommand, spawnCommandLine } from "#test/support/cli/command-line.ts";
import { makeGrantReceipt } from "#test/support/documents/grant-receipt.ts";
import { makePolicyReceipt } from "#test/support/documents/policy-receipt.ts";
import { makeReceipt, makeWorld, ORIGIN, PAYLOAD, type Recipe, type World } from "#test/support/documents/sealed-receipt.ts";
import tlog from "#test/vectors/tlog.json" with { type: "json" };

let folder: string;
let world: World;
let trust: string[];
let witness: Cosigner;

const countersign = (...args: string[]) => spawnCommandLine(args, folder);
const verify = (...args: string[]) => runCommand(verifyCommand, args, folder);

async function write(file: string, recipe: Recipe): Promise<string> {
  const { text } = await makeReceipt(world, recipe);
  writeFileSync(join(folder, file), text);
  return text;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countersign-cli-"));
  world = await makeWorld();
  trust = ["--vkey", world.trust.vkey, "--origin", ORIGIN];
  for (const status of ["approved", "denied", "expired", "cancelled"] as const) await write(`${status}.json`, { status });
  writeFileSync(join(folder, "payload.json"), JSON.stringify(PAYLOAD, null, 2));
  witness = await makeCosigner("witness.example.com/w1", sha256(utf8("a witness's key")));
  await write("witnessed.json", { status: "approved", cosigners: [witness] });
  const policy = `witness one ${makeWitnessVkey(witness.name, witness.publicKey)}\nquorum one\n`;
  writeFileSync(join(folder, "witnesses.txt"), policy);
  writeFileSync(join(folder, "policy.txt"), `# The log, and its witness.\nlog ${world.trust.vkey}\n${policy}`);
  writeFileSync(join(folder, "other-log.txt"), `log ${tlog.c2sp.vkey}\n${policy}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("countersign verify", () => {
  it.each([
    [
      "refuses what passed without people, and says that it is valid by itself",
      [],
      1,
      /^Valid by itself, but not accepted: basis_not_allowed\n/,
    ],
    ["on another basis than those that are named", ["--allow-basis", "grant,timeout"], 1, /: basis_not_allowed\n/],
    ["takes it if its basis is named", ["--allow-basis", "timeout, policy"], 0, /^Valid: approved\.\n/],
    ["refuses a basis that there is not", ["--allow-basis", "habit"], 2, /^$/],
  ])("%s", async (_, options, exitCode, says) => {
    writeFileSync(join(folder, "passed.json"), (await makePolicyReceipt(world, { status: "approved", basis: "policy" })).text);
    const ended = await verify("passed.json", ...trust, ...options);
    expect([ended.exitCode, ended.stdout]).toEqual([exitCode, expect.stringMatching(says)]);
    if (exitCode === 2) expect(ended.stderr).toContain("--allow-basis names policy, grant or timeout, with commas between them");
    if (exitCode !== 0) return;
    expect(ended.stdout).toContain("Rule       production-deploys of policy version 3\n");
    expect(ended.stdout).toContain("by a rule of the policy, without a person\n");
    const { stdout } = await verify("passed.json", ...trust, ...options, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      basis: "policy",
      rule: "production-deploys",
      policy_version: 3,
      decisions: [],
    });
  });

  it("tells which preview people were shown, and compares one with it", async () => {
    const shown = { rows: 12, tables: ["sessions"] };
    const asked = (request: { context: { preview_hash?: string } }) => void (request.context.preview_hash = hex(hashJson(shown)));
    writeFileSync(join(folder, "previewed.json"), (await makePolicyReceipt(world, { status: "approved", request: asked })).text);
    writeFileSync(join(folder, "preview.json"), JSON.stringify(shown, null, 2));
    writeFileSync(join(folder, "other.json"), JSON.stringify({ ...shown, rows: 13 }));
    writeFileSync(join(folder, "twice.json"), '{"rows":12,"rows":12}');
    const hash = hex(hashJson(shown));
    const alone = await verify("previewed.json", ...trust);
    expect([alone.exitCode, alone.stdout]).toEqual([0, expect.stringContaining(`  Preview    SHA-256 ${hash}\n`)]);
    const same = await verify("previewed.json", ...trust, "--preview", "preview.json");
    expect([same.exitCode, same.stdout]).toEqual([0, expect.stringContaining(`SHA-256 ${hash}, the same as in the file\n`)]);
    const asJson = await verify("previewed.json", ...trust, "--json");
    expect(JSON.parse(asJson.stdout)).toMatchObject({ valid: true, preview_hash: hash });
    for (const [receipt, file, says] of [
      ["previewed.json", "other.json", "The file is not the preview that people were shown."],
      ["previewed.json", "twice.json", "The file is not JSON under the rules"],
      ["approved.json", "preview.json", "Nobody was shown a preview: none is signed."],
    ] as const) {
      const refused = await verify(receipt, ...trust, "--preview", file);
      expect([refused.exitCode, refused.stdout]).toEqual([1, expect.stringMatching(/^Not valid: preview_mismatch\n/)]);
      expect(refused.stdout).toContain(says);
    }
    expect((await verify("previewed.json", ...trust, "--preview", "nowhere.json")).exitCode).toBe(2);
  });

  it("tells by which grant something passed, what that lets pass, and who gave it", async () => {
    const { receipt } = await makeGrantReceipt(world);
    writeFileSync(join(folder, "granted.json"), JSON.stringify(receipt));
    expect(await verify("granted.json", ...trust)).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/: basis_not_allowed\n/) });
    const { exitCode, stdout } = await verify("granted.json", ...trust, "--allow-basis", "grant");
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      [
        "  Decision   none",
        "  Grant      grt_lunch, use 3 of 5 until 2026-11-27T09:00:00.000Z, used at 2026-11-20T09:15:01.000Z:",
        "             the tool transfer of srv_bank, for agt_release-bot, under the rule payments",
        "             /amount: a number from 0 to 50",
        "             /a~1b~0c: null",
        "             /memo: anything",
        '             /tags: ["a",1]',
        '             /to: "Ada"',
        `             given with apr_${"A".repeat(32)} at 2026-11-20T09:10:00.000Z: bank.transfer`,
        "  Given      approved by alex (usr_alex) at 2026-11-20T09:05:00.000Z",
        "             comment: As every week.",
        `             key SHA-256 ${keyFingerprint(world.passkeys.alex.publicKey)}`,
        "  Ended      2026-11-20T09:15:02.000Z, by a grant, without a person",
        "",
      ].join("\n"),
    );
    expect(stdout).toContain("No passkey signed this. Those that gave the grant are as enrolled by this operator;");
    const json = await verify("granted.json", ...trust, "--allow-basis", "grant", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      basis: "grant",
      grant: null,
      passed_by: {
        grant: { id: "grt_lunch", uses: 5 },
        use: 3,
        used_at: "2026-11-20T09:15:01.000Z",
        arguments_compared: true,
        given: { ended_at: "2026-11-20T09:10:00.000Z", decisions: [{ person: { id: "usr_alex" }, comment: "As every week." }] },
      },
    });
  });

  it("compares what a grant let pass with a payload that the receipt does not hold any more", async () => {
    const bare = { payload: null, type: "countersign/receipt-without-payload@v2" };
    const judge = async (args: (given: object) => void, ...options: string[]) => {
      const { receipt } = await makeGrantReceipt(world, { args });
      writeFileSync(join(folder, "granted-payload.json"), JSON.stringify(receipt.payload));
      writeFileSync(join(folder, "bare-granted.json"), JSON.stringify({ ...receipt, ...bare }));
      const { stdout } = await verify("bare-granted.json", ...trust, "--allow-basis", "grant", ...options);
      return stdout;
    };
    const given = ["--payload", "granted-payload.json"];
    const covered = () => {};
    const uncovered = (args: object) => Object.assign(args, { amount: 51 });
    expect(await judge(covered)).toContain("Not compared with the payload, which is not in this receipt; --payload compares it.\n");
    expect(await judge(uncovered)).toMatch(/^Valid: approved\.\n/);
    const compared = await judge(covered, ...given);
    expect(compared).not.toContain("Not compared");
    expect(compared).toContain("not in this receipt: not kept any more");
    expect(await judge(uncovered, ...given)).toBe(
      "Not valid: statement_mismatch\nThe grant does not cover this: /amount is not a number from 0 to 50.\n",
    );
  });

  it("tells what else an approval lets pass", async () => {
    const { receipt } = await makeGrantReceipt(world);
    writeFileSync(join(folder, "granting.json"), JSON.stringify(receipt.grant?.receipt));
    const { stdout } = await verify("granting.json", ...trust);
    expect(stdout).toContain("  Grant      grt_lunch, lets more pass 5 times, until 2026-11-27T09:00:00.000Z:\n");
    expect(stdout).toContain("             /amount: a number from 0 to 50\n");
    expect(JSON.parse((await verify("granting.json", ...trust, "--json")).stdout)).toMatchObject({
      grant: { id: "grt_lunch", fixed: expect.arrayContaining([{ pointer: "/to", value: "Ada" }]) },
      passed_by: null,
    });
  });

  it("tells who could decide since when, what the gate has run, and the agent's words", async () => {
    const { text } = await makePolicyReceipt(world, {
      status: "approved",
      decisions: [
        { by: "alex", verdict: "denied" },
        { by: "blair", verdict: "approved" },
      ],
      outcome: "failed",
      detail: "Timed out.",
      request: ({ context }) => (context.source = "call"),
    });
    writeFileSync(join(folder, "escalated.json"), text);
    const { exitCode, stdout } = await verify("escalated.json", ...trust);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("approved by blair (usr_blair) at 2026-11-20T09:06:00.000Z\n");
    expect(stdout).toContain("who may decide since 2026-11-20T09:06:00.000Z\n");
    expect(stdout).toContain("Risk       high (45)\n");
    expect(stdout).toContain("Call       run by the gate itself, not by the agent\n");
    expect(stdout).toContain("Outcome    failed, reported at 2026-11-20T09:21:00.000Z\n             Timed out.\n");
  });

  it("tells of what the gate has run without any policy, and what came back", async () => {
    const { text } = await makePolicyReceipt(world, {
      status: "approved",
      outcome: "succeeded",
      detail: `{"bytes":14,"result_hash":"${"ab".repeat(32)}"}`,
      request: (request) => {
        request.context = { source: "call", server: { id: "srv_github", name: "github" }, tool: "merge_pull_request" };
        request.policy = { version: 0, rule: "default", hash: DEFAULT_POLICY.hash };
        request.action = "github.merge_pull_request";
      },
      receipt: (receipt) => (receipt.policy = null),
    });
    writeFileSync(join(folder, "called.json"), text);
    const { exitCode, stdout } = await verify("called.json", ...trust);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Call       run by the gate itself, not by the agent\n");
    expect(stdout).toContain(
      `Outcome    succeeded, reported at 2026-11-20T09:21:00.000Z\n             result SHA-256 ${"ab".repeat(32)}, 14 bytes\n`,
    );
    expect(stdout).not.toContain("Rule  ");
    expect(JSON.parse((await verify("called.json", ...trust, "--json")).stdout)).toMatchObject({
      valid: true,
      run_by_the_gate: true,
      policy_version: 0,
      outcome: { detail: `{"bytes":14,"result_hash":"${"ab".repeat(32)}"}` },
    });
  });

  it.each<Status>(["approved", "denied", "expired", "cancelled"])("exits 0 for a valid receipt: %s", async (status) => {
    const { exitCode, stdout, stderr } = await verify(`${status}.json`, ...trust);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Valid: ${status}\\.\n`));
    expect(stdout).toContain("Deploy api to production");
    expect(stderr).toBe("");
  });

  it.each([
    [0, "approved.json"],
    [1, "payload.json"],
    [2, "nowhere.json"],
  ])("as a process ends with %i and prints to the same streams", async (exitCode, file) => {
    const ended = await countersign("verify", file, ...trust);
    expect(ended.exitCode).toBe(exitCode);
    expect(ended).toEqual(await verify(file, ...trust));
  });

  it("says on whose word the passkeys are somebody's", async () => {
    const fingerprint = keyFingerprint(world.passkeys.alex.publicKey);
    expect((await verify("approved.json", ...trust)).stdout).toContain("as enrolled by this operator");
    const named = await verify(
      "approved.json",
      ...trust,
      "--approver",
      `usr_alex=${"0".repeat(64)}`,
      "--approver",
      `usr_alex=${fingerprint}`,
    );
    expect(named).toMatchObject({ exitCode: 0, stderr: "" });
    expect(named.stdout).toContain("those that you named");
    expect(named.stdout).not.toContain("as enrolled by this operator");
    expect(await verify("approved.json", ...trust, "--approver", `usr_blair=${fingerprint}`)).toMatchObject({ exitCode: 1 });
  });

  it("reads no file further than any receipt goes, whatever size the file says it has", async () => {
    writeFileSync(join(folder, "large.json"), "");
    truncateSync(join(folder, "large.json"), 4 * 1024 ** 3);
    const refusal = `Not valid: malformed\nThe receipt is larger than 8388608 bytes, which none is.\n`;
    expect(await verify("large.json", ...trust)).toMatchObject({ exitCode: 1, stdout: refusal });
    expect(await verify("/dev/zero", ...trust, "--json")).toMatchObject({ exitCode: 1 });
    for (const option of ["--payload", "--policy"]) {
      const { exitCode, stderr } = await verify("approved.json", ...trust, option, "/dev/zero");
      expect(exitCode).toBe(2);
      expect(stderr).toContain("is larger than 8388608 bytes");
    }
  });

  it("of a receipt without its payload says so, and compares the one of a file with what was signed", async () => {
    const withoutPayload = (receipt: Receipt) =>
      void Object.assign(receipt, { type: "countersign/receipt-without-payload@v1", payload: null });
    await write("without.json", { status: "approved", receipt: withoutPayload });
    const bare = await verify("without.json", ...trust);
    expect(bare).toMatchObject({ exitCode: 0, stderr: "" });
    expect(bare.stdout).toMatch(/\n {2}Payload {4}SHA-256 [0-9a-f]{64}\n {13}not in this receipt: not kept any more\n/);
    expect((await verify("approved.json", ...trust)).stdout).not.toContain("not in this receipt");
    expect(JSON.parse((await verify("without.json", ...trust, "--json")).stdout)).toMatchObject({ valid: true, payload_kept: false });
    expect(JSON.parse((await verify("approved.json", ...trust, "--json")).stdout)).toMatchObject({ valid: true, payload_kept: true });

    const same = await verify("without.json", ...trust, "--payload", "payload.json");
    expect([same.exitCode, same.stdout.includes("the same as in the file")]).toEqual([0, true]);
    writeFileSync(join(folder, "another.json"), JSON.stringify({ ...PAYLOAD, replicas: 4 }));
    expect(await verify("without.json", ...trust, "--payload", "another.json")).toMatchObject({
      exitCode: 1,
      stdout: "Not valid: payload_mismatch\nThe file is not the payload that was decided on.\n",
    });
  });

  it("compares the payload with a file", async () => {
    const same = await verify("approved.json", ...trust, "--payload", "payload.json");
    expect(same.exitCode).toBe(0);
    expect(same.stdout).toContain("the same as in the file");
    for (const content of [JSON.stringify({ ...PAYLOAD, replicas: 4 }), "[]", "not JSON", '{"service":"api","service":"api"}', "\xff"]) {
      writeFileSync(join(folder, "other.json"), content, "latin1");
      const other = await verify("approved.json", ...trust, "--payload", "other.json");
      expect(other.exitCode).toBe(1);
      expect(other.stdout).toMatch(/^Not valid: payload_mismatch\n[^\n]+\.\n$/);
    }
  });

  it("exits 1 with the code of the first check that failed, and one sentence", async () => {
    await write("swapped.json", { status: "approved", receipt: (receipt) => Object.assign(receipt.payload ?? {}, { replicas: 30 }) });
    expect(await verify("swapped.json", ...trust)).toEqual({
      exitCode: 1,
      stdout: "Not valid: payload_mismatch\nThe payload is not the one that the request commits to.\n",
      stderr: "",
    });
    expect((await verify("approved.json", "--vkey", world.trust.vkey, "--origin", "https://gate.example.org")).stdout).toMatch(
      /^Not valid: assertion_invalid\n/,
    );
    const otherKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    expect((await verify("approved.json", "--vkey", otherKey, "--origin", ORIGIN)).stdout).toMatch(/^Not valid: checkpoint_invalid\n/);
  });

  it("asks for the witnesses of a policy, which may name the log too", async () => {
    for (const given of [
      [...trust, "--policy", "witnesses.txt"],
      [...trust, "--policy", "policy.txt"],
      ["--origin", ORIGIN, "--policy", "policy.txt"],
    ]) {
      const seen = await verify("witnessed.json", ...given);
      expect(seen).toMatchObject({ exitCode: 0, stderr: "" });
      expect(seen.stdout).toContain("witness.example.com/w1 at 2026-11-20T11:30:00.000Z");
      expect(seen.stdout).toContain("and of the witnesses in the policy.");
      expect(await verify("approved.json", ...given)).toEqual({
        exitCode: 1,
        stdout: "Not valid: witnesses_missing\nThe checkpoint is not cosigned by as many witnesses as the policy asks for.\n",
        stderr: "",
      });
    }
    expect((await verify("witnessed.json", ...trust)).stdout).not.toContain("witness");
    expect(JSON.parse((await verify("witnessed.json", ...trust, "--policy", "policy.txt", "--json")).stdout)).toMatchObject({
      valid: true,
      witnesses: [{ name: "witness.example.com/w1", time: 1_795_174_200 }],
    });
  });

  it.each([
    ["an empty file", Buffer.alloc(0)],
    ["text", Buffer.from("hello")],
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0x7d])],
    ["another document", Buffer.from('{"type":"countersign/request@v1"}')],
  ])("exits 1 for a file that is no receipt: %s", async (_, content) => {
    writeFileSync(join(folder, "readable"), content);
    const { exitCode, stdout } = await verify("readable", ...trust);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^Not valid: malformed\n/);
  });

  it("gives JSON to programs", async () => {
    await write("used.json", { status: "approved", outcome: "succeeded" });
    const valid = await verify("used.json", ...trust, "--json");
    expect(valid.exitCode).toBe(0);
    expect(JSON.parse(valid.stdout)).toMatchObject({
      valid: true,
      status: "approved",
      ended_by: "passkeys",
      decisions: [
        { person: { id: "usr_alex", username: "alex" }, verdict: "approved", comment: "Checked the change list.", comment_erased: false },
      ],
      redeemed: { at: "2026-11-20T09:20:00.000Z", by: { id: "agt_release-bot" } },
      outcome: { status: "succeeded" },
      keys: "as enrolled by this operator",
      log: { origin: "gate.example.com/log", index: 5, size: 9 },
    });
    const invalid = await verify("used.json", "--vkey", world.trust.vkey, "--origin", "https://other.example", "--json");
    expect(invalid.exitCode).toBe(1);
    expect(JSON.parse(invalid.stdout)).toMatchObject({ valid: false, code: "assertion_invalid" });
  });

  it("lets no text of a receipt act upon the terminal", async () => {
    const hostile = "\u001b[2J\u202egnol\u200b \u009b1m pаypal\nValid: denied.";
    await write("hostile.json", {
      status: "approved",
      decisions: [{ by: "alex", verdict: "approved", comment: hostile }],
      request: (request) =>
        Object.assign(request, { action: hostile, reason: hostile, requested_by: { ...request.requested_by, name: hostile } }),
    });
    const shown = await verify("hostile.json", ...trust);
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e]/);
    expect(shown.stdout).not.toMatch(/^Valid: denied/m);
    expect(shown.stdout).toContain("[U+202E]");
    expect((await verify("hostile.json", ...trust, "--json")).stdout).toMatch(/^[\n\x20-\x7e]*$/);
    writeFileSync(join(folder, "name.json"), JSON.stringify({ [hostile]: 1 }));
    expect((await verify("name.json", ...trust)).stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e]/);
  });

  const usage = (begins: string) => new RegExp(`^countersign.*: .+\\n\\nUsage: countersign ${begins} `);

  it.each<[string, (complete: string[]) => string[]]>([
    ["no command", () => []],
    ["another command", (complete) => ["verity", ...complete]],
    ["a command of every object", () => ["constructor"]],
  ])("exits 2, and lists the commands, with %s", async (_, args) => {
    const { exitCode, stdout, stderr } = await countersign(...args(["approved.json", ...trust]));
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(usage("COMMAND"));
    expect(stderr).toContain("--help says more");
    expect(stderr).not.toContain("Options:");
  });

  it.each<[string, (complete: string[]) => string[]]>([
    ["no receipt", () => [...trust]],
    ["two receipts", (complete) => [...complete, "denied.json"]],
    ["a receipt that is not there", () => ["nowhere.json", ...trust]],
    ["a folder", () => [".", ...trust]],
    ["no key", () => ["approved.json", "--origin", ORIGIN]],
    ["no origin", () => ["approved.json", "--vkey", world.trust.vkey]],
    ["a key that is none", () => ["approved.json", "--vkey", "key", "--origin", ORIGIN]],
    ["an origin that is none", () => ["approved.json", "--vkey", world.trust.vkey, "--origin", "gate.example.com"]],
    ["an unknown flag", (complete) => [...complete, "--force"]],
    ["a flag without its value", () => ["approved.json", "--origin", ORIGIN, "--vkey"]],
    ["a payload that is not there", (complete) => [...complete, "--payload", "nowhere.json"]],
    ["an approver without a key", (complete) => [...complete, "--approver", "usr_alex"]],
    ["an approver by name", (complete) => [...complete, "--approver", `alex=${"0".repeat(64)}`]],
    ["a policy that is not there", (complete) => [...complete, "--policy", "nowhere.txt"]],
    ["a policy that is none", (complete) => [...complete, "--policy", "payload.json"]],
    ["a policy that lists other logs", (complete) => [...complete, "--policy", "other-log.txt"]],
    ["no key, and a policy that lists no log", () => ["approved.json", "--origin", ORIGIN, "--policy", "witnesses.txt"]],
  ])("exits 2, and says why and how the usage begins, with %s", async (_, args) => {
    const { exitCode, stdout, stderr } = await verify(...args(["approved.json", ...trust]));
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(usage("verify RECEIPT --vkey KEY --origin URL"));
    expect(stderr).toContain("--help says more");
    expect(stderr).not.toContain("Options:");
  });

  it("explains itself", async () => {
    const overview = await countersign("--help");
    expect(overview).toMatchObject({ exitCode: 0, stderr: "" });
    expect(overview.stdout).toContain("countersign verify RECEIPT --vkey KEY --origin URL [options]\n    Verifies a receipt offline.\n");
    expect(overview.stdout.match(/^ {4}[A-Z].*\.$/gm)).toHaveLength(overview.stdout.match(/^countersign [a-z-]+(?: |$)/gm)?.length ?? 0);
    expect((await countersign("verify", "--help")).stdout).toContain("Usage: countersign verify");
  });
});
