/** What somebody pastes of an entry: every form there is, and nothing that could pass for another one. */
import { describe, expect, test } from "vitest";
import { b64, fromHex, hex } from "#countersign/encoding/bytes.ts";
import { readGivenLeaf } from "#pages/log/browser/verify/given-leaf.ts";
import records from "#test/vectors/records.json" with { type: "json" };
import receipt from "#test/vectors/receipt-approved.json" with { type: "json" };

const bytes = (digits: string) => fromHex(digits) ?? new Uint8Array();
const grouped = (digits: string) => digits.replaceAll(/(.{4})/g, "$1 ");
const json = (members: object) => JSON.stringify(members);
const refusalOf = (text: string): string => {
  const read = readGivenLeaf(text);
  return read.ok ? "accepted" : read.refusal;
};
const [genesis] = records;
if (genesis === undefined) throw new Error("there are vectors");

describe.each(records)("a record of $record.kind", ({ record, salt, entry, leaf_hash }) => {
  test("by record and salt, by its entry, by its hash", () => {
    const [sealed, byEntry, byHash] = [json({ record, salt }), entry, leaf_hash].map((text) => readGivenLeaf(text));
    expect(sealed).toMatchObject({ ok: true, value: { sealed: { record, salt }, payload: null, index: null, proof: null } });
    for (const read of [sealed, byEntry]) expect(read?.ok && read.value.entry && hex(read.value.entry)).toBe(entry);
    for (const read of [sealed, byEntry, byHash]) expect(read?.ok && hex(read.value.hash)).toBe(leaf_hash);
    expect(byHash).toMatchObject({ ok: true, value: { sealed: null, entry: null } });
  });
});

test("in base64, in groups of four as the pages show it, and with white space around it", () => {
  const { entry, leaf_hash } = genesis;
  for (const text of [entry, leaf_hash]) {
    const expected = readGivenLeaf(text);
    for (const form of [b64(bytes(text)), grouped(text), ` ${text}\n`]) expect(readGivenLeaf(form)).toEqual(expected);
  }
});

test("part of a receipt, with its proof; what the log reveals, with index and payload", () => {
  const { record, salt, proof } = receipt.final;
  expect(readGivenLeaf(json({ record, salt, proof }))).toMatchObject({ ok: true, value: { proof, payload: null } });
  const revealed = { index: 7, record, salt, payload: receipt.payload };
  expect(readGivenLeaf(` \n${json(revealed)}`)).toMatchObject({ ok: true, value: { index: 7, payload: receipt.payload, proof: null } });
  expect(readGivenLeaf(json({ ...revealed, payload: null, index: 0 }))).toMatchObject({ ok: true, value: { payload: null, index: 0 } });
});

test.each<[string, string, string]>([
  ["nothing", "", "neither JSON"],
  ["31 bytes", "00".repeat(31), "neither JSON"],
  ["34 bytes", "00".repeat(34), "neither JSON"],
  ["uppercase hexadecimal", "AB".repeat(32), "neither JSON"],
  ["no JSON", "{", "not acceptable JSON"],
  ["a member twice", '{"salt":"","salt":""}', "not acceptable JSON"],
  ["no record", json({ salt: genesis.salt }), "no record and salt"],
  ["no salt", json({ record: genesis.record }), "no record and salt"],
  ["a salt of 31 bytes", json({ record: genesis.record, salt: genesis.salt.slice(0, -2) }), "no record and salt"],
  ["a kind that is not known", json({ record: { ...genesis.record, kind: "log.other" }, salt: genesis.salt }), "no record and salt"],
  ["a record with a member more", json({ record: { ...genesis.record, note: "" }, salt: genesis.salt }), "no record and salt"],
  ["a member more", json({ ...genesis, note: "" }), "unknown member"],
  ["a proof that is no text", json({ record: genesis.record, salt: genesis.salt, proof: 1 }), "proof is not text"],
  ["an index that is no number", json({ record: genesis.record, salt: genesis.salt, index: "0" }), "index is not a number"],
  ["a payload of a record that has none", json({ record: genesis.record, salt: genesis.salt, payload: {} }), "not the one"],
  [
    "another payload",
    json({ record: receipt.final.record, salt: receipt.final.salt, payload: { ...receipt.payload, more: 1 } }),
    "not the one",
  ],
  ["a payload that is none", json({ record: receipt.final.record, salt: receipt.final.salt, payload: [] }), "not a payload"],
])("refuses %s", (_, text, reason) => {
  expect(refusalOf(text)).toContain(reason);
});
