/** What is unusual: reasons with their numbers, what they come to, and what comes of that. */
import { describe, expect, it, test } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { couldHold } from "#countersign/policy/judging/possible/could-hold.ts";
import { judge } from "#countersign/policy/judging/judge.ts";
import type { PastCall } from "#countersign/policy/judging/past/call.ts";
import { answersFor, aPast, aPastCall, aProfile, DAY_MS, judgedAfter, MINUTE_MS, NOW_MS } from "#test/support/policies/made-past.ts";
import { aCall, anAsk, PEOPLE, policyOf } from "#test/support/policies/policy-facts.ts";

const ALLOWED = "rules: [{ name: it, effect: allow, risk: low }]";
const SECRET = aPastCall("read_file", 5 * MINUTE_MS, { path: "/home/a/.ssh/id_rsa" });
const CHAIN = `{ name: secret-then-out, within: 10m, add: 60, steps: [{ tool: "*read_*", when: 'args.path.contains(".ssh")' }, { tool: ["http_*", "deploy_*"] }] }`;

test("a read of a secret that is followed by an outbound call is held", () => {
  const policy = policyOf(`anomaly: { chains: [${CHAIN}] }\n${ALLOWED}`);
  const outbound = aCall({ tool: "http_post", args: { url: "https://example.net" } });
  const harmless = aPastCall("read_file", 5 * MINUTE_MS, { path: "/home/a/notes.md" });
  const used = [aPastCall("http_post", DAY_MS), harmless];
  expect(judgedAfter(policy, outbound, aPast(used))).toMatchObject({
    effect: "allow",
    anomaly: { score: 0, reasons: [], kinds: [], isNotice: false, isHeld: false },
  });
  expect(judgedAfter(policy, outbound, aPast([...used, SECRET]))).toMatchObject({
    effect: "require_approval",
    rule: "it",
    slots: [{ name: "any approver", required: 1 }],
    risk: {
      level: "critical",
      score: 60,
      reasons: ["The rule says low risk.", "It ends the chain secret-then-out: the agent did before what the policy watches for."],
    },
    anomaly: { score: 60, kinds: ["chain"], isNotice: true, isHeld: true },
    grants: null,
    passesInSilence: false,
  });
});

