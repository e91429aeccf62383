import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type JsonValue, parseJson } from "#countersign/json/canonical-json.ts";
import { type ApprovalPageData, approvalPageShape } from "#api/approval-page-data.ts";
import { witnessSentence } from "#pages/log/browser/verify/check-view.ts";
import { dataBlockText } from "#pages/kit/data-block.tsx";
import { localPath } from "#pages/kit/local-path.ts";
import { outcomeView, signaturesView, statusText } from "#pages/approvals/progress-view.ts";
import type { RequestDocument } from "#countersign/documents/request.ts";
import { requestViews } from "#pages/approvals/request-view.ts";
import { afterwardsView, askedView } from "#pages/approvals/timeline-view.ts";
import { plainText } from "#pages/kit/text-view.ts";
import { quorumView } from "#pages/approvals/quorum-view.ts";
import { exactTimeText, timeLeftText, timeText, urgencyOf } from "#pages/kit/time-text.ts";
import { objectView } from "#pages/kit/value-view.ts";
import type { View } from "#pages/kit/view.ts";
import { ALEX, anyPayload, anyText, approvalData, decisionOf, SAM, type Variation } from "#test/support/documents/approval-data.ts";

const ORIGIN = "https://gate.example.com";
const textOf = (view: View): string => (typeof view === "string" ? view : view.children.map(textOf).join(""));
const textOfValue = (value: JsonValue): string => textOf(objectView({ v: value })).slice("v".length);
const shown = (variation: Variation): string => {
  const { request, payload, people } = approvalData(ORIGIN, variation);
  return Object.values(requestViews(request, payload, people))
    .map((view) => textOf(view))
    .join("\n");
};

describe("a value shows its type", () => {
  test.each<[JsonValue, string]>([
    ["30", '"30"'],
    [30, "30"],
    ["null", '"null"'],
    [null, "null"],
    [true, "true"],
    ["", '"" empty text'],
    [{}, "{} empty object"],
    [[], "[] empty list"],
    [1e21, "1e+21"],
    [-0.5, "-0.5"],
    [" x ", '" x "'],
  ])("%j", (value, expected) => {
    expect(textOfValue(value)).toBe(expected);
  });

  test("everything nested is there, members in canonical order", () => {
    const view = objectView({ b: [1, { deep: [[]] }], a: { "": null }, 10: "x", 9: "y" });
    expect(textOf(view)).toBe('10"x"9"y"a"" empty namenullb1deep[] empty list');
  });

  test("the order that members came in makes no difference", () => {
    expect(objectView({ b: 1, a: 2, 1: 3 })).toEqual(objectView({ 1: 3, a: 2, b: 1 }));
  });
});

