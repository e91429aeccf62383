/** What people's documents are to the schema and to the reader that browsers have: the same. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import type * as z from "zod/mini";
import { type InviteItem, inviteItem, type Me, me, type PersonItem, personItem } from "#api/people-data.ts";
import { invitesShape, meShape, peopleShape } from "#api/people-shapes.ts";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { fit, type Of } from "#countersign/json/shape.ts";
import { anyDocument, anyMisfit } from "#test/support/any-document.ts";
import { invited, meAlex, newcomer, someone } from "#test/support/documents/people-items.ts";

const list = (item: JsonValue) => ({ items: [item] });
const itemOf = <Item>(read: { ok: true; value: { items: Item[] } } | { ok: false; refusal: string }) =>
  read.ok ? { ok: true, value: read.value.items[0] } : read;

const DOCUMENTS: [string, z.ZodMiniType, (document: JsonValue) => { ok: boolean }][] = [
  ["a person", personItem, (document) => itemOf(fit(peopleShape, list(document)))],
  ["an invitation", inviteItem, (document) => itemOf(fit(invitesShape, list(document)))],
  ["who is signed in", me, (document) => fit(meShape, document)],
];

describe.each(DOCUMENTS)("%s", (_, schema, read) => {
  it("that fits the schema is read, as it is", () => {
    fc.assert(
      fc.property(anyDocument(schema), (document) => {
        expect(read(document)).toEqual({ ok: true, value: document });
      }),
    );
  });

  it("that is read fits the schema", () => {
    fc.assert(
      fc.property(anyMisfit(schema), (document) => {
        const taken = read(document);
        if (taken.ok) expect([taken, schema.safeParse(document).success]).toEqual([{ ok: true, value: document }, true]);
        else expect(taken).not.toHaveProperty("value");
      }),
    );
  });
});

it("schemas take what the service lists", () => {
  for (const person of [someone("robin"), newcomer("sam")]) expect(personItem.safeParse(person).success).toBe(true);
  expect(inviteItem.safeParse(invited()).success).toBe(true);
  expect(me.safeParse(meAlex()).success).toBe(true);
});

it("readers give the schemas' types", () => {
  expectTypeOf<Of<typeof peopleShape>["items"][number]>().toEqualTypeOf<PersonItem>();
  expectTypeOf<Of<typeof invitesShape>["items"][number]>().toEqualTypeOf<InviteItem>();
  expectTypeOf<Of<typeof meShape>>().toEqualTypeOf<Me>();
});

it("no script of a page brings the schemas' library along", () => {
  const assets = new URL("../../../dist/browser/assets/", import.meta.url);
  const scripts = readdirSync(assets).filter((name) => name.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(5);
  expect(scripts.filter((name) => readFileSync(new URL(name, assets), "utf8").includes("_zod"))).toEqual([]);
});