describe("a chain", () => {
  const three =
    policyOf(`anomaly: { chains: [{ name: c, within: 10m, add: 60, steps: [{ tool: a }, { tool: b, when: args.x == 1 }, { tool: c, when: args.y == 2 }] }] }
${ALLOWED}`);
  const kinds = (calls: readonly PastCall[], given: Parameters<typeof aPast>[1] = {}, y: unknown = 2) =>
    judgedAfter(three, aCall({ tool: "c", args: { y } as never }), aPast([...calls, aPastCall("c", 29 * DAY_MS)], given)).anomaly?.kinds;
  const [a, b] = [aPastCall("a", 3 * MINUTE_MS), aPastCall("b", 2 * MINUTE_MS, { x: 1 })];

  it("is met by its steps in their order, whatever lies between them", () => {
    expect(kinds([a, b])).toEqual(["chain"]);
    expect(kinds([a, aPastCall("z", 2.5 * MINUTE_MS), b, aPastCall("b", MINUTE_MS, { x: 3 })])).toEqual(["chain"]);
    expect(kinds([aPastCall("a", MINUTE_MS), b])).toEqual([]);
    expect(kinds([b])).toEqual([]);
    expect(kinds([a])).toEqual([]);
    expect(kinds([a, aPastCall("b", 2 * MINUTE_MS, { x: 3 })])).toEqual([]);
  });

  it("ends with what is judged, and lies within its time", () => {
    expect(kinds([a, b], {}, 3)).toEqual([]);
    expect(kinds([aPastCall("a", 10 * MINUTE_MS), b])).toEqual([]);
    expect(kinds([aPastCall("a", 10 * MINUTE_MS - 1), b])).toEqual(["chain"]);
    expect(judgedAfter(three, aCall({ tool: "z", args: { y: 2 } }), aPast([a, b])).anomaly?.kinds).toEqual(["first_tool"]);
  });

  it("takes a step as met whose condition cannot be known: what an agent leaves out does not let it out", () => {
    expect(kinds([a, aPastCall("b", 2 * MINUTE_MS, null)])).toEqual(["chain"]);
    expect(kinds([a, aPastCall("b", 2 * MINUTE_MS, {})])).toEqual(["chain"]);
    expect(kinds([a, aPastCall("b", 2 * MINUTE_MS, { x: "1" })])).toEqual(["chain"]);
    expect(kinds([a, aPastCall("b", 2 * MINUTE_MS, { text: "a".repeat(3_000) })])).toEqual(["chain"]);
    expect(kinds([a, b], {}, "2")).toEqual(["chain"]);
  });

  it("counts where what came before is not known, and says so", () => {
    const lost = { sinceMs: NOW_MS - MINUTE_MS };
    expect(kinds([], lost)).toEqual(["chain"]);
    const { anomaly } = judgedAfter(three, aCall({ tool: "c", args: { y: 2 } }), aPast([aPastCall("c", 1)], lost));
    expect(anomaly?.reasons).toEqual(["It may end the chain c: what the agent did before is not known."]);
    expect(kinds([], { sinceMs: NOW_MS - 10 * MINUTE_MS })).toEqual([]);
  });

  it("needs a call for each of its steps, and one call is not two", () => {
    const twice = policyOf(
      `anomaly: { chains: [{ name: c, within: 10m, add: 60, steps: [{ tool: a }, { tool: a }, { tool: a }] }] }\n${ALLOWED}`,
    );
    const met = (count: number) =>
      judgedAfter(twice, aCall({ tool: "a" }), aPast(Array.from({ length: count }, (_, at) => aPastCall("a", at)))).anomaly?.isHeld;
    expect([met(1), met(2)]).toEqual([false, true]);
  });
});

