/** What people read of the rule that asks them. */
import { expect, test } from "vitest";
import type { RequestV2 } from "#countersign/documents/request.ts";
import { judgementView, riskView } from "#pages/approvals/judgement-view.ts";
import type { View } from "#pages/kit/view.ts";
import { ALEX, approvalData, SAM } from "#test/support/documents/approval-data.ts";

const textOf = (view: View): string => (typeof view === "string" ? view : view.children.map(textOf).join(""));

const { request: first } = approvalData("https://gate.example.com");

const REQUEST: RequestV2 = {
  ...first,
  type: "countersign/request@v2",
  policy: { version: 3, rule: "deploys", hash: "a".repeat(64) },
  context: { source: "ask" },
  quorum: [{ name: "release", required: 2, eligible: [ALEX.id, SAM.id], escalations: [] }],
  denials: 1,
};

/** The lines of the view. */
const told = (change: Partial<RequestV2>): string[] => (judgementView({ ...REQUEST, ...change }, [ALEX, SAM])?.children ?? []).map(textOf);

test("nothing before a policy is published, but for the tool", () => {
  expect(judgementView(first, [])).toBeNull();
  expect(textOf(judgementView({ ...first, context: { tool: "deploy\u202e" } } as typeof first, []) ?? "")).toMatch(
    /^With the tool deploy.*, as the agent says\.$/,
  );
});

test("which rule asks for how many of whom", () => {
  const dba = { name: "dba", required: 1, eligible: [SAM.id], escalations: [] };
  expect(told({})).toEqual(["The rule deploys asks for 2 of release."]);
  expect(told({ quorum: [...REQUEST.quorum, dba, dba], denials: 2 })).toEqual([
    "The rule deploys asks for 2 of release, 1 of dba and 1 of dba. It takes 2 denials to deny it.",
  ]);
  expect(told({ quorum: [] })).toEqual(["The rule deploys lets this pass without a person."]);
});

test("the risk, with its reasons", () => {
  const risk = { level: "critical" as const, score: 80, reasons: ["The rule says critical risk.", "A word of production."] };
  expect(textOf(riskView({ ...REQUEST, context: { source: "ask", risk } }) ?? "")).toBe(
    "Critical risk The rule says critical risk. A word of production.",
  );
});

test("who is asked later, each time once", () => {
  const later = [{ from: "2026-11-29T09:05:00.000Z", eligible: [SAM.id] }];
  const slot = { name: "alex", required: 1, eligible: [ALEX.id], escalations: later };
  expect(told({ quorum: [slot, { ...slot, name: "other" }] })[1]).toBe("Also from 29 Nov 2026, 09:05 UTC: Sam Okafor (sam).");
});

test("its hours, who is kept out, what could not be judged, and what is only observed", () => {
  const window = { rule: "deploys", open: true, days: ["mon", "tue"], from: "09:00", to: "17:00", zone: "Europe/Berlin", except: [] };
  const observed = (effect: "allow" | "require_approval" | "deny") => ({ rule: effect, effect, risk: "low" as const, failed: false });
  const context = {
    source: "ask" as const,
    window,
    separation: { people: [ALEX.id] },
    carried: ["one", "other"],
    observed: [observed("deny"), observed("allow"), observed("require_approval")],
  };
  expect(told({ context }).slice(1)).toEqual([
    "mon, tue, 09:00 to 17:00 in Europe/Berlin; it is judged again when it is used.",
    "Not asked, because the agent is theirs: Alex Doe (alex).",
    "What was sent does not fit the conditions of one and other, so they count as met.",
    "Only observed: deny would refuse it.",
    "Only observed: allow would let it pass.",
    "Only observed: require_approval would ask.",
  ]);
  expect(told({ context: { source: "ask", window: { ...window, days: null, open: false } } })[1]).toBe(
    "Every day, 09:00 to 17:00 in Europe/Berlin: it was asked for outside of that.",
  );
});
