/** Several requests on one page: each as its card shows it, with ids that no other has; and two beside each other. */
import { describe, expect, it } from "vitest";
import type { BatchItem } from "#api/batch/batch-shapes.ts";
import { NO_AIDS } from "#api/reading/reading-aids.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { REQUEST_REGIONS, requestViews } from "#pages/approvals/request-view.ts";
import { differsView } from "#pages/approvals/call/differs-view.ts";
import { compareViews, type Side } from "#pages/batch/compare-view.ts";
import { endedText, itemViews, quorumText, signText, wholeView } from "#pages/batch/item-view.ts";
import { partOfPage } from "#pages/batch/part-of-page.ts";
import { element, type View, type ViewElement } from "#pages/kit/view.ts";
import { ALEX, approvalData, decisionOf, PENDING, SAM } from "#test/support/documents/approval-data.ts";

const ORIGIN = "https://gate.example.com";
const HOSTILE = { note: "pay\u202eload", deep: { list: [1, "аpple", { k: "v".repeat(400) }] } };

const itemOf = (payload: JsonObject, isFolded = false): BatchItem => {
  const { request, state } = approvalData(ORIGIN, { payload });
  return { request, payload, aids: NO_AIDS, state, is_folded: isFolded };
};
const all = (view: View): ViewElement[] => (typeof view === "string" ? [] : [view, ...view.children.flatMap(all)]);
const textOf = (view: View): string => (typeof view === "string" ? view : view.children.map(textOf).join(""));
const idsIn = (views: readonly View[]): string[] => views.flatMap(all).flatMap(({ attributes: { id } }) => (id === undefined ? [] : [id]));

describe("a request among others", () => {
  it("is its card, word for word, with ids of its own and links to them", () => {
    const item = itemOf(HOSTILE);
    const [one, other] = [itemViews(item, 1, [ALEX, SAM]), itemViews(item, 2, [ALEX, SAM])];
    const card = requestViews(item.request, item.payload, [ALEX, SAM], NO_AIDS);
    for (const region of REQUEST_REGIONS) expect(textOf(one[region])).toBe(textOf(card[region]));
    const ids = [one, other].flatMap((views) => idsIn([views.request, wholeView(views)]));
    expect(new Set(ids).size).toBe(ids.length);
    const links = all(one.request).flatMap(({ attributes: { href = "" } }) => (href.startsWith("#") ? [href.slice(1)] : []));
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) expect(ids).toContain(link);
  });

  it("has its headings below the page's", () => {
    const tags = all(itemViews(itemOf(HOSTILE), 1, []).request).map(({ tag }) => tag);
    expect(tags).toContain("h2");
    expect(tags).not.toContain("h1");
    const made = partOfPage(element("h2", { id: "a", "aria-describedby": "b c", href: "/a" }, element("a", { href: "#b" }, "text")), "r1-");
    expect(made).toEqual(
      element("h3", { id: "r1-a", "aria-describedby": "r1-b r1-c", href: "/a" }, element("a", { href: "#r1-b" }, "text")),
    );
  });

  it("makes nothing of its payload while it is folded, and still says who asks for what", () => {
    const views = itemViews(itemOf({ secret: "PAYLOAD".repeat(100) }, true), 1, [ALEX]);
    expect(textOf(views.request)).toContain("Deploy api to production");
    expect(REQUEST_REGIONS.map((region) => textOf(views[region])).join("")).not.toContain("PAYLOAD");
  });
});

