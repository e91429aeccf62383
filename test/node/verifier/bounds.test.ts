/** A receipt that is larger than any is refused before anything is hashed or verified, and what fits costs no more than it has parts. */
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { makeCosigner, makeWitnessVkey } from "#countersign/tlog/cosignature.ts";
import { sha256, utf8 } from "#countersign/encoding/bytes.ts";
import type { ReceiptV1 } from "#countersign/documents/receipt.ts";
import { parsePolicy } from "#countersign/tlog/witness-policy.ts";
import { MAX_RECEIPT_BYTES, parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { COSIGNED_AT, makeReceipt, makeWorld, type World } from "#test/support/documents/sealed-receipt.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterEach(() => vi.restoreAllMocks());

/** The receipt with something changed, as it is read. */
async function read(change: (receipt: ReceiptV1) => void) {
  const { receipt } = await makeReceipt(world, { status: "approved" });
  change(receipt);
  return parseReceipt(JSON.stringify(receipt));
}
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

describe("a receipt's size", () => {
  const PADDED = (bytes: number, text: string): string => `${text}${" ".repeat(bytes - utf8(text).length)}`;

  it("is 8 MiB at most, in bytes", async () => {
    const { text } = await makeReceipt(world, { status: "approved" });
    expect(parseReceipt(PADDED(MAX_RECEIPT_BYTES, text)).ok).toBe(true);
    const code = "malformed";
    const message = "The receipt is larger than 8388608 bytes, which none is.";
    expect(parseReceipt(PADDED(MAX_RECEIPT_BYTES + 1, text))).toEqual({ ok: false, refusal: { code, message } });
    const wide = text.replace('"comments":[', `"comments":[{"text":"${"ü".repeat(MAX_RECEIPT_BYTES / 2)}","salt":""},`);
    expect(parseReceipt(wide)).toEqual({ ok: false, refusal: { code, message } });
  });

  it("is looked at before its text is", () => {
    const looked = vi.spyOn(RegExp.prototype, "exec");
    expect(parseReceipt("[".repeat(MAX_RECEIPT_BYTES + 1)).ok).toBe(false);
    expect(looked).not.toHaveBeenCalled();
  });
});

describe("a receipt has at most", () => {
  it.each<[string, (receipt: ReceiptV1, count: number) => void, number, string]>([
    [
      "64 slots",
      ({ final }, count) => (final.record.request.quorum = times(count, { name: "slot", required: 1, eligible: ["usr_alex"] })),
      64,
      "final.record.request.quorum",
    ],
    [
      "65,536 people in a slot",
      ({ final }, count) => (final.record.request.quorum = [{ name: "slot", required: 1, eligible: times(count, "usr_a") }]),
      65_536,
      "final.record.request.quorum[0].eligible",
    ],
    [
      "256 decisions",
      ({ final: { record } }, count) => (record.decisions = record.decisions.flatMap((one) => times(count, one))),
      256,
      "final.record.decisions",
    ],
    ["256 enrolments", (receipt, count) => (receipt.passkeys = receipt.passkeys.flatMap((one) => times(count, one))), 256, "passkeys"],
    ["256 comments", (receipt, count) => (receipt.comments = receipt.comments.flatMap((one) => times(count, one))), 256, "comments"],
  ])("%s", async (_, change, most, place) => {
    expect(await read((receipt) => change(receipt, most))).toMatchObject({ ok: true });
    expect(await read((receipt) => change(receipt, most + 1))).toEqual({
      ok: false,
      refusal: { code: "malformed", message: `The receipt does not have its format: ${place}: list of at most ${most}.` },
    });
  });

  it("keys and ids that are as long as any, since each decision looks at its own", async () => {
    const long = (bytes: number) => "A".repeat((bytes / 3) * 4);
    const withKey = (bytes: number) =>
      read(({ passkeys }) => passkeys.forEach(({ record }) => (record.credential.public_key = long(bytes))));
    const withId = (bytes: number) => read(({ passkeys }) => passkeys.forEach(({ record }) => (record.credential.id = long(bytes))));
    const used = (bytes: number) =>
      read(({ final }) => final.record.decisions.forEach((decision) => (decision.credential_id = long(bytes))));
    for (const make of [withKey, withId, used]) {
      expect(await make(1_023)).toMatchObject({ ok: true });
      expect(await make(1_026)).toMatchObject({ ok: false, refusal: { code: "malformed" } });
    }
  });
});

it("as many decisions as fit are verified once each", async () => {
  const receipt = await read(({ final: { record } }) => {
    record.decisions = record.decisions.flatMap((one) => times(256, one));
  });
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  const verify = vi.spyOn(crypto.subtle, "verify");
  await verifyReceipt(receipt.value, world.trust);
  expect(verify.mock.calls.length).toBeLessThanOrEqual(256);
});

it("a witness whose line stands there several times is one witness", async () => {
  const one = await makeCosigner("one.example", sha256(utf8("one")));
  const policy = parsePolicy(`witness one ${makeWitnessVkey(one.name, one.publicKey)}\nquorum one\n`);
  if (!policy.ok) throw new Error(policy.refusal.message);
  const { receipt } = await makeReceipt(world, { status: "approved", cosigners: [one, one, one] });
  const verified = await verifyReceipt(receipt, { ...world.trust, policy: policy.value });
  expect(verified.ok && verified.value.witnesses).toEqual([{ name: "one.example", timeSeconds: COSIGNED_AT }]);
});
