/** SEP-2672's hashes as vectors, written from its text; and the proof of a challenge: the golden one holds, and whatever is changed in it is found. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyChallengeCommand } from "#countersign/cli/verify/verify-challenge.ts";
import { b64u, fromB64u, fromHex, hex } from "#countersign/encoding/bytes.ts";
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import { type ChallengeProof, MAX_CHALLENGE_PROOF_BYTES, parseChallengeProof } from "#countersign/verified/challenge-proof.ts";
import { verifyChallengeProof } from "#countersign/verified/challenge-verifier.ts";
import { actionHash, actionOfChallenge, challengeOver, isOfClass } from "#countersign/verified/verified-approval.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import vector from "#test/vectors/verified-approval.json" with { type: "json" };

const ARGS = vector.arguments as JsonObject;
const golden = vector.proof as unknown as ChallengeProof;

describe("what is signed", () => {
  it.each(vector.actions)("of $tool for $audience", ({ tool, arguments: args, canonical, audience, action_hash: expected }) => {
    expect(canonicalize(args as unknown as JsonObject)).toBe(canonical);
    expect(hex(actionHash(tool, canonical, audience))).toBe(expected);
  });

  it("is 32 random bytes, and then the hash", () => {
    const [nonce, action] = [fromHex(vector.challenge.nonce), fromHex(vector.challenge.action_hash)];
    if (nonce === null || action === null) throw new Error("no hexadecimal");
    expect(b64u(challengeOver(nonce, action))).toBe(vector.challenge.challenge);
    const challenge = fromB64u(vector.challenge.challenge);
    expect(challenge).toHaveLength(64);
    expect(hex(actionOfChallenge(challenge ?? new Uint8Array()))).toBe(vector.challenge.action_hash);
  });

  it.each(vector.classes)("a passkey of $transports is of $class: $eligible", ({ class: wanted, transports, eligible }) => {
    expect(isOfClass(wanted as "platform" | "cross-platform", transports)).toBe(eligible);
  });
});

const changed = (change: (proof: ChallengeProof) => void): string => {
  const copy = structuredClone(golden);
  change(copy);
  return JSON.stringify(copy);
};

async function judged(content: string, args: JsonObject | null = ARGS, trust = vector.trust): Promise<string> {
  const proof = parseChallengeProof(content);
  if (!proof.ok) return proof.refusal.code;
  const verified = await verifyChallengeProof(proof.value, args, trust);
  return verified.ok ? "valid" : verified.refusal.code;
}

describe("the proof of a challenge", () => {
  it("holds, with the arguments and without, which it says", async () => {
    const verified = await verifyChallengeProof(golden, ARGS, vector.trust);
    expect(verified).toMatchObject({
      ok: true,
      value: {
        tool: "delete_branch",
        argumentsChecked: true,
        person: { id: "usr_alex", username: "alex" },
        log: { origin: "gate.example.com/log", size: 3, index: 2 },
        witnesses: null,
      },
    });
    expect(await verifyChallengeProof(golden, null, vector.trust)).toMatchObject({ ok: true, value: { argumentsChecked: false } });
  });

  it.each<[string, string, (proof: ChallengeProof) => void]>([
    ["another hash of arguments", "arguments_mismatch", ({ consumed }) => (consumed.record.arguments_hash = "0".repeat(64))],
    ["another tool", "challenge_mismatch", ({ consumed }) => (consumed.record.tool = "list_branches")],
    ["another agent", "challenge_mismatch", ({ consumed }) => (consumed.record.agent.id = "agt_other")],
    ["another server", "challenge_mismatch", ({ consumed }) => (consumed.record.server.id = "srv_other")],
    [
      "another nonce",
      "assertion_invalid",
      ({ consumed: { record } }) => {
        const bytes = fromB64u(record.challenge) ?? new Uint8Array();
        bytes[0] = 0xff ^ (bytes[0] ?? 0);
        record.challenge = b64u(bytes);
      },
    ],
    ["another signature", "assertion_invalid", ({ consumed }) => (consumed.record.assertion.signature = "AAAA")],
    ["another key", "assertion_invalid", ({ passkey }) => (passkey.record.credential.public_key = "AAAA")],
    ["another passkey's enrolment", "not_enrolled", ({ passkey }) => (passkey.record.credential.id = "AAAA")],
    ["another kind of passkey", "not_enrolled", ({ passkey }) => (passkey.record.credential.backup_eligible = true)],
    ["an enrolment after it", "not_enrolled", ({ passkey }) => (passkey.record.at = "2026-11-20T09:30:00.001Z")],
    ["another name", "not_included", ({ passkey }) => (passkey.record.person.username = "blair")],
    ["another name of the agent", "not_included", ({ consumed }) => (consumed.record.agent.name = "other")],
    ["another salt", "not_included", ({ consumed }) => (consumed.salt = b64u(new Uint8Array(32)))],
    ["another log", "not_included", ({ consumed }) => (consumed.record.log = "other.example.com/log")],
    ["another place", "not_included", ({ consumed }) => (consumed.proof = consumed.proof.replace("index 2", "index 1"))],
    ["no checkpoint", "malformed", ({ consumed }) => (consumed.proof = "")],
    ["a checkpoint of somebody else", "not_included", ({ passkey }) => (passkey.proof = passkey.proof.replace("\n3\n", "\n4\n"))],
    ["one member more", "malformed", (proof) => Object.assign(proof, { more: 1 })],
    ["another type", "malformed", (proof) => Object.assign(proof, { type: "countersign/challenge-proof@v2" })],
    ["another kind of record", "malformed", (proof) => Object.assign(proof.consumed, { record: proof.passkey.record })],
  ])("with %s is refused: %s", async (_what, code, change) => {
    expect(await judged(changed(change))).toBe(code);
  });

  it("of other arguments, another gate or another log key is refused", async () => {
    expect(await judged(JSON.stringify(golden), { id: 8 })).toBe("arguments_mismatch");
    const elsewhere = { ...vector.trust, origin: "https://other.example.com" };
    expect(await judged(JSON.stringify(golden), ARGS, elsewhere)).toBe("challenge_mismatch");
    expect(await judged(JSON.stringify(golden), null, elsewhere)).toBe("assertion_invalid");
    const signed = golden.consumed.proof.split("\n");
    const note = signed.map((line) => (line.startsWith("— ") ? `${line.slice(0, -8)}AAAAAAA=` : line)).join("\n");
    const unsigned = changed((proof) => {
      proof.consumed.proof = note;
      proof.passkey.proof = proof.passkey.proof.replace(
        golden.consumed.proof.split("\n\n").slice(1).join("\n\n"),
        note.split("\n\n").slice(1).join("\n\n"),
      );
    });
    expect(await judged(unsigned)).toBe("checkpoint_invalid");
  });

  it.each(["", "{", "[]", " ".repeat(MAX_CHALLENGE_PROOF_BYTES + 1)])("is no %#", async (content) => {
    expect(await judged(content)).toBe("malformed");
  });

  it("is not checked under a trust that cannot be used", async () => {
    await expect(verifyChallengeProof(golden, null, { ...vector.trust, origin: "gate" })).rejects.toThrow(TypeError);
  });
});

describe("countersign verify-challenge", () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "verify-challenge-"));
    await writeFile(file("proof.json"), JSON.stringify(golden));
    await writeFile(file("arguments.json"), JSON.stringify(ARGS));
    await writeFile(file("other.json"), '{"id":8}');
  });
  afterAll(() => rm(folder, { recursive: true }));
  const trusting = ["--vkey", vector.trust.vkey, "--origin", vector.trust.origin];
  const run = (...args: string[]) => runCommand(verifyChallengeCommand, args, "/");

  it("says who approved what, and whether the arguments were looked at", async () => {
    const { exitCode, stdout } = await run(file("proof.json"), ...trusting, "--arguments", file("arguments.json"));
    expect([exitCode, stdout.split("\n")[0]]).toEqual([0, "Valid: alex approved this call with a passkey."]);
    expect(stdout).toContain("these are what was signed");
    expect(stdout).toContain("is part of no quorum");
    expect((await run(file("proof.json"), ...trusting)).stdout).toContain("what was signed is the gate's word");
  });

  it("tells programs the same", async () => {
    const { stdout } = await run(file("proof.json"), ...trusting, "--json");
    expect(JSON.parse(stdout)).toMatchObject({ valid: true, tool: "delete_branch", arguments_checked: false });
    const refused = await run(file("proof.json"), ...trusting, "--json", "--arguments", file("other.json"));
    expect([refused.exitCode, JSON.parse(refused.stdout)]).toMatchObject([1, { valid: false, code: "arguments_mismatch" }]);
  });

  it.each([[[]], [["a", "b"]], [["proof.json"]], [["proof.json", "--vkey", "x", "--origin", "https://gate.example.com"]]])(
    "is unusable with %j",
    async (args) => {
      expect((await run(...args)).exitCode).toBe(2);
    },
  );
});
