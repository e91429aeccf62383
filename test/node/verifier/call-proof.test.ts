/** The proof of one call: the golden one holds, and whatever is changed in it is found. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { type CallProof, parseCallProof, verifyCallProof } from "#countersign/call-verifier.ts";
import { verifyCallCommand } from "#countersign/cli/verify/verify-call.ts";
import { MAX_CALL_PROOF_BYTES } from "#countersign/documents/call-proof.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { parsePolicy } from "#countersign/tlog/witness-policy.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { makeWorld, type World } from "#test/support/documents/sealed-receipt.ts";
import golden from "#test/vectors/call-proof.json" with { type: "json" };
import trust from "#test/vectors/trust.json" with { type: "json" };
import witnesses from "#test/vectors/witnesses.json" with { type: "json" };

const FILE = fileURLToPath(new URL("../../vectors/call-proof.json", import.meta.url));
const text = readFileSync(FILE, "utf8");

const changed = (change: (proof: CallProof) => void): string => {
  const copy = structuredClone(golden) as CallProof;
  change(copy);
  return JSON.stringify(copy);
};

async function judged(content: string, vkey = trust.vkey): Promise<string> {
  const proof = parseCallProof(content);
  if (!proof.ok) return proof.refusal.code;
  const verified = await verifyCallProof(proof.value, { vkey });
  return verified.ok ? "valid" : verified.refusal.code;
}

describe("the proof of a call", () => {
  it("holds, and says which call it is, in which batch and where in the log", async () => {
    const proof = parseCallProof(text);
    if (!proof.ok) throw new Error(proof.refusal.message);
    expect(proof.value).toEqual(golden);
    expect(await verifyCallProof(proof.value, { vkey: trust.vkey })).toEqual({
      ok: true,
      value: {
        call: golden.call,
        batch: { from: 5, to: 9, at: golden.leaf.record.at },
        log: { origin: "gate.example.com/log", size: 7, root: expect.stringMatching(/^[0-9a-f]{64}$/) as string, index: 4 },
        witnesses: null,
      },
    });
  });

  it.each<[string, string, (proof: CallProof) => void]>([
    ["what the call says", "not_included", ({ call }) => (call.status = "succeeded")],
    ["its arguments", "not_included", ({ call }) => (call.arguments_hash = "0".repeat(64))],
    ["its agent's name", "not_included", ({ call }) => (call.agent.name = "other")],
    ["its salt", "not_included", (proof) => (proof.salt = b64u(new Uint8Array(32)))],
    ["a hash beside its way", "not_included", ({ path }) => (path[0] = "0".repeat(64))],
    ["a way that is too short", "not_included", ({ path }) => void path.pop()],
    ["a way that is too long", "not_included", ({ path }) => void path.push("0".repeat(64))],
    ["another agent", "call_mismatch", ({ call }) => (call.agent.id = "agt_other")],
    ["another number in the batch", "call_mismatch", ({ call }) => (call.number = 6)],
    ["another number and its place", "not_included", (proof) => ((proof.call.number = 6), (proof.index = 1))],
    ["a number beyond the batch", "call_mismatch", (proof) => ((proof.call.number = 10), (proof.index = 5), (proof.size = 6))],
    ["a number before the batch", "call_mismatch", ({ call }) => (call.number = 4)],
    ["another place", "call_mismatch", (proof) => (proof.index = 1)],
    ["another number of calls", "call_mismatch", (proof) => (proof.size = 6)],
    ["the batch's root", "not_included", ({ leaf }) => (leaf.record.root = "0".repeat(64))],
    ["the batch's end", "not_included", (proof) => ((proof.leaf.record.to = 10), (proof.size = 6))],
    ["the leaf's salt", "not_included", ({ leaf }) => (leaf.salt = b64u(new Uint8Array(32)))],
    ["the leaf's log", "not_included", ({ leaf }) => (leaf.record.log = "gate.example.com/log/2")],
    ["the leaf's place", "not_included", ({ leaf }) => (leaf.proof = leaf.proof.replace("index 4", "index 3"))],
    ["a proof that is none", "not_included", ({ leaf }) => (leaf.proof = "x")],
    ["a checkpoint that is no note", "checkpoint_invalid", ({ leaf }) => (leaf.proof = leaf.proof.replace(/— .*/, "x"))],
    ["the log's size", "checkpoint_invalid", ({ leaf }) => (leaf.proof = leaf.proof.replace("log\n7\n", "log\n8\n"))],
    ["the log's signature", "checkpoint_invalid", ({ leaf }) => (leaf.proof = leaf.proof.replace(/(— \S+ \S{20})./, "$1+"))],
    ["a member more", "malformed", (proof) => Object.assign(proof, { more: 1 })],
    ["a member less", "malformed", (proof) => Reflect.deleteProperty(proof, "size")],
    ["another kind of leaf", "malformed", ({ leaf }) => Object.assign(leaf.record, { kind: "agent.created" })],
    ["another type", "malformed", (proof) => Object.assign(proof, { type: "countersign/call-proof@v2" })],
  ])("does not hold with %s", async (_, code, change) => {
    expect(await judged(changed(change))).toBe(code);
  });

  it("does not hold under another log's key", async () => {
    const other: World = await makeWorld(new Uint8Array(32).fill(5));
    expect(await judged(text, other.trust.vkey)).toBe("checkpoint_invalid");
  });

  it("that witnesses have to have seen does not hold without them", async () => {
    const policy = parsePolicy(witnesses.receipt_policy);
    const proof = parseCallProof(text);
    if (!proof.ok) throw new Error(proof.refusal.message);
    if (!policy.ok) throw new Error(policy.refusal.message);
    const verified = await verifyCallProof(proof.value, { policy: policy.value });
    expect(verified.ok ? "valid" : verified.refusal.code).toBe("witnesses_missing");
  });

  it.each(["", "{", '{"type":"countersign/call-proof@v1"}', " ".repeat(MAX_CALL_PROOF_BYTES + 1)])("is no %#", async (content) => {
    expect(await judged(content)).toBe("malformed");
  });
});