describe("what is unusual", () => {
  const policy = policyOf(`anomaly: { watch: [to, args.table, transfer.iban] }\n${ALLOWED}`);
  const known = aProfile(20, 8, 18, "get_status", { to: [] });
  const usual = (calls: readonly PastCall[] = []) => aPast(calls, { profile: known });
  const at = (time: string) => Date.parse(`2026-11-24T${time}:00Z`);
  const of = (facts: Parameters<typeof aCall>[0], past = usual()) =>
    judgedAfter(policy, aCall({ tool: "get_status", ...facts }), past).anomaly;

  it("is nothing for what an agent always does", () => {
    expect(of({ nowMs: at("10:00") })).toEqual({ score: 0, reasons: [], kinds: [], isNotice: false, isHeld: false });
  });

  it("is an hour at which it never calls, or once only", () => {
    expect(of({ nowMs: at("02:00") })).toEqual({
      score: 15,
      reasons: ["The agent hardly ever does anything at this hour."],
      kinds: ["hour"],
      isNotice: false,
      isHeld: false,
    });
    // An hour beside a usual one is usual.
    expect([of({ nowMs: at("07:00") })?.kinds, of({ nowMs: at("18:59") })?.kinds]).toEqual([[], []]);
    expect([of({ nowMs: at("06:59") })?.kinds, of({ nowMs: at("19:00") })?.kinds]).toEqual([["hour"], ["hour"]]);
  });

  it("is a burst, against what it does on its days", () => {
    const calls = (count: number, tool = "get_status") => Array.from({ length: count }, (_, index) => aPastCall(tool, index * 1_000));
    expect(of({}, usual(calls(20)))).toMatchObject({
      score: 20,
      reasons: ["The agent does far more than usual: 21 calls within five minutes."],
      kinds: ["burst"],
    });
    expect(of({}, usual(calls(19)))?.kinds).toEqual([]);
    expect(of({}, usual(calls(15).map((call, index) => ({ ...call, atMs: NOW_MS - index * 30 * 1_000 }))))?.kinds).toEqual([]);
  });

  it("is the first use of a tool", () => {
    expect(of({ tool: "drop_table" })).toMatchObject({
      score: 15,
      reasons: ["The agent has not used this tool before."],
      kinds: ["first_tool"],
    });
    expect(of({ tool: "drop_table" }, usual([aPastCall("drop_table", DAY_MS)]))?.kinds).toEqual([]);
    expect(of({ tool: null, source: "ask" })?.kinds).toEqual([]);
  });

  it("is the first value of a watched member, of at most two", () => {
    const before = aPastCall("get_status", DAY_MS, { to: "ada", table: ["t1", "t2"] }, [["to"], ["table"]]);
    const values = (args: Record<string, unknown>) => of({ args: args as never }, usual([before]));
    expect(values({ to: "zoe" })).toMatchObject({
      score: 20,
      reasons: ["What is in args.to is new for this agent."],
      kinds: ["first_value"],
    });
    expect(values({ to: "zoe", table: "t3", transfer: { iban: "x" } })).toMatchObject({
      score: 40,
      reasons: [
        "What is in args.to is new for this agent.",
        "What is in args.table is new for this agent.",
        "What is in args.transfer.iban is new for this agent.",
      ],
      kinds: ["first_value"],
      isNotice: true,
    });
    for (const args of [{ to: "ada", table: "t2" }, { table: ["t2", "t1"] }, {}, { to: null }])
      expect([args, values(args)?.kinds]).toEqual([args, []]);
  });

  it("is a value that hides in a list, a map or another type", () => {
    const many = Array.from({ length: 60 }, (_, index) => `u${index}`);
    const before = [
      aPastCall("get_status", DAY_MS, { to: "ada" }, [["to"]]),
      ...many.map((to, index) => aPastCall("get_status", DAY_MS - index, { to }, [["to"]])),
    ];
    for (const to of [["ada", "zoe"], [...many, "zoe"], { name: "ada" }, [{ name: "ada" }], ["ada", ["zoe"]]])
      expect([to, of({ args: { to } as never }, usual(before))?.kinds]).toEqual([to, ["first_value"]]);
  });

  it("is nothing of an hour or a burst as long as the agent is not known", () => {
    const young = { profile: aProfile(4, 8, 18) };
    const calls = Array.from({ length: 100 }, (_, index) => aPastCall("get_status", index));
    expect(of({ nowMs: at("02:00") }, aPast([], young))?.kinds).toEqual([]);
    expect(of({}, aPast(calls, young))?.kinds).toEqual([]);
    expect(of({ nowMs: at("02:00") }, aPast([], { profile: aProfile(5, 8, 18) }))?.kinds).toEqual(["hour"]);
  });

  it("adds up, and to the risk as well", () => {
    const judgement = judgedAfter(policy, aCall({ tool: "x", nowMs: at("02:00"), args: { to: "a", table: "b" } }), usual());
    expect(judgement).toMatchObject({
      effect: "require_approval",
      risk: { score: 70, level: "critical" },
      anomaly: { score: 70, kinds: ["hour", "first_tool", "first_value"], isNotice: true, isHeld: true },
    });
  });

  it("says nothing in the agent's own words", () => {
    const words = "Approve me";
    const { anomaly } = judgedAfter(policy, aCall({ tool: words, args: { to: words, [words]: words } }), usual());
    expect(anomaly?.score).toBe(35);
    expect(JSON.stringify(anomaly)).not.toContain(words);
  });

  it("is what every object has, too, if a policy watches it", () => {
    const odd = policyOf(`anomaly: { watch: [constructor, toString] }\n${ALLOWED}`);
    const args = { constructor: "a", toString: "b" } as unknown as JsonObject;
    const before = aPastCall("get_status", DAY_MS, args, [["constructor"], ["toString"]]);
    expect(judgedAfter(odd, aCall({ tool: "get_status", args }), aPast([])).anomaly?.score).toBe(55);
    expect(judgedAfter(odd, aCall({ tool: "get_status", args }), aPast([before])).anomaly?.score).toBe(0);
  });
});

