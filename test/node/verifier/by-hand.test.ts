/**
 * What docs/formats.md, "By hand", tells a stranger to do with a shell and OpenSSL, step by step with Node's OpenSSL, and the
 * steps up to the root with nothing but SHA-256. No code of ours is imported: what it signs verifies without it.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import tlog from "#test/vectors/tlog.json" with { type: "json" };
import vectors from "#test/vectors/witnesses.json" with { type: "json" };

const page = readFileSync(new URL("../../../docs/formats.md", import.meta.url), "utf8");
const section = page.slice(page.indexOf("### By hand"), page.indexOf("### Evidence"));
const [forCheckpoint = "", forCosignature = ""] = [...section.matchAll(/```sh\n([^`]*)```/g)].map(([, commands]) => commands);

/** The bytes that printf writes of octal escapes. */
const octal = (escapes: string): Buffer =>
  Buffer.from([...escapes.matchAll(/\\([0-7]{3})/g)].map(([, digits = ""]) => Number.parseInt(digits, 8)));
const [frame = ""] = /(?:\\[0-7]{3})+/.exec(forCheckpoint) ?? [];

/** 1. */
const textOf = (checkpoint: string): string => checkpoint.slice(0, checkpoint.indexOf("\n\n") + 1);
/** 2. */
const keyOf = (vkey: string) => {
  const bytes = Buffer.from(vkey.split("+").slice(2).join("+"), "base64").subarray(-32);
  return createPublicKey({ key: Buffer.concat([octal(frame), bytes]), format: "der", type: "spki" });
};
/** 3., with what stands before the signature. */
const lineOf = (checkpoint: string, vkey: string): Buffer => {
  const [name] = vkey.split("+");
  const line = checkpoint.split("\n").find((one) => one.startsWith(`— ${name} `));
  return Buffer.from(line?.split(" ")[2] ?? "", "base64");
};

const signatureHolds = (checkpoint: string, vkey: string): boolean =>
  verify(null, Buffer.from(textOf(checkpoint)), keyOf(vkey), lineOf(checkpoint, vkey).subarray(-64));

function cosignatureHolds(checkpoint: string, vkey: string): boolean {
  const time = lineOf(checkpoint, vkey).subarray(-72).readBigUInt64BE();
  const cosigned = `cosignature/v1\ntime ${time}\n${textOf(checkpoint)}`;
  return verify(null, Buffer.from(cosigned), keyOf(vkey), lineOf(checkpoint, vkey).subarray(-64));
}

describe("with OpenSSL alone", () => {
  const changed = vectors.checkpoint.replace("\n5\n", "\n6\n");

  test("the log's signature holds, of the key that the page shows", () => {
    expect(forCheckpoint).toContain(`VKEY='${tlog.five.vkey}'`);
    expect(signatureHolds(tlog.five.checkpoint, tlog.five.vkey)).toBe(true);
    expect(signatureHolds(vectors.checkpoint, tlog.five.vkey)).toBe(true);
    expect(signatureHolds(changed, tlog.five.vkey)).toBe(false);
  });

  test("each witness's cosignature holds", () => {
    for (const { vkey } of vectors.witnesses) {
      expect(cosignatureHolds(vectors.checkpoint, vkey)).toBe(true);
      expect(cosignatureHolds(changed, vkey)).toBe(false);
      expect(signatureHolds(vectors.checkpoint, vkey)).toBe(false);
    }
  });

  test("the page says which bytes are what", () => {
    expect(octal(frame).toString("hex")).toBe("302a300506032b6570032100");
    expect(forCheckpoint).toContain("cut -d+ -f3- | base64 -d | tail -c 32");
    expect(forCheckpoint).toContain("cut -d ' ' -f 3 | base64 -d | tail -c 64");
    expect(forCosignature).toContain("tail -c 72 | head -c 8");
    expect(forCosignature).toContain("printf 'cosignature/v1\\ntime %s\\n'");
  });

  test("the key ids are what the page says they are", () => {
    for (const [vkey, type] of [[tlog.five.vkey, 1] as const, ...vectors.witnesses.map((one) => [one.vkey, 4] as const)]) {
      const [name = "", id, ...encoded] = vkey.split("+");
      const bytes = Buffer.from(encoded.join("+"), "base64");
      expect(bytes[0]).toBe(type);
      expect(createHash("sha256").update(`${name}\n`).update(bytes).digest("hex").slice(0, 8)).toBe(id);
      expect(lineOf(vectors.checkpoint, vkey).subarray(0, 4).toString("hex")).toBe(id);
    }
  });
});

test("the proof leads from the leaf to the signed root with SHA-256 alone", () => {
  const [head = ""] = tlog.five.proof.split("\n\n");
  const [, index, ...path] = head.split("\n");
  const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
  expect(index).toBe("index 3");
  // Leaf 3 of 5: leaf 2 to its left, leaves 0 and 1 to its left, leaf 4 to its right.
  const entry = Buffer.from(`0100000003${"00".repeat(28)}`, "hex");
  const [two, zeroAndOne, four] = path.map((hash) => Buffer.from(hash, "base64"));
  if (two === undefined || zeroAndOne === undefined || four === undefined) throw new Error("three hashes");
  const [leaf, node] = [Uint8Array.of(0), Uint8Array.of(1)];
  const pair = sha256(node, two, sha256(leaf, entry));
  const root = sha256(node, sha256(node, zeroAndOne, pair), four);
  expect(tlog.five.proof.endsWith(tlog.five.checkpoint)).toBe(true);
  expect(textOf(tlog.five.checkpoint)).toBe(`gate.example.com/log\n5\n${root.toString("base64")}\n`);
});
