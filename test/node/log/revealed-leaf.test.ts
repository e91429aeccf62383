/** What is public of each kind of record: those of the log itself, and approvals that were asked to be revealed. */
import { expect, test } from "vitest";
import { b64u } from "#countersign/encoding/bytes.ts";
import { leafEntry, type LogRecord } from "#countersign/documents/record.ts";
import { publicPart } from "#gate/log/reading/revealed-leaf.ts";
import vectors from "#test/vectors/records.json" with { type: "json" };

const records = vectors.map(({ record }) => record as LogRecord);
const OF_THE_LOG = ["log.genesis", "key.rotated"];
const salt = b64u(new Uint8Array(32).fill(9));

const leafOf = (record: LogRecord) => ({ index: 3, entry: leafEntry(record, salt), sealed: { record, salt } });
const revealing = (record: LogRecord, context: object): LogRecord =>
  "request" in record && typeof record.request !== "string"
    ? ({ ...record, request: { ...record.request, context: { ...context } } } as LogRecord)
    : record;

test("all kinds are there", () => {
  expect(new Set(records.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(15);
});

test.each(records.map((record) => [record.kind, record] as const))("%s", (kind, record) => {
  const isPublic = OF_THE_LOG.includes(kind);
  for (const allowReveal of [false, true]) {
    for (const context of [{}, { reveal: false }, { reveal: "true" }, { reveal: 1 }, { reveal: null }, { revealed: true }]) {
      expect(publicPart(leafOf(revealing(record, context)), { allowReveal }) !== null).toBe(isPublic);
    }
    const asked = publicPart(leafOf(revealing(record, { reveal: true })), { allowReveal }) !== null;
    expect(asked).toBe(isPublic || (allowReveal && kind === "approval.approved"));
  }
});

test("nothing is public of what was erased, and what is not the leaf's is a fault", () => {
  const genesis = records.find(({ kind }) => kind === "log.genesis");
  if (genesis === undefined) throw new Error("the vectors have a genesis");
  expect(publicPart({ ...leafOf(genesis), sealed: null }, { allowReveal: true })).toBeNull();
  expect(() => publicPart({ ...leafOf(genesis), entry: new Uint8Array(33) }, { allowReveal: true })).toThrow("leaf 3");
});