describe("hostile text is visible wherever it stands", () => {
  const HOSTILE = "a\u202eb<script>alert(1)</script>\u200b";
  const EXPECTED = "aU+202Eb<script>alert(1)</script>U+200B";
  test.each<[string, Variation]>([
    ["a payload's value", { payload: { note: HOSTILE } }],
    ["a payload's name", { payload: { [HOSTILE]: 1 } }],
    ["a value deep in a payload", { payload: { a: [{ b: [HOSTILE] }] } }],
    ["the action", { request: { action: HOSTILE } }],
    ["the reason", { request: { reason: HOSTILE } }],
    ["the agent's name", { request: { requested_by: { id: "agt_bot", name: HOSTILE, owner: ALEX.id } } }],
    ["the rule's name", { request: { policy: { version: 1, rule: HOSTILE, hash: "0".repeat(64) } } }],
    ["a slot's name", { request: { quorum: [{ name: HOSTILE, required: 1, eligible: [ALEX.id] }] } }],
    ["the context", { request: { context: { tool: HOSTILE } } }],
    ["a person's name", { people: [{ ...ALEX, display_name: HOSTILE }, SAM] }],
  ])("%s", (_, variation) => {
    const text = shown(variation);
    expect(text).toContain(EXPECTED);
    expect(text).toMatch(/U\+202E RIGHT-TO-LEFT OVERRIDE, (once|\d times)/);
    expect(text).not.toMatch(/[\u202e\u200b]/);
  });

  test("a comment", () => {
    const data = approvalData(ORIGIN, { state: { decisions: [decisionOf(SAM, "approved", HOSTILE)] } });
    expect(textOf(signaturesView(data, data.state))).toContain(EXPECTED);
  });

  test("a page's title", () => {
    expect(plainText("a\u202eb\nc\u200b")).toBe("a[U+202E]b c[U+200B]");
  });

  test("a word that mixes alphabets is named before the payload", () => {
    expect(shown({ payload: { url: "https://pаypal.com" } })).toMatch(/look-alike characters.*: *pаypal\.com \(U\+0430\), once/);
  });

  test("a letter that few devices can show is its code in a word, too, so that two such words differ", () => {
    const text = shown({ payload: { a: "ꓢꓔꓳꓑ", b: "ꓢꓔꓳꓓ" } });
    expect(text).toContain('"U+A4E2U+A4D4U+A4F3U+A4D1"');
    expect(text).toContain('"U+A4E2U+A4D4U+A4F3U+A4D3"');
    expect(text).toMatch(/U\+A4E2U\+A4D4U\+A4F3U\+A4D3, once/);
  });

  test("what looks like the mark for a space is named before the payload", () => {
    expect(shown({ payload: { note: "a·b" } })).toMatch(/look like the marks for spaces and tabs.*: *· U\+00B7 MIDDLE DOT, once/);
  });

  test("in a title nothing reads like a code that is none", () => {
    expect(plainText("[U+202E] a·b c\u202e")).toBe("[U+005B]U+202E] a·[U+00B7]b c[U+202E]");
  });

  test("ordinary text raises no caution", () => {
    expect(shown({ payload: { note: "Größe 漢字 שלום, line\nbreak" } })).not.toMatch(/look-alike|cannot be seen/);
  });
});

test("every member of the request is shown", () => {
  const { request, payload, people } = approvalData(ORIGIN, { request: { context: { tool: "deploy", risk: 7 } } });
  const views = requestViews(request, payload, people);
  const text = Object.values(views)
    .map((view) => textOf(view).replaceAll(/([0-9a-f]{4}) (?=[0-9a-f]{4})/g, "$1"))
    .join("\n");
  const leaves = (value: unknown): string[] =>
    typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [String(value)];
  for (const leaf of leaves(request)) expect(text).toContain(/^\d{4}-\d\d-\d\dT/.test(leaf) ? exactTimeText(leaf) : leaf);
});

describe("the terms in one sentence", () => {
  const sentence = (request: Variation["request"]): string => {
    const data = approvalData(ORIGIN, {
      request: {
        requested_at: "2026-11-30T16:00:00.000Z",
        expires_at: "2026-11-30T17:00:00.000Z",
        use_by: "2026-11-30T18:00:00.000Z",
        ...request,
      },
    });
    const [first] = requestViews(data.request, data.payload, data.people).terms.children;
    return textOf(first ?? "");
  };

  test("who, until when, and how often", () => {
    const quorum = [
      { name: "release", required: 2, eligible: [ALEX.id, SAM.id] },
      { name: "dba", required: 1, eligible: [SAM.id] },
    ];
    expect(sentence({ quorum })).toBe("Two of release and one of dba, until 30 Nov 2026, 17:00 UTC; then once, by 18:00 UTC.");
    expect(sentence({ use_by: "2026-12-01T08:00:00.000Z" })).toBe(
      "One of any approver, until 30 Nov 2026, 17:00 UTC; then once, by 1 Dec 2026, 08:00 UTC.",
    );
  });

  test("everything else stands behind it, in one fold", () => {
    const { request, payload, people } = approvalData(ORIGIN);
    const [, fold] = requestViews(request, payload, people).terms.children;
    expect(typeof fold === "string" ? "" : fold?.tag).toBe("details");
    for (const said of [request.id, request.policy.rule, ALEX.id, "Alex Doe (alex)"]) expect(textOf(fold ?? "")).toContain(said);
  });
});

