/** What is changed in the batch of an approval is found: by the offline verifier, and by the command line. The page that verifies is test/e2e/batch/verify.test.tsx. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyCommand } from "#countersign/cli/verify/verify.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { BATCH_CHANGES, withBatchChanged } from "#test/support/documents/batch-changes.ts";
import { makePolicyReceipt } from "#test/support/documents/policy-receipt.ts";
import { makeWorld, ORIGIN, type World } from "#test/support/documents/sealed-receipt.ts";

let folder: string;
let world: World;
let text: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "countersign-batch-"));
  world = await makeWorld();
  ({ text } = await makePolicyReceipt(world, { status: "approved", decisions: [{ by: "alex", verdict: "approved", batched: true }] }));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function isValid(changed: string): Promise<boolean> {
  const receipt = parseReceipt(changed);
  return receipt.ok && (await verifyReceipt(receipt.value, world.trust)).ok;
}

async function verified(changed: string): Promise<number | null> {
  writeFileSync(join(folder, "receipt.json"), changed);
  return (await runCommand(verifyCommand, ["receipt.json", "--vkey", world.trust.vkey, "--origin", ORIGIN], folder)).exitCode;
}

describe("a receipt of an approval under a batch", () => {
  it("is valid as it was made", async () => {
    expect([await isValid(text), await verified(text)]).toEqual([true, 0]);
  });

  it.each(BATCH_CHANGES)("is valid no more with %s", async (change) => {
    const changed = withBatchChanged(text, change);
    expect([await isValid(changed), await verified(changed)]).toEqual([false, 1]);
  });
});