describe("what comes of it", () => {
  const first = (top: string, rules = ALLOWED) =>
    judgedAfter(policyOf(`${top}\n${rules}`), aCall({ tool: "x", args: { to: "a" } }), aPast([]));

  it("passes with a notice from one score on, and is held from another on", () => {
    // The first tool and a first value: 35.
    expect(first("anomaly: { watch: [to] }")).toMatchObject({ effect: "allow", anomaly: { score: 35, isNotice: true, isHeld: false } });
    expect(first("anomaly: { watch: [to], notice: 36 }")).toMatchObject({ effect: "allow", anomaly: { isNotice: false } });
    expect(first("anomaly: { watch: [to], threshold: 36 }")).toMatchObject({ effect: "allow" });
    expect(first("anomaly: { watch: [to], threshold: 35 }")).toMatchObject({ effect: "require_approval", anomaly: { isHeld: true } });
    expect(first("anomaly: { watch: [to], threshold: 10 }")).toMatchObject({ effect: "require_approval", anomaly: { isNotice: true } });
  });

  it("asks those of anomaly, or of defaults, or anybody", () => {
    const names = (top: string) => first(top).slots.map(({ name, required }) => `${required} of ${name}`);
    const held = "watch: [to], threshold: 35";
    expect(names(`anomaly: { ${held} }`)).toEqual(["1 of any approver"]);
    expect(names(`anomaly: { ${held} }\ndefaults: { approvals: [{ groups: [dba] }] }`)).toEqual(["1 of dba"]);
    expect(
      names(`anomaly: { ${held}, approvals: [{ groups: [release], required: 2 }] }\ndefaults: { approvals: [{ groups: [dba] }] }`),
    ).toEqual(["2 of release"]);
  });

  it("keeps nobody out who may approve the same on other days", () => {
    const alone = PEOPLE.slice(0, 1);
    const policy = policyOf(`anomaly: { threshold: 15 }\n${ALLOWED}`);
    expect(judgedAfter(policy, aCall({ tool: "x", approvers: alone }), aPast([]))).toMatchObject({
      effect: "require_approval",
      separation: false,
      slots: [{ eligible: ["usr_ada"] }],
    });
  });

  it("never loosens anything: what is refused or asked about stays so, and is said to be unusual", () => {
    for (const effect of ["deny", "require_approval"] as const) {
      const judgement = first("anomaly: { watch: [to], threshold: 10 }", `rules: [{ name: it, effect: ${effect} }]`);
      expect(judgement).toMatchObject({ effect, anomaly: { score: 35, isNotice: true, isHeld: false } });
    }
    const outside = first("anomaly: { threshold: 10 }", "rules: [{ name: it, effect: allow, window: { zone: UTC, days: [sat] } }]");
    expect(outside).toMatchObject({ effect: "deny", code: "outside_window" });
  });

  it("is not let pass in silence, and nothing unusual is remembered", () => {
    const rules = "rules: [{ name: it, effect: require_approval, risk: low, on_expiry: approve, grants: { for: 1d, uses: 3 } }]";
    const policy = policyOf(`anomaly: {}\n${rules}`);
    const known = aPast([aPastCall("x", DAY_MS)]);
    expect(judgedAfter(policy, aCall({ tool: "x" }), known)).toMatchObject({ passesInSilence: true, grants: { for: 86_400, uses: 3 } });
    expect(judgedAfter(policy, aCall({ tool: "y" }), known)).toMatchObject({
      passesInSilence: false,
      grants: null,
      risk: { level: "low" },
    });
  });

  it("is nothing where the past is not known, where nothing was asked of it, and without a policy", () => {
    const policy = policyOf(`anomaly: { threshold: 1, notice: 1, chains: [${CHAIN}] }\n${ALLOWED}`);
    const facts = aCall({ tool: "http_get" });
    expect(judge(policy, facts)).toMatchObject({ effect: "allow", anomaly: null });
    expect(judge(policy, { ...facts, past: {} })).toMatchObject({ effect: "allow", anomaly: { score: 0, isHeld: false } });
    expect(judge(null, { ...facts, past: answersFor(policy, facts, aPast([SECRET])) })).toMatchObject({ anomaly: null, grants: null });
    expect(judgedAfter(policyOf(ALLOWED), facts, aPast([SECRET])).anomaly).toBeNull();
  });

  it("is recorded, and nothing more, by a document that observes", () => {
    const policy = policyOf(`mode: observe\nanomaly: { threshold: 1 }\n${ALLOWED}`);
    expect(judgedAfter(policy, anAsk({ tool: "x" }), aPast([]))).toMatchObject({
      effect: "require_approval",
      rule: "default",
      observed: [{ rule: "it", effect: "require_approval" }],
      anomaly: { score: 15, isHeld: true },
    });
  });

  it("means that people could be asked, where what comes together is enough", () => {
    const call = { server: "cloud", tool: "x", hints: null, agent: { name: "a", groups: [] } };
    const could = (top: string, rules = ALLOWED) => couldHold(policyOf(`${top}\n${rules}`), call);
    expect(could(`anomaly: { chains: [${CHAIN}] }`)).toBe(true);
    expect(could("anomaly: { threshold: 50 }")).toBe(true);
    expect(could("anomaly: { threshold: 51 }")).toBe(false);
    expect(could("anomaly: { threshold: 50 }", "rules: [{ name: it, effect: deny }]")).toBe(false);
  });
});

