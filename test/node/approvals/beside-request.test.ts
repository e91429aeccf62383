/** What stands beside a request shows nobody what they may not see, and says of a tool only what the call is signed under. */
import { describe, expect, test } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { approvedBefore } from "#gate/approvals/beside/approved-before.ts";
import { agentSession, type BesidePorts, callFacts, previousCall } from "#gate/approvals/beside/beside-request.ts";
import { proposedBefore } from "#gate/approvals/beside/proposed-before.ts";
import type { PageView } from "#gate/approvals/remote-approval.ts";
import { readingAidsOf } from "#http/approvals/beside-approval.ts";
import type { RecentCall } from "#rules/calls/admission.ts";
import { ALEX, SAM } from "#test/support/documents/approval-data.ts";
import { callPageView, callPayload, callRequest, SQL_TOOL } from "#test/support/documents/call-data.ts";

const ORIGIN = "https://gate.example.com";
const NOW = Date.parse("2026-11-30T12:00:00.000Z");
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString();
const APPROVER = { id: ALEX.id, roles: ["approver" as const] };
const AUDITOR = { id: ALEX.id, roles: ["auditor" as const] };

const view = (given: JsonObject = { project: "staging" }, change: Parameters<typeof callRequest>[2] = {}): PageView => {
  const payload = callPayload(given);
  return callPageView(callRequest(ORIGIN, payload, { requested_at: at(-1), ...change }), payload, SQL_TOOL);
};
const earlier = (change: Parameters<typeof callRequest>[2] = {}, snapshot: Partial<PageView["snapshot"]> = {}): PageView => {
  const made = view({ project: "production" }, { id: `apr_${"b".repeat(32)}`, ...change });
  return { ...made, snapshot: { ...made.snapshot, status: "approved", endedAt: at(-60), ...snapshot } };
};

const asked: (string | null)[] = [];
const ports = (change: Partial<BesidePorts> = {}): BesidePorts => ({
  lastApprovedCall: (_, personId) => {
    asked.push(personId);
    return Promise.resolve(`apr_${"b".repeat(32)}`);
  },
  approval: () => ({ page: () => Promise.resolve(earlier()) }),
  requestsOf: () => Promise.resolve([]),
  recentCalls: () => Promise.resolve([]),
  agentsUnder: () => Promise.resolve([]),
  authenticationOf: () => Promise.resolve({ kind: "bearer", credential_hash: null }),
  connectedAs: () => Promise.resolve(null),
  now: () => NOW,
  ...change,
});
const found = (page: PageView | null, person: Parameters<typeof previousCall>[1] = APPROVER) =>
  previousCall(view(), person, ports({ approval: () => ({ page: () => Promise.resolve(page) }) }));

describe("the last approved call", () => {
  test("is shown to who could decide it, and to auditors", async () => {
    expect((await found(earlier()))?.payload).toEqual(callPayload({ project: "production" }));
    const others = [{ name: "dba", required: 1, eligible: [SAM.id], escalations: [] }];
    expect(await found(earlier({ quorum: others }))).toBeNull();
    expect((await found(earlier({ quorum: others }), AUDITOR))?.approvedAt).toBe(at(-60));
    expect(await found(earlier(), { id: ALEX.id, roles: ["admin"] })).toBeNull();
  });

  test("is looked for among what this person could decide, by auditors among all", async () => {
    asked.length = 0;
    await found(earlier());
    await found(earlier(), AUDITOR);
    expect(asked).toEqual([ALEX.id, null]);
  });

  test.each<[string, PageView | null]>([
    ["not there", null],
    ["denied", earlier({}, { status: "denied" })],
    ["still settling", earlier({}, { status: "settling" })],
    ["of another tool", earlier({ action: "warehouse.other" })],
    ["an ask", earlier({ context: { source: "ask" } })],
    ["no longer kept", { ...earlier(), payload: null }],
  ])("is none if its object says that it is %s", async (_, page) => {
    expect(await found(page)).toBeNull();
  });

  test("is none once the call is decided, of an ask, or if it cannot be read", async () => {
    const decided = { ...view(), snapshot: { ...view().snapshot, status: "approved" as const } };
    expect(await previousCall(decided, APPROVER, ports())).toBeNull();
    expect(await previousCall(view({}, { context: { source: "ask" } }), APPROVER, ports())).toBeNull();
    const away = ports({ approval: () => ({ page: () => Promise.reject(new Error("away")) }) });
    expect(await previousCall(view(), APPROVER, away)).toBeNull();
  });
});

