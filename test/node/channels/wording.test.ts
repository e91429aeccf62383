/** What messages say, pinned. */
import { describe, expect, it, test } from "vitest";
import { toldText } from "#channels/told-text.ts";
import { wording } from "#channels/wording.ts";
import { HOSTILE, NOW, PAGE, toldContent, toldRequest } from "#test/support/channels/messages.ts";

const said = (content: Parameters<typeof wording>[0], nowMs: number | null = NOW) => {
  const { title, lines, link, urgency, isNews } = wording(content, nowMs);
  return [title, ...lines, `${link.text}: ${link.url}`, isNews ? "news" : "asks", urgency];
};

describe("a request", () => {
  it("that asks", () => {
    expect(said(toldContent())).toEqual([
      "Approve? deploy to production",
      "deploy-bot asks.",
      "Risk: high.",
      "Open until 20 Nov 2026, 09:30 UTC (in 14 minutes).",
      `Look and decide: ${PAGE}`,
      "asks",
      "high",
    ]);
  });

  it("whose action is hidden, of no known risk, that needs two", () => {
    expect(said(toldContent({ request: toldRequest({ action: null, risk: null, required: 2, approvals: 1 }) }))).toEqual([
      "deploy-bot asks for an approval",
      "deploy-bot asks.",
      "Needs 2 approvals, has 1.",
      "Open until 20 Nov 2026, 09:30 UTC (in 14 minutes).",
      `Look and decide: ${PAGE}`,
      "asks",
      "normal",
    ]);
  });

  it("said where it is read later, and sent again in the same words", () => {
    expect(said(toldContent(), null)[3]).toBe("Open until 20 Nov 2026, 09:30 UTC.");
  });

  it.each([
    [30_000, "in less than a minute"],
    [60_000, "in 1 minute"],
    [7_199_000, "in 119 minutes"],
    [7_200_000, "in 2 hours"],
    [172_800_000, "in 2 days"],
  ])("with %d ms left", (leftMs, words) => {
    const expiresAt = new Date(NOW + leftMs).toISOString();
    expect(said(toldContent({ request: toldRequest({ expiresAt }) }))[3]).toContain(`(${words})`);
  });

  it("that is told of too late", () => {
    expect(said(toldContent(), NOW + 3_600_000)[3]).toBe("Was open until 20 Nov 2026, 09:30 UTC.");
  });

  it("that still waits, and one that others may decide now", () => {
    expect(said(toldContent({ type: "request.reminder" })).slice(0, 2)).toEqual([
      "Still open: deploy to production",
      "deploy-bot still waits.",
    ]);
    expect(said(toldContent({ type: "request.escalated" })).slice(0, 2)).toEqual([
      "Approve? deploy to production",
      "deploy-bot asks. Nobody has decided so far, and now you may.",
    ]);
  });

  it("that one of two has signed", () => {
    expect(said(toldContent({ type: "request.signed", request: toldRequest({ approvals: 1, required: 2 }) }))).toEqual([
      "Signed, 1 of 2: deploy to production",
      "deploy-bot asks. More signatures are needed.",
      "Risk: high.",
      "Open until 20 Nov 2026, 09:30 UTC (in 14 minutes).",
      `Open: ${PAGE}`,
      "news",
      "normal",
    ]);
  });

  it.each([
    ["approved", "Approved"],
    ["denied", "Denied"],
    ["expired", "Expired"],
    ["cancelled", "Cancelled"],
  ] as const)("that is %s", (status, word) => {
    expect(said(toldContent({ type: "request.ended", request: toldRequest({ status }) }))).toEqual([
      `${word}: deploy to production`,
      "deploy-bot asked. Nothing is left to decide.",
      `Open: ${PAGE}`,
      "news",
      "normal",
    ]);
    expect(said(toldContent({ type: "request.ended", request: toldRequest({ status, action: null }) }))[0]).toBe(
      `${word}: a request of deploy-bot`,
    );
  });

  it("in the place of somebody who is away", () => {
    expect(said(toldContent({ insteadOf: "ada" }))).toContain("You are told because ada is away.");
  });
});

const bare = { at: "2026-11-20T09:15:00.000Z", url: PAGE };

test("requests that are many", () => {
  const many = { agent: { id: "agt_1", name: "deploy-bot" }, count: 117, action: "deploy", alike: 114, since: "2026-11-20T09:00:00.000Z" };
  expect(said({ type: "requests.many", ...bare, many })).toEqual([
    "deploy-bot asks 117 times",
    "114 for the same: deploy",
    "Since 20 Nov 2026, 09:00 UTC.",
    "If that is not meant, stop the agent.",
    `Look, or stop the agent: ${PAGE}`,
    "asks",
    "high",
  ]);
  expect(said({ type: "requests.many", ...bare, many: { ...many, action: null } })[1]).toBe("114 for the same action");
});

test("a test, a channel that is off, and a kind that has no words of its own", () => {
  expect(said({ type: "channel.test", ...bare })[0]).toBe("A test of Countersign");
  expect(said({ type: "channel.disabled", ...bare, channel: { id: "chn_1", name: "ops" } })[0]).toBe("Channel off: ops");
  expect(said({ type: "policy.published", ...bare })).toEqual(["Countersign: policy.published", `Open: ${PAGE}`, "news", "normal"]);
});

describe("an agent's words", () => {
  it("hide nothing and reorder nothing", () => {
    expect(toldText("pay\u202e001\u200b", 40)).toBe("pay[U+202E]001[U+200B]");
    expect(toldText("a\r\nb\tc\u0007", 40)).toBe("a[U+000D] ⏎ b ⇥ c[U+0007]");
    expect(toldText("p\u0430ypal", 40)).toBe("p\u0430ypal[look-alikes]");
    expect(toldText("[U+202E] is mine", 40)).toBe("[U+005B]U+202E] is mine");
    expect(toldText("to \u05d0\u05d1 1", 40)).toMatch(/^to \u2067\u05d0\u05d1\u2069/);
  });

  it("are no address to tap on", () => {
    expect(toldText("see https://evil.example/x or WWW.evil.example", 60)).toBe("see https[:]//evil.example/x or WWW[.]evil.example");
  });

  it("end where they have to, between characters", () => {
    expect(toldText("abcdef", 6)).toBe("abcdef");
    expect(toldText("abcdefg", 6)).toBe("abcdef…");
    expect(toldText("😀".repeat(10), 3)).toBe("😀😀😀…");
    expect(toldText("x".repeat(1_000_000), 3)).toBe("xxx…");
  });

  it("stay on one line wherever they stand", () => {
    const request = toldRequest({ action: HOSTILE, agent: { id: "agt_1", name: HOSTILE } });
    const many = { agent: request.agent, count: 2, action: HOSTILE, alike: 2, since: "2026-11-20T09:00:00.000Z" };
    const contents = [
      ...["request.opened", "request.reminder", "request.escalated", "request.signed", "request.ended"].map((type) =>
        toldContent({ type, request, insteadOf: HOSTILE }),
      ),
      toldContent({ request: { ...request, action: null } }),
      { type: "requests.many", ...bare, many },
      { type: "channel.disabled", ...bare, channel: { id: "chn_1", name: HOSTILE } },
      { type: HOSTILE, ...bare },
    ];
    for (const content of contents) {
      const { title, lines } = wording(content, NOW);
      for (const line of [title, ...lines]) expect(line).not.toMatch(/[\p{Cc}\u202e\u200b]|https:\/\/|www\./u);
      expect([title, ...lines].join("")).toContain("<script>");
    }
  });
});