describe("what an approver may remember", () => {
  const grants = (rules: string, given: Parameters<typeof anAsk>[0] = {}) =>
    judge(policyOf(`rules: [${rules}]`), anAsk({ tool: "x", ...given })).grants;
  const rule = (more: string) => `{ name: it, effect: require_approval, ${more} }`;

  it("is what the rules that decide allow, the least of it", () => {
    expect(grants(rule("grants: { for: 12h, uses: 5 }"))).toEqual({ for: 43_200, uses: 5 });
    const carried = `{ name: odd, match: { when: args.a.b == 1 }, effect: require_approval, grants: { for: 1h, uses: 9 } }`;
    expect(grants(`${carried}, ${rule("grants: { for: 12h, uses: 5 }")}`)).toEqual({ for: 3_600, uses: 5 });
    expect(grants(`${carried}, ${rule("risk: low")}`)).toBeNull();
  });

  it("is nothing of what is critical, passes, is refused, or names people", () => {
    expect(grants(rule("risk: critical, grants: { for: 12h, uses: 5 }"))).toBeNull();
    expect(grants(rule("risk: high, grants: { for: 12h, uses: 5 }"), { args: { env: "production" } })).toBeNull();
    expect(grants(rule("grants: { for: 12h, uses: 5 }"), { asked: { required: 2 } })).toBeNull();
    expect(grants("{ name: it, effect: allow, grants: { for: 12h, uses: 5 } }")).toBeNull();
    expect(grants("{ name: it, effect: deny, grants: { for: 12h, uses: 5 } }")).toBeNull();
    expect(judge(null, anAsk()).grants).toBeNull();
  });
});

test("how far back a burst is seen is five minutes", () => {
  const policy = policyOf(`anomaly: {}\n${ALLOWED}`);
  const calls = Array.from({ length: 40 }, (_, index) => aPastCall("get_status", 5 * MINUTE_MS + index));
  expect(judgedAfter(policy, aCall({ tool: "get_status" }), aPast(calls, { profile: aProfile(20, 8, 18) })).anomaly?.kinds).toEqual([]);
});
