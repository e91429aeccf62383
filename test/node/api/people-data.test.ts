/** What people's documents are to the schema and to the reader that browsers have: the same. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import type * as z from "zod/mini";
import { type InviteItem, inviteItem, type Me, me, type PersonItem, personItem } from "#api/people-data.ts";
import { type PeopleList, peopleList, type PersonDetail, personDetail } from "#api/people/person-data.ts";
import { peopleListShape, personDetailShape } from "#api/people/person-shapes.ts";
import { type SessionItem, sessionItem } from "#api/people/session-data.ts";
import { invitesShape, meShape, personShape, sessionShape } from "#api/people-shapes.ts";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { fit, type Of } from "#countersign/json/shape.ts";
import { anyDocument, anyMisfit } from "#test/support/any-document.ts";
import { detailOf, invited, meAlex, newcomer, peopleListOf, sessionOf, someone } from "#test/support/documents/people-items.ts";

const list = (item: JsonValue) => ({ items: [item] });
const itemOf = <Item>(read: { ok: true; value: { items: Item[] } } | { ok: false; refusal: string }) =>
  read.ok ? { ok: true, value: read.value.items[0] } : read;

const DOCUMENTS: [string, z.ZodMiniType, (document: JsonValue) => { ok: boolean }][] = [
  ["a person", personItem, (document) => fit(personShape, document)],
  ["a list of people", peopleList, (document) => fit(peopleListShape, document)],
  ["one person with all that is told of them", personDetail, (document) => fit(personDetailShape, document)],
  ["a session", sessionItem, (document) => fit(sessionShape, document)],
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
  expect(peopleList.safeParse(peopleListOf([someone("robin"), newcomer("sam")])).success).toBe(true);
  expect(personDetail.safeParse(detailOf(someone("robin"), { sessions: [sessionOf("robin")] })).success).toBe(true);
  expect(inviteItem.safeParse(invited()).success).toBe(true);
  expect(me.safeParse(meAlex()).success).toBe(true);
});

it("readers give the schemas' types", () => {
  expectTypeOf<Of<typeof personShape>>().toEqualTypeOf<PersonItem>();
  expectTypeOf<Of<typeof peopleListShape>["items"]>().toEqualTypeOf<PeopleList["items"]>();
  expectTypeOf<Of<typeof personDetailShape>>().toEqualTypeOf<PersonDetail>();
  expectTypeOf<Of<typeof sessionShape>>().toEqualTypeOf<SessionItem>();
  expectTypeOf<Of<typeof invitesShape>["items"][number]>().toEqualTypeOf<InviteItem>();
  expectTypeOf<Of<typeof meShape>>().toEqualTypeOf<Me>();
});

it("no script of a page brings the schemas' library along", () => {
  const assets = new URL("../../../dist/browser/assets/", import.meta.url);
  const scripts = readdirSync(assets).filter((name) => name.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(5);
  expect(scripts.filter((name) => readFileSync(new URL(name, assets), "utf8").includes("_zod"))).toEqual([]);
});