describe("what was proposed with a denial", () => {
  const LISTED = { requestId: `apr_${"b".repeat(32)}`, by: { id: ALEX.id } };
  const proposal = { by: ALEX, payload: null };
  const CONTEXT = { source: "call" as const, ...view().snapshot.request.context };
  const denied = (change: Parameters<typeof callRequest>[2] = {}, snapshot: Partial<PageView["snapshot"]> = {}): PageView =>
    earlier(change, { status: "denied", proposal, ...snapshot });
  const told = (page: PageView | null, person: Parameters<typeof previousCall>[1] = APPROVER) =>
    proposedBefore(view(), LISTED, person, { approval: () => ({ page: () => Promise.resolve(page) }) });
  const others = [{ name: "dba", required: 1, eligible: [SAM.id], escalations: [] }];

  test("is told to who may look at what was denied", async () => {
    expect(await told(denied())).toBe(LISTED);
    expect(await told(denied({ quorum: others }))).toBeNull();
    expect(await told(denied({ quorum: others }), AUDITOR)).toBe(LISTED);
  });

  test.each<[string, PageView | null]>([
    ["not there", null],
    ["approved", denied({}, { status: "approved" })],
    ["denied by somebody else's proposal", denied({}, { proposal: { ...proposal, by: SAM } })],
    ["denied and nothing was proposed", earlier({}, { status: "denied" })],
    ["of another action", denied({ action: "warehouse.other" })],
    ["of another source", denied({ context: { ...CONTEXT, source: "ask" } })],
    ["of another tool", denied({ context: { ...CONTEXT, tool: "other" } })],
    ["of another server", denied({ context: { ...CONTEXT, server: { id: null, name: "other" } } })],
    ["of another agent", denied({ requested_by: { id: "agt_other", name: "other", owner: ALEX.id } })],
  ])("is not told if its object says that it is %s", async (_, page) => {
    expect(await told(page)).toBeNull();
  });

  test("asks nobody where nothing is listed, and is not told if it cannot be read", async () => {
    const approval = (): never => {
      throw new Error("asked");
    };
    expect(await proposedBefore(view(), null, APPROVER, { approval })).toBeNull();
    expect(
      await proposedBefore(view(), LISTED, APPROVER, { approval: () => ({ page: () => Promise.reject(new Error("away")) }) }),
    ).toBeNull();
  });
});

describe("what was approved before", () => {
  const other = (id: string, change: Parameters<typeof callRequest>[2] = {}, snapshot: Partial<PageView["snapshot"]> = {}) =>
    [`apr_${id.repeat(32)}`, earlier({ id: `apr_${id.repeat(32)}`, ...change }, snapshot)] as const;
  const before = (
    pages: readonly (readonly [string, PageView | null])[],
    pending: PageView = view(),
    person: Parameters<typeof previousCall>[1] = APPROVER,
  ) =>
    approvedBefore(pending, person, {
      approvedOf: () => Promise.resolve(pages.map(([id]) => id)),
      approval: (id) => ({ page: () => Promise.resolve(pages.find(([one]) => one === id)?.[1] ?? null) }),
    });

  test("is of this agent and this call, approved, and for this person to see, whatever the list says", async () => {
    const others = [{ name: "dba", required: 1, eligible: [SAM.id], escalations: [] }];
    const pages = [
      other("b"),
      other("c", {}, { status: "denied" }),
      other("d", { quorum: others }),
      other("e", { requested_by: { id: "agt_other", name: "other", owner: ALEX.id } }),
      other("f", { action: "warehouse.other" }),
      ["apr_gone", null] as const,
    ];
    expect(await before(pages)).toEqual([callPayload({ project: "production" })]);
    expect(await before(pages, view(), AUDITOR)).toHaveLength(2);
  });

  test("of asks without a tool is what has the same members", async () => {
    const ask = { context: { source: "ask" as const } };
    const pages = [other("b", ask), ["apr_c", { ...other("c", ask)[1], payload: '{"a":1}' }] as const];
    expect(await before(pages, view({}, ask))).toHaveLength(1);
  });

  test("is as much as one payload may hold, and no more", async () => {
    const large = (id: string) => [`apr_${id}`, { ...other(id)[1], payload: JSON.stringify({ text: "x".repeat(40_000) }) }] as const;
    expect(await before([large("b"), large("c"), other("d")])).toHaveLength(1);
  });

  test("is nothing once it is decided, or if it cannot be read", async () => {
    expect(await before([other("b")], { ...view(), snapshot: { ...view().snapshot, status: "approved" } })).toEqual([]);
    const away = { approvedOf: () => Promise.reject(new Error("away")), approval: () => null };
    expect(await approvedBefore(view(), APPROVER, away)).toEqual([]);
    const objectAway = {
      approvedOf: () => Promise.resolve(["apr_b"]),
      approval: () => ({ page: () => Promise.reject(new Error("away")) }),
    };
    expect(await approvedBefore(view(), APPROVER, objectAway)).toEqual([]);
  });
});

describe("what is said of the tool", () => {
  test("is what the call is signed under, and nothing else", async () => {
    expect(await callFacts(view(), ports())).toEqual({ definition: SQL_TOOL, authentication: "bearer", connectedAs: null });
    const changed = { ...view(), call: { ...view().call, definition: { ...SQL_TOOL, description: "Harmless" } } } as PageView;
    expect(await callFacts(changed, ports())).toBeNull();
    expect(await callFacts({ ...view(), payload: null }, ports())).toBeNull();
    expect(await callFacts(view({}, { context: { source: "ask" } }), ports())).toBeNull();
  });

  test("without the credential, if its server cannot be read", async () => {
    const away = ports({ authenticationOf: () => Promise.reject(new Error("away")) });
    expect((await callFacts(view(), away))?.authentication).toBeNull();
  });
});

