/** Receipts under a witness policy: the last check, made only if there is one. */
import { beforeAll, describe, expect, it } from "vitest";
import { sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { type Cosigner, makeCosigner, makeWitnessVkey } from "#countersign/tlog/cosignature.ts";
import { makeSigner, makeVkey, signNote } from "#countersign/tlog/note.ts";
import { parsePolicy, type WitnessPolicy } from "#countersign/tlog/witness-policy.ts";
import { parseProof } from "#countersign/tlog/proof.ts";
import { checksUnder, type ReceiptFailureCode, type Trust, trustProblem, verifyReceipt } from "#countersign/verifier.ts";
import {
  COSIGNED_AT,
  LOG_ORIGIN,
  makeReceipt,
  makeWorld,
  ORIGIN,
  type Recipe,
  type World,
} from "#test/support/documents/sealed-receipt.ts";

let world: World;
let one: Cosigner;
let two: Cosigner;
let three: Cosigner;
let twoOfThree: WitnessPolicy;
beforeAll(async () => {
  world = await makeWorld();
  const cosigner = (name: string) => makeCosigner(`${name}.example`, sha256(utf8(name)));
  [one, two, three] = await Promise.all([cosigner("one"), cosigner("two"), cosigner("three")]);
  twoOfThree = policyOf("group enough 2 one two three\nquorum enough\n");
});

/** The three witnesses and these lines, with these logs. */
function policyOf(lines: string, logs: readonly string[] = []): WitnessPolicy {
  const witness = ({ name, publicKey }: Cosigner) => `witness ${name.replace(".example", "")} ${makeWitnessVkey(name, publicKey)}\n`;
  const policy = parsePolicy([...logs.map((vkey) => `log ${vkey}\n`), ...[one, two, three].map(witness), lines].join(""));
  if (!policy.ok) throw new Error(policy.refusal.message);
  return policy.value;
}

const approvedWith = (...cosigners: Cosigner[]): Recipe => ({ status: "approved", cosigners });

async function judge(recipe: Recipe, trust: Partial<Trust> = { policy: twoOfThree }) {
  const { receipt } = await makeReceipt(world, recipe);
  const held: ReceiptFailureCode[] = ["malformed"];
  const whole = { ...world.trust, ...trust };
  const verified = await verifyReceipt(receipt, whole, (check) => held.push(check));
  const checks = checksUnder(whole);
  expect(held).toEqual(verified.ok ? checks : checks.slice(0, checks.indexOf(verified.refusal.code)));
  return verified.ok ? verified.value : verified.refusal.code;
}

/** Changes the checkpoint in every proof. */
const rewritten = (recipe: Recipe, change: (checkpoint: string) => string): Recipe => ({
  ...recipe,
  proof: (proof) => Object.assign(proof, { checkpoint: change(proof.checkpoint) }),
});

describe("a receipt under a witness policy", () => {
  it("needs the quorum's cosignatures, and tells whose there are and when", async () => {
    expect(await judge(approvedWith())).toBe("witnesses_missing");
    expect(await judge(approvedWith(two))).toBe("witnesses_missing");
    expect(await judge(approvedWith(three, one))).toMatchObject({
      status: "approved",
      witnesses: [
        { name: "three.example", timeSeconds: COSIGNED_AT },
        { name: "one.example", timeSeconds: COSIGNED_AT },
      ],
    });
    expect(await judge(approvedWith(one, two, three))).toMatchObject({ status: "approved" });
  });

  it("is valid without one, whatever stands under the checkpoint, and then tells of no witness", async () => {
    for (const recipe of [approvedWith(), approvedWith(one, two)]) {
      const { receipt } = await makeReceipt(world, recipe);
      expect(await verifyReceipt(receipt, world.trust)).toMatchObject({ ok: true, value: { witnesses: null } });
    }
  });

  it("needs nobody if the quorum is none", async () => {
    expect(await judge(approvedWith(), { policy: policyOf("quorum none\n") })).toMatchObject({ witnesses: [] });
    expect(await judge(approvedWith(two), { policy: policyOf("quorum none\n") })).toMatchObject({ witnesses: [{ name: "two.example" }] });
  });

  it("counts a witness once, and no stranger, not even one of a witness's name", async () => {
    const namesake = await makeCosigner("two.example", sha256(utf8("somebody else")));
    const renamed = await makeCosigner("deux.example", sha256(utf8("two")));
    for (const further of [one, namesake, renamed]) expect(await judge(approvedWith(one, further))).toBe("witnesses_missing");
  });

  it("does not take the log's own signature for a witness's, whatever name it signs under", async () => {
    const signer = await makeSigner("two.example", sha256(utf8("two")));
    const withLogSignature = rewritten(approvedWith(one), (checkpoint) => checkpoint + lineOf(signed));
    const { receipt } = await makeReceipt(world, approvedWith(one));
    const proof = parseProof(receipt.final.proof);
    const signed = await signNote(proof.ok ? textOf(proof.value.checkpoint) : "", [signer]);
    expect(await judge(withLogSignature)).toBe("witnesses_missing");
  });

  it("is refused if a listed witness's signature does not hold, even where the others are enough", async () => {
    const broken = (checkpoint: string) => checkpoint.replace(/(?<=— two\.example .{40})./, (digit) => (digit === "A" ? "B" : "A"));
    expect(await judge(rewritten(approvedWith(one, two, three), broken))).toBe("witnesses_missing");
    expect(await judge(rewritten(approvedWith(one, two, three), broken), { policy: policyOf("quorum none\n") })).toBe("witnesses_missing");
  });

  it("is refused if they cosigned another checkpoint of the same log", async () => {
    const { receipt } = await makeReceipt(world, { ...approvedWith(one, two), redeemed: true });
    const other = parseProof(receipt.final.proof);
    const lines = other.ok ? other.value.checkpoint.slice(other.value.checkpoint.indexOf("— one.example")) : "";
    expect(lines).toContain("two.example");
    expect(await judge(rewritten(approvedWith(), (checkpoint) => checkpoint + lines))).toBe("witnesses_missing");
  });

  it("fails at the log's own signature first: witnesses vouch for no key", async () => {
    const signer = await makeSigner(LOG_ORIGIN, sha256(utf8("another log key")));
    expect(await judge({ ...approvedWith(one, two, three), signer })).toBe("checkpoint_invalid");
  });

  const textOf = (checkpoint: string): string => checkpoint.slice(0, checkpoint.lastIndexOf("\n\n") + 1);
  const lineOf = (note: string): string => note.slice(note.lastIndexOf("\n\n") + 2);
});

describe("the logs of a policy", () => {
  it("stand for the log key that was not given, all of them", async () => {
    const other = makeVkey("other.example/log", world.signer.publicKey);
    const rotated = makeVkey(LOG_ORIGIN, sha256(utf8("the key after this one")));
    const { vkey } = world.trust;
    const judgeBy = async (logs: string[]) => {
      const { receipt } = await makeReceipt(world, approvedWith(one));
      const verified = await verifyReceipt(receipt, { origin: ORIGIN, policy: policyOf("quorum one\n", logs) });
      return verified.ok ? verified.value.status : verified.refusal.code;
    };
    expect(await judgeBy([vkey])).toBe("approved");
    expect(await judgeBy([rotated, vkey])).toBe("approved");
    expect(await judgeBy([rotated])).toBe("checkpoint_invalid");
    expect(await judgeBy([other])).toBe("checkpoint_invalid");
  });

  it("do not widen the trust in a log key that was given", async () => {
    const other = await makeSigner(LOG_ORIGIN, sha256(utf8("the key after this one")));
    const policy = policyOf("quorum one\n", [world.trust.vkey, makeVkey(LOG_ORIGIN, other.publicKey)]);
    expect(await judge({ ...approvedWith(one), signer: other }, { policy })).toBe("checkpoint_invalid");
    expect(await judge(approvedWith(one), { policy })).toMatchObject({ status: "approved" });
  });

  it("have to have the log key that was given among them, if there are any", async () => {
    const { vkey } = world.trust;
    const elsewhere = makeVkey("other.example/log", sha256(utf8("elsewhere")));
    expect(trustProblem({ vkey, origin: ORIGIN, policy: policyOf("quorum one\n", [vkey]) })).toBeNull();
    expect(trustProblem({ vkey, origin: ORIGIN, policy: policyOf("quorum one\n") })).toBeNull();
    expect(trustProblem({ vkey, origin: ORIGIN, policy: policyOf("quorum one\n", [elsewhere]) })).toMatch(/none of those in the policy/);
    expect(trustProblem({ origin: ORIGIN, policy: policyOf("quorum one\n") })).toMatch(/no log key/);
    expect(trustProblem({ origin: ORIGIN })).toMatch(/no log key/);
    const { receipt } = await makeReceipt(world, approvedWith(one));
    await expect(verifyReceipt(receipt, { origin: ORIGIN })).rejects.toThrow("no log key");
  });
});