describe("countersign verify-call", () => {
  const run = (...args: string[]) => runCommand(verifyCallCommand, args, "/");
  let words: string;
  beforeAll(async () => {
    words = (await run(FILE, "--vkey", trust.vkey, "--origin", trust.origin)).stdout;
  });

  it("says what is proven, and on whose word", () => {
    expect(words).toMatch(/^Valid: pending_approval\.\n/);
    expect(words).toContain("Call       7 of release-bot (agt_release-bot) at 2026-11-20T09:30:02.000Z\n");
    expect(words).toContain("Tool       merge_pull_request of github (srv_github), tools/call\n");
    expect(words).toContain(`Request    ${golden.call.request}, by which people were asked\n`);
    expect(words).toContain("Marked     secret\n");
    expect(words).toContain("Result     not known\n");
    expect(words).toContain("Batch      calls 5 to 9, logged at 2026-11-20T09:57:00.000Z\n");
    expect(words).toContain("What the call says is the gate's own word.");
  });

  it("says it to programs", async () => {
    const { exitCode, stdout } = await run(FILE, "--vkey", trust.vkey, "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: true,
      call: golden.call,
      batch: { from: 5, to: 9 },
      log: { index: 4 },
      witnesses: null,
    });
  });

  it("exits 1 for what does not hold, or is of another service", async () => {
    const other = await run(FILE, "--vkey", trust.vkey, "--origin", "https://gate.example.org");
    expect([other.exitCode, other.stdout]).toEqual([
      1,
      "Not valid: checkpoint_invalid\nThe log is gate.example.com/log, which is not named after gate.example.org.\n",
    ]);
    const none = await run(fileURLToPath(import.meta.url), "--vkey", trust.vkey, "--json");
    expect([none.exitCode, JSON.parse(none.stdout)]).toMatchObject([1, { valid: false, code: "malformed" }]);
  });

  it.each([
    ["no proof", ["--vkey", trust.vkey], "name one proof"],
    ["no key", [FILE], "--vkey is missing"],
    ["a key that is none", [FILE, "--vkey", "x"], "the log key is not"],
    ["an origin that is none", [FILE, "--vkey", trust.vkey, "--origin", "gate.example.com"], "the origin is not"],
    ["an origin with a path", [FILE, "--vkey", trust.vkey, "--origin", "https://gate.example.com/log"], "the origin is not"],
    ["a file that is not there", ["/nowhere", "--vkey", trust.vkey], "there is no such file"],
    ["an option that there is not", [FILE, "--vkey", trust.vkey, "--approver", "x"], "approver"],
  ])("exits 2 with %s", async (_, args, complaint) => {
    const { exitCode, stderr } = await run(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(complaint);
  });
});