describe("the session", () => {
  const call = (minutes: number, change: Partial<RecentCall> = {}): RecentCall => ({
    number: 1,
    at: at(minutes),
    server: "warehouse",
    tool: "list",
    status: "succeeded",
    rule: "reads",
    trace: null,
    request: null,
    ...change,
  });
  const SAME = "00-0af7651916cd43dd8448eb211c80319c-0000000000000001-01";
  const steps = async (calls: RecentCall[] | null, requests: Awaited<ReturnType<BesidePorts["requestsOf"]>> = [], page = view()) =>
    agentSession(page, APPROVER, ports({ recentCalls: () => Promise.resolve(calls), requestsOf: () => Promise.resolve(requests) }));

  test("is the half hour before it was asked and what came since; the trace adds and never narrows", async () => {
    const { steps: told, isWhole } = await steps([
      call(0),
      call(-30),
      call(-32),
      call(-300, { trace: SAME }),
      call(-5, { trace: "other" }),
    ]);
    expect(told.map(({ at: time, isSameTrace }) => [time, isSameTrace])).toEqual([
      [at(0), false],
      [at(-5), false],
      [at(-30), false],
      [at(-300), true],
    ]);
    expect(isWhole).toBe(true);
  });

  test("tells a call that people were asked about once, itself not at all, and hides the action of what others decide", async () => {
    const [own, theirs, other] = [view().snapshot.request.id, "apr_theirs", "apr_other"];
    const { steps: told } = await steps(
      [call(-2, { request: own }), call(-3, { request: theirs, status: "denied" })],
      [
        { id: own, at: at(-1), action: "warehouse.execute_sql", status: "pending" },
        { id: theirs, at: at(-3), action: "warehouse.list", status: "denied" },
        { id: other, at: at(-4), action: null, status: "approved" },
      ],
    );
    expect(told).toEqual([
      { at: at(-3), what: "warehouse.list", status: "denied", request: theirs, isSameTrace: false, agent: null },
      { at: at(-4), what: null, status: "approved", request: null, isSameTrace: false, agent: null },
    ]);
  });

  test("of several agents under one trace is one story: those of the chain, and those that the record knows", async () => {
    const chain = [
      { id: "agt_planner", name: "planner" },
      { id: "agt_1", name: "release-bot" },
    ];
    const page = view({}, { context: { source: "call", chain } });
    const lookedFor: unknown[] = [];
    const of: Record<string, RecentCall[]> = {
      agt_planner: [call(-100, { trace: SAME.replace("0000000000000001", "0000000000000002") }), call(-3)],
      agt_scout: [call(-4, { trace: SAME, status: "failed" }), call(5, { trace: SAME })],
    };
    const { steps: told, isWhole } = await agentSession(
      page,
      APPROVER,
      ports({
        recentCalls: (id) => Promise.resolve(of[id] ?? []),
        agentsUnder: (...asking) => {
          lookedFor.push(...asking);
          return Promise.resolve([{ id: "agt_scout", name: "scout" }]);
        },
      }),
    );
    expect(told.map((one) => [one.at, one.agent, one.status, one.isSameTrace])).toEqual([
      [at(-4), "scout", "failed", true],
      [at(-100), "planner", "succeeded", true],
    ]);
    expect(isWhole).toBe(true);
    expect(lookedFor).toEqual(["0af7651916cd43dd8448eb211c80319c", NOW - 60_000 - 86_400_000, page.snapshot.request.requested_by.owner]);
  });

  test("without a trace is of this agent alone, and says so if what others did could not be read", async () => {
    const away = ports({ agentsUnder: () => Promise.reject(new Error("away")) });
    const none = { ...view(), call: { ...view().call, trace: null } } as PageView;
    expect((await agentSession(none, APPROVER, away)).isWhole).toBe(true);
    expect((await agentSession(view(), APPROVER, away)).isWhole).toBe(false);
  });

  test("says so if calls could not be read", async () => {
    expect((await steps(null)).isWhole).toBe(false);
    const away = ports({ recentCalls: () => Promise.reject(new Error("away")) });
    expect(await agentSession(view(), APPROVER, away)).toEqual({ steps: [], isWhole: false });
  });

  test("ends when it was decided", async () => {
    const decided = { ...view(), snapshot: { ...view().snapshot, endedAt: at(1) } };
    expect((await steps([call(0), call(2)], [], decided)).steps.map((one) => one.at)).toEqual([at(0)]);
  });
});

test("a payload that cannot be looked at opens without marks", async () => {
  const deep = `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
  const page = { ...view(), payload: deep };
  const all = { ...ports(), approvedOf: () => Promise.resolve([]) };
  expect(await readingAidsOf(page, APPROVER, all)).toMatchObject({ marks: [], notes: [] });
  expect((await readingAidsOf(view(), APPROVER, all)).looks).toBeDefined();
});