describe("words", () => {
  it.each([
    [1, "approved", "Sign 1 approval"],
    [12, "approved", "Sign 12 approvals"],
    [1, "denied", "Sign 1 denial"],
    [50, "denied", "Sign 50 denials"],
  ] as const)("of the button for %i, %s", (count, verdict, text) => {
    expect(signText(count, verdict)).toBe(text);
  });

  it.each([
    ["approved", "It was approved meanwhile."],
    ["denied", "It was denied meanwhile."],
    ["expired", "Its time is up."],
    ["cancelled", "It was cancelled meanwhile."],
    ["settling", "It is being decided by somebody else."],
  ] as const)("of what ended: %s", (status, text) => {
    expect(endedText({ ...PENDING, status }, ALEX.id)).toBe(text);
  });

  it("of what this person has signed on another device, and of how many have to", () => {
    expect(endedText({ ...PENDING, decisions: [decisionOf(ALEX, "approved")] }, ALEX.id)).toBe("You have signed it already, elsewhere.");
    expect(quorumText(itemOf({ a: 1 }))).toBe("");
    const { request } = approvalData(ORIGIN, { request: { quorum: [{ name: "two", required: 2, eligible: [ALEX.id, SAM.id] }] } });
    expect(quorumText({ request, state: { ...PENDING, decisions: [decisionOf(SAM, "approved")] } })).toBe("Signatures: 1 of 2");
  });
});

describe("two beside each other", () => {
  const side = (payload: JsonObject | null, more: object = {}): Side => ({
    request: approvalData(ORIGIN, {
      request: {
        requested_at: "2026-11-20T09:00:00.000Z",
        expires_at: "2026-11-20T09:15:00.000Z",
        use_by: "2026-11-20T10:15:00.000Z",
        ...more,
      },
    }).request,
    payload,
    status: "pending",
  });
  const differing = (one: Side, other: Side): (string | undefined)[] =>
    compareViews(one, other, [ALEX]).map(({ attributes }) => attributes["data-differs"]);

  it("says of each kind of thing whether it differs", () => {
    expect(differing(side({ a: 1 }), side({ a: 1 }))).toEqual([undefined, "no", "no", "no"]);
    expect(differing(side({ a: 1 }), side({ a: 2 }))).toEqual([undefined, "no", "yes", "no"]);
    expect(differing(side({ a: 1 }), side({ a: 1 }, { reason: "Another" }))).toEqual([undefined, "yes", "no", "no"]);
    expect(differing(side({ a: 1 }), side({ a: 1 }, { expires_at: "2026-11-20T10:00:00.000Z" }))).toEqual([undefined, "no", "no", "yes"]);
  });

  it("finds in the terms how long each may be used, and no difference in when each was asked", () => {
    const at = (minutes: number) => new Date(Date.parse("2026-11-20T09:00:00.000Z") + minutes * 60_000).toISOString();
    const asked = (start: number, { use = 30, step = 5 } = {}): Side => {
      const slot = { name: "dba", required: 1, eligible: [ALEX.id], escalations: [{ from: at(start + step), eligible: [SAM.id] }] };
      const times = { requested_at: at(start), expires_at: at(start + 15), use_by: at(start + 15 + use) };
      return side({}, { type: "countersign/request@v2", context: { source: "ask" }, denials: 1, quorum: [slot], ...times });
    };
    expect(differing(asked(0), asked(60))[3]).toBe("no");
    expect(differing(asked(0), asked(60, { use: 31 }))[3]).toBe("yes");
    expect(differing(asked(0), asked(60, { step: 6 }))[3]).toBe("yes");
    expect(textOf(compareViews(asked(0), asked(60, { use: 31 }), []).at(-1) ?? "")).toContain("seconds to use");
  });

  it("marks what only one has, and shows what both have", () => {
    const text = compareViews(side({ a: 1, same: "x" }), side({ b: 2, same: "x" }), [])
      .map(textOf)
      .join(" ");
    for (const part of ["Only in the first", "Only in the second", "The same in both (1)"]) expect(text).toContain(part);
  });

  it("is linked to from what differs from the last approved call", () => {
    const previous = { request: `apr_${"b".repeat(32)}`, approved_at: "2026-11-20T09:00:00.000Z", payload: { a: 1 } };
    const links = all(differsView(`apr_${"c".repeat(32)}`, { a: 2 }, previous)).flatMap(({ attributes: { href } }) => href ?? []);
    expect(links).toContain(`/compare?a=${previous.request}&b=apr_${"c".repeat(32)}`);
  });

  it("says where one is not kept any more", () => {
    expect(
      compareViews(side(null), side({ a: 1 }), [])
        .map(textOf)
        .join(" "),
    ).toContain("it is not kept any more");
  });
});