describe("the data block", () => {
  test("gives back what it was made from, and nothing in it can end it", () => {
    fc.assert(
      fc.property(anyPayload, anyText, (payload, action) => {
        const data = approvalData(ORIGIN, { payload, request: { action: action.slice(0, 200).toWellFormed() || "x" } });
        const block = dataBlockText(data);
        expect(block).not.toContain("<");
        const read = parseJson(block);
        expect(read).toEqual({ ok: true, value: data });
        expect(approvalPageShape(read.ok ? read.value : null, "")).toEqual(data);
      }),
    );
  });
});

describe("how an approval stands", () => {
  const two: Variation["request"] = { quorum: [{ name: "managers", required: 2, eligible: [ALEX.id, SAM.id] }] };
  const read = (variation: Variation): { data: ApprovalPageData; status: string; outcome: string; signatures: string } => {
    const data = approvalData(ORIGIN, variation);
    const outcome = outcomeView(data, data.state);
    return {
      data,
      status: statusText(data, data.state),
      outcome: outcome === null ? "" : textOf(outcome),
      signatures: textOf(signaturesView(data, data.state)),
    };
  };
  const ended = (status: "approved" | "denied" | "expired" | "cancelled", endedBy: string) => ({
    status,
    ended_by: endedBy,
    decided_at: "2026-11-20T09:30:00.000Z",
  });

  test.each([
    [
      "Approved",
      { ...ended("approved", "passkeys"), decisions: [decisionOf(SAM, "approved")] },
      /^by Sam Okafor \(sam\), 20 Nov 2026, 09:30 UTC/,
    ],
    ["Denied", { ...ended("denied", "passkeys"), decisions: [decisionOf(ALEX, "denied")] }, /^by Alex Doe \(alex\), /],
    ["Expired", ended("expired", "deadline"), /^Nobody decided in time\./],
    ["Cancelled", ended("cancelled", "requester"), /^The agent withdrew its request\./],
    [
      "Cancelled",
      { ...ended("cancelled", "requester"), cancel_reason: "No longer\u202e needed" },
      /^The agent withdrew its request\..*UTCDownload receipt$/,
    ],
    ["Cancelled", ended("cancelled", "stop"), /^A person stopped the agent, or everything\. The agent may not act\./],
    ["Approved", ended("approved", "policy"), /^A rule lets this pass, and nobody was asked\./],
    ["Cancelled", { ...ended("cancelled", "stop"), cancel_reason: "Ask again." }, /^The log that the request belonged to has ended\./],
    ["Cancelled", ended("cancelled", "revocation"), /was revoked\./],
  ])("%s, with the receipt", (status, state, outcome) => {
    const page = read({ state });
    expect(page.status).toBe(status);
    expect(page.outcome).toMatch(outcome);
    expect(page.outcome).toContain("Download receipt");
    expect(page.signatures).not.toContain("Awaited");
  });

  test("why it was withdrawn stands in the flow of the page, whatever its length, and not in the bar", () => {
    const state = { ...ended("cancelled", "requester"), cancel_reason: `No longer\u202e needed${"\n".repeat(1_000)}` };
    const page = read({ state });
    expect(page.signatures).toContain("in the agent’s own wordsNo longerU+202E needed");
    expect(page.outcome).not.toContain("needed");
  });

  test("pending says who is awaited", () => {
    expect(read({})).toMatchObject({ status: "", outcome: "", signatures: "Awaited: one of you, Sam Okafor (sam)" });
  });

  test("above everything, how many have to sign and have", () => {
    const quorum = (variation: Variation): string => {
      const data = approvalData(ORIGIN, variation);
      return textOf(quorumView(data, data.state));
    };
    expect(quorum({})).toBe("Signatures: 0 of 1, any approver");
    expect(quorum({ state: { ...ended("denied", "passkeys"), decisions: [decisionOf(ALEX, "denied")] } })).toBe("");
    const slots = [...(two?.quorum ?? []), { name: "d\u202eba", required: 1, eligible: [SAM.id] }];
    expect(quorum({ request: { quorum: slots }, state: { decisions: [decisionOf(ALEX, "approved")] } })).toBe(
      "Signatures: 1 of 3, 2 of managers, 1 of dU+202Eba",
    );
  });

  test("signed by some of several says how many", () => {
    const page = read({ request: two, state: { decisions: [decisionOf(ALEX, "approved")] } });
    expect(page.status).toBe("Signed, 1 of 2");
    expect(page.outcome).toContain("Waiting for the others.");
    expect(page.signatures).toMatch(/^Alex Doe \(alex\) approved, .*Awaited: Sam Okafor \(sam\)$/);
  });

  test("signed by somebody else says who, and that this person is awaited", () => {
    const page = read({ request: two, state: { decisions: [decisionOf(SAM, "approved")] } });
    expect(page.status).toBe("Signed, 1 of 2");
    expect(page.outcome).toBe("Sam Okafor (sam) has signed. One more signature is needed, and you can give it.");
    expect(page.signatures).toMatch(/^Sam Okafor \(sam\) approved, .*Awaited: you$/);
  });

  test("on its way into the log says that it is signed, and has no receipt yet", () => {
    const page = read({ state: { status: "settling", decisions: [decisionOf(ALEX, "approved")] } });
    expect(page.status).toBe("");
    expect(page.outcome).toBe("Signed, being recorded. This takes a moment.");
    expect(read({ state: { status: "settling" } }).outcome).toBe("Being recorded. This takes a moment.");
  });
});

