/** What the record says of each kind of leaf, and that nothing which a leaf may hold breaks it. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { recordShapes } from "#countersign/documents/record.ts";
import { csvCell } from "#http/audit/export-lines.ts";
import { entriesOfLeaf, type LeafEntry } from "#rules/audit/entry-of-leaf.ts";
import {
  callAtPlace,
  callIdsAfter,
  callIdsBefore,
  callPlace,
  entryPlaceFrom,
  entryPlaceIn,
  entryPlaceText,
  leafPlace,
  placeOfCall,
  timeOfPlace,
} from "#rules/audit/entry-place.ts";
import { auditTexts } from "#texts/audit.ts";

const cases = JSON.parse(readFileSync(new URL("../../vectors/records.json", import.meta.url), "utf8")) as { record: JsonObject }[];
const of = (record: JsonObject, key = "k", ended: JsonObject | null = null): LeafEntry[] =>
  entriesOfLeaf({ index: 7, key, record, ended }, 0);
const ofKind = (kind: string): LeafEntry | undefined => cases.flatMap(({ record }) => of(record)).find((entry) => entry.kind === kind);

describe("an entry of a leaf", () => {
  it("is made of every kind that there is, and each is said in words", () => {
    const found = new Set(cases.flatMap(({ record }) => of(record)).map(({ kind }) => kind));
    expect(Object.keys(recordShapes).filter((kind) => !found.has(kind))).toEqual([]);
    for (const kind of [...Object.keys(recordShapes), "call", "withheld", "request.asked"]) {
      expect(Object.keys(auditTexts.kinds)).toContain(kind);
      if (kind.includes(".")) expect(Object.keys(auditTexts.groups)).toContain(kind.split(".")[0]);
    }
  });

  it("names who signed, and the agent, rule and action of the request", () => {
    const record = cases.map((one) => one.record).find(({ kind }) => kind === "approval.approved") as JsonObject;
    const request = record["request"] as {
      requested_at: string;
      action: string;
      requested_by: { id: string; name: string };
      policy: { rule: string };
    };
    const approvers = (record["decisions"] as unknown as { statement: { approver: { id: string } } }[]).map(
      ({ statement }) => statement.approver.id,
    );
    const [asked, end] = of(record);
    expect(asked).toMatchObject({
      kind: "request.asked",
      status: "asked",
      people: [],
      atMs: Date.parse(request.requested_at),
      text: request.action,
    });
    expect(end).toMatchObject({
      kind: "approval.approved",
      status: "approved",
      agent: { id: request.requested_by.id, name: request.requested_by.name },
      rule: request.policy.rule,
      text: request.action,
    });
    expect(end?.people.toSorted()).toEqual([...new Set(approvers)].toSorted());
  });

  it("names what it is about where that is no request", () => {
    expect(ofKind("policy.published")?.text).toMatch(/^version \d+$/);
    expect(ofKind("agent.created")).toMatchObject({ agent: { name: ofKind("agent.created")?.text } });
    expect(ofKind("server.added")?.server?.name).toBe(ofKind("server.added")?.text);
    expect(ofKind("server.removed")?.people).toHaveLength(1);
    expect(ofKind("delegation.given")?.people).toHaveLength(2);
  });

  it("knows of what follows a request what its end says", () => {
    const ended = cases.map((one) => one.record).find(({ kind }) => kind === "approval.approved") as JsonObject;
    const redeemed = cases.map((one) => one.record).find(({ kind }) => kind === "call.succeeded") as JsonObject;
    const [entry, ...others] = of(redeemed, `apr_${"a".repeat(32)}:outcome`, ended);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      status: "succeeded",
      request: `apr_${"a".repeat(32)}`,
      rule: (ended["request"] as { policy: { rule: string } }).policy.rule,
    });
  });

  it("breaks on nothing that a leaf may hold", () => {
    const members = fc.dictionary(
      fc.constantFrom(
        "kind",
        "at",
        "request",
        "agent",
        "by",
        "person",
        "to",
        "decisions",
        "authorised_by",
        "signature",
        "server",
        "tool",
        "tools",
        "version",
        "redeemed_by",
      ),
      fc.jsonValue({ maxDepth: 4 }),
    );
    fc.assert(
      fc.property(members, fc.string(), (record, key) => {
        for (const entry of of(record as JsonObject, key, record as JsonObject)) {
          expect(Number.isSafeInteger(leafPlace(entry.atMs, 7, false, 0))).toBe(true);
          expect(entry.text.length).toBeLessThanOrEqual(300);
        }
      }),
    );
  });
});

describe("places", () => {
  const moment = fc.integer({ min: Date.parse("2026-01-01T00:00:00Z"), max: Date.parse("2060-10-31T00:00:00Z") });

  it("are of their moment, read as they are written, and of a leaf or a call", () => {
    fc.assert(
      fc.property(moment, fc.nat(), fc.nat(3), (atMs, n, turn) => {
        const places = [leafPlace(atMs, n, true, turn), leafPlace(atMs, n, false, turn)];
        for (const place of [...places, placeOfCall(callPlace(atMs, n))]) {
          expect(Number.isSafeInteger(place)).toBe(true);
          expect(timeOfPlace(place)).toBe(atMs);
          expect(entryPlaceIn(entryPlaceText(place))).toBe(place);
          expect(place).toBeGreaterThanOrEqual(entryPlaceFrom(atMs));
          expect(place).toBeLessThan(entryPlaceFrom(atMs + 1));
        }
        expect(places.map(callAtPlace)).toEqual([null, null]);
        // An ask comes before its end, also where both are of one moment.
        expect(places).toEqual([...new Set(places)].toSorted((one, other) => one - other));
        expect(callAtPlace(placeOfCall(callPlace(atMs, n)))).toBe(callPlace(atMs, n));
      }),
    );
  });

  it("divide calls into those before and those after", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (place, id) => {
        expect(id < callIdsBefore(place)).toBe(placeOfCall(id) < place);
        expect(id > callIdsAfter(place)).toBe(placeOfCall(id) > place);
      }),
    );
  });

  it("are nothing else", () => {
    for (const text of ["", "00", "-1", "1.5", "A", "zzzzzzzzzzz", "é", " 1"]) expect(entryPlaceIn(text), text).toBeNull();
  });
});

it("a cell of CSV is read back as it was, but for what a spreadsheet would run", () => {
  const read = (cell: string): string => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      const [cell, isFormula] = [read(csvCell(value)), /^[=+\-@\t\r]/.test(value)];
      expect(cell).toBe(isFormula ? `'${value}` : value);
    }),
  );
});
