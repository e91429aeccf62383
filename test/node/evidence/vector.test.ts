/** The golden vector of evidence bundles: it was made once, checked by an independent implementation, and never changes. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { utf8 } from "#countersign/encoding/bytes.ts";
import { verifyBundle } from "#countersign/evidence/verify-bundle.ts";
import bundle from "#test/vectors/evidence-bundle.json" with { type: "json" };
import { filesOf } from "#test/support/evidence/logged-evidence.ts";

const { vkey, origin } = bundle;
const files = new Map(Object.entries(bundle.files).map(([name, text]) => [name, utf8(text)]));

test("is as it was", () => {
  const file = readFileSync(new URL("../../vectors/evidence-bundle.json", import.meta.url));
  expect(createHash("sha256").update(file).digest("hex")).toBe("0a77330724712dbb12d042f903464e713aa2d076dc9c85d976f57cc939db6098");
});

test("is valid, and says what it did", async () => {
  const judged = await verifyBundle(filesOf(files), { vkey, origin });
  if (!judged.ok) throw new Error(JSON.stringify(judged.refusal));
  const { manifest, entries, receipts, policies } = judged.value;
  expect([manifest.first.size, manifest.last.size, manifest.signed.size]).toEqual([6, 12, 13]);
  expect(entries).toEqual({
    shown: 5,
    withheld: 1,
    kinds: { "approval.approved": 2, "approval.redeemed": 1, "policy.published": 1, "approval.denied": 1 },
  });
  expect(receipts.map(({ status, rule }) => [status, rule])).toEqual([
    ["approved", "production-deploys"],
    ["denied", "default"],
  ]);
  expect(manifest.missing_receipts).toEqual([{ request: `apr_${"1".padStart(32, "0")}`, reason: "erased" }]);
  expect(policies.map(({ version }) => version)).toEqual([1, 2]);
});

test("signs its manifest with a note whose text is pinned", () => {
  const hash = createHash("sha256").update(bundle.files["manifest.json"]).digest("hex");
  const [text, signature = ""] = bundle.files["manifest.note"].split("\n\n");
  expect(text).toBe(`countersign/evidence-bundle@v1\nlog gate.example.com/log\nmanifest ${hash}`);
  expect(signature.startsWith("— gate.example.com/log/evidence-bundle ")).toBe(true);
});