describe("times", () => {
  test("points in time are in UTC", () => {
    expect(timeText("2026-01-09T07:05:59.999Z")).toBe("9 Jan 2026, 07:05 UTC");
    expect(exactTimeText("2026-01-09T07:05:59.999Z")).toBe("2026-01-09 07:05:59.999 UTC");
  });

  test.each([
    [-5, "no time left"],
    [999, "no time left"],
    [1_000, "1 second left"],
    [119_999, "119 seconds left"],
    [120_000, "2 minutes left"],
    [7_199_999, "119 minutes left"],
    [7_200_000, "2 hours left"],
    [172_800_000, "2 days left"],
  ])("%d ms: %s", (ms, expected) => {
    expect(timeLeftText(ms)).toBe(expected);
  });

  test.each([
    [0, "last"],
    [119_999, "last"],
    [120_000, "soon"],
    [1_799_999, "soon"],
    [1_800_000, "ample"],
  ])("%d ms that are left are %s", (ms, expected) => {
    expect(urgencyOf(ms)).toBe(expected);
  });
});

test.each([
  ["/a/apr_x", "/a/apr_x"],
  ["/admin/agents?x=1#y", "/admin/agents?x=1#y"],
  ["https://evil.example", "/"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["/a\\b", "/"],
  ["/\t/evil.example", "/"],
  ["javascript:alert(1)", "/"],
  ["", "/"],
])("after signing in, %j leads to %s", (next, expected) => {
  expect(localPath(next)).toBe(expected);
});

test("what becomes public is said whole: also who could have decided, since the request names them", () => {
  const { request, payload, people } = approvalData(ORIGIN, {});
  const notice = textOf(requestViews({ ...request, context: { reveal: true } } as RequestDocument, payload, people).request);
  expect(notice).toContain("Anyone can then read this request, its payload, the ids of all who could decide it, who did and when.");
});

test("a witness is told with the time that its clock says, whatever that is", () => {
  const told = (timeSeconds: number): string => textOf(witnessSentence([{ name: "one.example", timeSeconds }]));
  expect(told(1_795_167_000)).toBe("Seen in this state by one.example on 20 Nov 2026, 09:30 UTC, which is enough for your policy.");
  expect(told(Number.MAX_SAFE_INTEGER)).toContain(" on 9007199254740991 seconds after 1970,");
});

describe("the story after the signature", () => {
  const AT = "2026-11-20T09:30:00.000Z";
  const request: Variation["request"] = { requested_at: AT, use_by: "2026-11-20T10:45:00.000Z" };
  const approved: Variation["state"] = {
    status: "approved",
    ended_by: "passkeys",
    decided_at: AT,
    decisions: [decisionOf(SAM, "approved")],
  };
  const use = { redeemed_at: "2026-11-20T09:31:00.000Z", outcome: null, reported_at: null, detail: null };
  const story = (state: Variation["state"], at = AT): string[] => {
    const data = approvalData(ORIGIN, { request, state: state ?? {} });
    const [list, ...ways] = afterwardsView(data, data.state, Date.parse(at)).children;
    const steps = list === undefined || typeof list === "string" ? [] : list.children.map(textOf);
    return [...steps, ...ways.map(textOf)];
  };
  const VERIFY = "Verify this receipt";
  const APPROVED = "Approved, 20 Nov 2026, 09:30 UTC";
  const UNUSED = "Not used yet. The agent can use it once, until 20 Nov 2026, 10:45 UTC";
  const USED = "release-bot used it, 20 Nov 2026, 09:31 UTC";

  test("begins with who asked", () => {
    expect(textOf(askedView(approvalData(ORIGIN, { request })))).toBe("release-bot asked, 20 Nov 2026, 09:30 UTC");
  });

  test.each<[string, Variation["state"], string[]]>([
    ["pending: nothing yet", {}, []],
    ["being recorded: nothing yet", { status: "settling", ended_by: "passkeys" }, []],
    ["denied: that is all", { status: "denied", ended_by: "passkeys", decided_at: AT }, ["Denied, 20 Nov 2026, 09:30 UTC", VERIFY]],
    ["expired: that is all", { status: "expired", ended_by: "deadline", decided_at: AT }, ["Expired, 20 Nov 2026, 09:30 UTC", VERIFY]],
    ["approved", approved, [APPROVED, UNUSED, VERIFY]],
    [
      "about to be used",
      { ...approved, use: { ...use, redeemed_at: null } },
      [APPROVED, "The agent is about to use it. This is being recorded.", VERIFY],
    ],
    ["used", { ...approved, use }, [APPROVED, USED, "The agent has not reported how it went.", VERIFY]],
    [
      "succeeded",
      { ...approved, use: { ...use, outcome: "succeeded", reported_at: AT } },
      [APPROVED, USED, "The agent reported success, 20 Nov 2026, 09:30 UTC", VERIFY],
    ],
    [
      "failed, with its words, everything in them visible",
      { ...approved, use: { ...use, outcome: "failed", reported_at: AT, detail: "Two\u202e of three" } },
      [APPROVED, USED, "The agent reported failure, 20 Nov 2026, 09:30 UTCHow it went, in the agent’s own wordsTwoU+202E of three", VERIFY],
    ],
    [
      "not known",
      { ...approved, use: { ...use, outcome: "unknown", reported_at: AT } },
      [APPROVED, USED, "The agent reported that it does not know how it went, 20 Nov 2026, 09:30 UTC", VERIFY],
    ],
  ])("%s", (_, state, expected) => {
    expect(story(state)).toEqual(expected);
  });

  test("says that it was never used once it surely can no longer be, and not of what is being used", () => {
    const NEVER = "Never used, and no longer usable: its time was up on 20 Nov 2026, 10:45 UTC";
    expect(story(approved, "2026-11-20T10:45:00.000Z")[1]).toBe(UNUSED);
    expect(story(approved, "2026-11-20T10:45:05.001Z")[1]).toBe(NEVER);
    const late = "2026-11-21T10:45:00.000Z";
    expect(story({ ...approved, use: { ...use, redeemed_at: null } }, late)).not.toContain(NEVER);
    expect(story({ ...approved, use }, late)).toContain(USED);
  });
});
