/** What a check says of a policy: what publication refuses, what it warns of, what is not available yet, and where. */
import { describe, expect, it, test } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { KnownTool } from "#countersign/policy/checking/check-arguments.ts";
import { checkPolicy } from "#countersign/policy/checking/check-policy.ts";
import { maskPathFault } from "#countersign/policy/document/masking.ts";
import { pointedAt } from "#test/support/policies/policy-facts.ts";

const rule = (fields: string) => `rules:\n  - { name: it, ${fields} }`;

describe("publication refuses", () => {
  it.each([
    [
      "two rules of one name",
      "rules:\n  - { name: a, effect: deny, match: { tool: x } }\n  - { name: a, effect: deny }",
      ["error 4 duplicate_name a"],
    ],
    ["the name of the defaults", "rules: [{ name: default, effect: deny }]", ["error 2 duplicate_name default"]],
    ["an unknown zone", rule("effect: deny, window: { zone: Europe/Nowhere }"), ["error 3 unknown_zone Europe/Nowhere"]],
    ["hints without a server", rule("effect: deny, match: { hints: { readOnlyHint: true } }"), ["error 3 hints_without_server hints"]],
    [
      "users who are not enough",
      rule("effect: require_approval, approvals: [{ users: [ada, bo], required: 3 }]"),
      ["error 3 impossible_quorum [{"],
    ],
    [
      "slots that need the same person twice",
      rule("effect: require_approval, approvals: [{ users: [ada] }, { users: [ada] }]"),
      ["error 3 impossible_quorum [{"],
    ],
    ["a user named twice to be two", "defaults: { approvals: [{ users: [ada, ada], required: 2 }] }", ["error 2 impossible_quorum [{"]],
    ["too short a time", rule("effect: deny, expires_in: 29s"), ["error 3 bad_time 29s"]],
    ["too long a time", rule("effect: deny, use_within: 8d"), ["error 3 bad_time 8d"]],
    ["a time over its own most", rule("effect: deny, expires_in: 2h, expires_in_max: 1h"), ["error 3 bad_time 2h"]],
    [
      "a time over the most of the defaults",
      `defaults: { use_within_max: 30m }\n${rule("effect: deny, use_within: 1h")}`,
      ["error 4 bad_time 1h"],
    ],
    ["help that comes too late", rule("effect: require_approval, escalate: [{ after: 15m, users: [ada] }]"), ["error 3 bad_time 15m"]],
    [
      "help that comes before the one before",
      rule("effect: require_approval, escalate: [{ after: 5m, users: [ada] }, { after: 5m, users: [bo] }]"),
      ["error 3 bad_time 5m"],
    ],
    ["help of nobody", rule("effect: require_approval, escalate: [{ after: 5m }]"), ["error 3 missing_key {"]],
    ["a window that is never open", rule('effect: deny, window: { from: "09:00", to: "09:00", zone: UTC }'), ['error 3 bad_window "09']],
    ["a day that there is not", rule("effect: deny, window: { zone: UTC, except: [2026-02-30] }"), ["error 3 bad_window 2026-02-30"]],
    [
      "days in the wrong order",
      rule("effect: deny, window: { zone: UTC, except: [2026-02-02/2026-02-01] }"),
      ["error 3 bad_window 2026-02-02/2026-02-01"],
    ],
    ["a condition that cannot be read", rule("effect: deny, match: { when: args.a == }"), ["error 3 bad_condition "]],
    ["a condition of a slot", 'defaults: { approvals: [{ when: "args.a ==" }] }', ['error 2 bad_condition "']],
    [
      "a condition outside of a window",
      rule('effect: deny, window: { zone: UTC, outside: [{ when: "1" }] }'),
      ['error 3 bad_condition 1"'],
    ],
    [
      "conditions that may run too long",
      rule("effect: deny, match: { when: 'args.a.all(a, args.a.all(b, args.a.all(c, true)))' }"),
      ["error 3 too_costly args.a.all(a"],
    ],
    [
      "silence that approves more than low risk",
      rule("effect: require_approval, on_expiry: approve"),
      ["error 3 approve_above_low approve"],
    ],
    ["a reminder before anybody is asked", rule("effect: require_approval, notify: { remind: [5m, 15m] }"), ["error 3 bad_time 15m"]],
  ])("%s", (_, rest, said) => {
    expect(pointedAt(rest)).toEqual(said);
  });

  it("groups and users that there are not, where it is known which there are", () => {
    const rest = rule("effect: require_approval, approvals: [{ users: [ada, zoe] }], escalate: [{ after: 5m, groups: [oncal] }]");
    expect(pointedAt(rest)).toEqual([]);
    expect(pointedAt(rest, { users: ["ada"], groups: ["oncall"] })).toEqual(["error 3 unknown_user zoe", "error 3 unknown_group oncal"]);
  });

  it("channels that there are not, and silence that nobody was told of, where it is known which there are", () => {
    const rest = rule("effect: require_approval, risk: low, on_expiry: approve, notify: { channels: [chat, mail] }");
    expect(pointedAt(rest)).toEqual([]);
    expect(pointedAt(rest, { channels: ["chat"] })).toEqual(["error 3 unknown_channel mail"]);
    expect(pointedAt(rest, { channels: [] })).toEqual([
      "error 3 not_available approve",
      "error 3 unknown_channel chat",
      "error 3 unknown_channel mail",
    ]);
  });

  it("a quorum that nobody can fill, where it is known who there is", () => {
    const people = [
      { username: "ada", groups: ["release", "dba"] },
      { username: "bo", groups: ["release"] },
    ];
    const said = (approvals: string) => pointedAt(`defaults: { approvals: ${approvals} }`, { people });
    const refused = ["error 2 impossible_quorum [{"];
    expect(said("[{ groups: [release], required: 2 }]")).toEqual([]);
    expect(said("[{ groups: [release], required: 3 }]")).toEqual(refused);
    expect(said("[{ groups: [release], required: 2 }, { groups: [dba] }]")).toEqual(refused);
    expect(said("[{ groups: [release] }, { groups: [dba] }]")).toEqual([]);
    expect(said("[{ required: 3 }]")).toEqual(refused);
    expect(said('[{ required: 3, when: "true" }]')).toEqual([]);
  });

  it.each([
    ["plain", "      when: args.a == argz.b", "5 bad_condition argz.b"],
    ["in quotes", '      when: "args.a == argz.b"', '5 bad_condition argz.b"'],
    ["in a block", "      when: |\n        args.a == 1 ||\n          argz.b", "7 bad_condition argz.b"],
    ["folded, by its start", "      when: >-\n        args.a == 1 ||\n        argz.b", "5 bad_condition >-"],
    ["with escapes, by its start", '      when: "args.a == \\"x\\" || argz.b"', '5 bad_condition "args.a'],
  ])("a fault in a condition with its own place: %s", (_, when, place) => {
    expect(pointedAt(`rules:\n  - name: it\n    match:\n${when}\n    effect: deny`)).toEqual([`error ${place}`]);
  });
});

describe("publication warns of", () => {
  it.each([
    [
      "a rule that can never match",
      'rules:\n  - { name: all, effect: deny, match: { tool: "a*" } }\n  - { name: some, effect: deny, match: { tool: [ab, "ac*", "a?"] } }',
      ["warning 4 shadowed some"],
    ],
    [
      "a rule behind one without a match",
      "rules:\n  - { name: all, effect: deny }\n  - { name: some, effect: deny, match: { source: ask, when: args.a == 1 } }",
      ["warning 4 shadowed some"],
    ],
    [
      "a rule behind one of the same condition",
      "rules:\n  - { name: a, effect: deny, match: { when: args.a == 1 } }\n  - { name: b, effect: deny, match: { tool: x, when: args.a == 1 } }",
      ["warning 4 shadowed b"],
    ],
    [
      "what passes and may do more than read",
      rule("effect: allow, match: { source: call, tool: deploy_service }"),
      ["warning 3 allow_unconditional allow"],
    ],
    ["an ask that passes", rule("effect: allow, match: { tool: deploy_service, when: args.a == 1 }"), ["warning 3 allow_takes_asks allow"]],
    ["everything that passes", rule("effect: allow"), ["warning 3 allow_unconditional allow", "warning 3 allow_takes_asks allow"]],
    ["defaults that let pass", "defaults: { effect: allow }", ["warning 2 allow_unconditional allow"]],
    [
      "the text of a command",
      rule('effect: deny, match: { when: args.command.contains("rm -rf") }'),
      ['warning 3 command_text args.command.contains("rm'],
    ],
    [
      "the text of a command, in other letters",
      rule('effect: deny, match: { when: \'args["sql"].lowerAscii().matches("drop")\' }'),
      ['warning 3 command_text \'args["sql"'],
    ],
  ])("%s", (_, rest, said) => {
    expect(pointedAt(rest)).toEqual(said);
  });

  it.each([
    ["a rule behind one that only observes", "rules:\n  - { name: all, mode: observe, effect: deny }\n  - { name: some, effect: deny }"],
    [
      "a rule behind a narrower one",
      'rules:\n  - { name: some, effect: deny, match: { tool: "ab*" } }\n  - { name: all, effect: deny, match: { tool: "a*" } }',
    ],
    [
      "a rule behind one for other agents",
      "rules:\n  - { name: some, effect: deny, match: { groups: [x] } }\n  - { name: all, effect: deny, match: { tool: a } }",
    ],
    [
      "a star behind a question mark",
      'rules:\n  - { name: some, effect: deny, match: { tool: "a?" } }\n  - { name: all, effect: deny, match: { tool: "a*" } }',
    ],
    ["calls that only read", rule('effect: allow, match: { source: call, tool: ["get_*", "list_*", read_file] }')],
    [
      "calls of tools that say so and were accepted",
      rule('effect: allow, match: { source: call, server: "*", hints: { readOnlyHint: true } }'),
    ],
    ["calls under a condition", rule("effect: allow, match: { source: call, when: args.a == 1 }")],
    ["text that is no command", rule('effect: deny, match: { when: args.title.contains("rm") }')],
  ])("but not of %s", (_, rest) => {
    expect(pointedAt(rest)).toEqual([]);
  });
});

describe("how calls are handled", () => {
  it("can be said in rules and defaults", () => {
    const fields =
      "limits: { per_minute: 5, per_day: 100, credits: 2, credits_per_day: 50, seconds: 30 }, scan: { secrets: block }, keep: { what: hash, days: 30 }";
    const mask = "mask: [{ key: password }, { path: '$..token', pattern: '^ey' }, { detector: email }, { path: $ }]";
    expect(
      pointedAt(
        `defaults: { ${fields}, ${mask} }\n${rule(`effect: deny, keep: none, execute: on_collect, ${mask}, ${fields.split(", keep")[0]}`)}`,
      ),
    ).toEqual([]);
  });

  it.each([
    ["a mask of nothing", "mask: [{ key: a }, {}]", "missing_key {"],
    ["a detector that there is not", "mask: [{ detector: emial }]", "bad_value emial"],
    ["a pattern that RE2 cannot read, at the part", "mask: [{ pattern: 'abc(?=d)' }]", "bad_pattern (?=d)'"],
    ["a pattern that is not closed", "mask: [{ pattern: '(a' }]", "bad_pattern (a'"],
    ["a pattern that is too large", "mask: [{ pattern: 'a{500}' }]", "bad_pattern a{500"],
    ["a path without its beginning", "mask: [{ path: users }]", "bad_path users"],
    ["a path with an empty step", "mask: [{ path: '$.users..' }]", "bad_path ..'"],
    ["a path with a filter", "mask: [{ path: '$.users[?(@.a)].b' }]", "bad_path [?(@.a)"],
    ["a path with a range", "mask: [{ path: '$.a[0:2]' }]", "bad_path [0"],
    ["a path with an index from the end", "mask: [{ path: '$.a[-1]' }]", "bad_path [-1"],
    ["limits without any", "limits: {}", "missing_key {"],
    ["credits without how many there are", "limits: { credits: 3 }", "missing_key 3"],
    ["a call that costs more than there is", "limits: { credits: 3, credits_per_day: 2 }", "bad_value 3"],
    ["a time longer than any call takes", "limits: { seconds: 601 }", "bad_value 601"],
    ["remembering what is critical", "risk: critical, grants: { for: 7d, uses: 20 }", "grants_misplaced grants"],
    ["remembering for longer than any grant lasts", "grants: { for: 31d, uses: 20 }", "bad_time 31d"],
    ["remembering for no time to speak of", "grants: { for: 29s, uses: 20 }", "bad_time 29s"],
    ["remembering more often than any grant serves", "grants: { for: 7d, uses: 101 }", "bad_value 101"],
  ])("refuses %s", (_, fields, said) => {
    expect(pointedAt(rule(`effect: require_approval, ${fields}`))).toEqual([`error 3 ${said}`]);
  });

  it.each(["allow", "deny"])("refuses to remember what a rule that says %s asks nobody about", (effect) => {
    expect(pointedAt(rule(`effect: ${effect}, risk: low, grants: { for: 7d, uses: 20 }`))).toContain("error 3 grants_misplaced grants");
  });

  it("takes what asks people and lets them remember, for as long and as often as any grant", () => {
    expect(pointedAt(rule("effect: require_approval, risk: high, grants: { for: 30d, uses: 100 }"))).toEqual([]);
  });

  it.each(["$", "$.a", "$.a.b-c_d", '$["e-mail"]', '$["a\\"b"][0][*]', "$.*", "$..name", "$.a[*].*.b", "$..a..b", "$.größe"])(
    "takes the path %s",
    (path) => expect(maskPathFault(path)).toBeNull(),
  );

  it.each([
    ["", 0],
    ["a", 0],
    ["$a", 1],
    ["$.", 1],
    ["$.a.", 3],
    ["$...a", 1],
    ["$[a]", 1],
    ["$['a']", 1],
    ['$["a]', 1],
    ["$.a b", 3],
    ["$..*", 1],
    ["$..[0]", 1],
    ["$.a[01234567890]", 3],
  ])("does not take the path %s", (path, at) => expect(maskPathFault(path)).toBe(at));

  it("patterns of masks together are not too many to compile", () => {
    const masks = (count: number) => `mask: [${Array.from({ length: count }, () => "{ pattern: 'a{290}' }").join(", ")}]`;
    expect(pointedAt(rule(`effect: deny, ${masks(17)}`))).toEqual([]);
    expect(pointedAt(rule(`effect: deny, ${masks(30)}`))).toEqual(["error 3 too_costly 'a{290"]);
  });
});

describe("where it is known which tools were accepted", () => {
  const schema = (properties: JsonObject, more: JsonObject = {}) => ({ type: "object", properties, ...more });
  const target = schema({ path: { type: "string" } }, { additionalProperties: false });
  const tools: KnownTool[] = [
    {
      server: "bank",
      tool: "pay",
      inputSchema: schema({
        amount: { type: "number" },
        to: target,
        note: schema({}, { additionalProperties: true }),
        list: { type: "array" },
      }),
      hints: { readOnlyHint: false },
    },
    { server: "bank", tool: "balance", inputSchema: { type: "object", additionalProperties: false }, hints: { readOnlyHint: true } },
    { server: "bank", tool: "get_it_all_out", inputSchema: { type: "object" }, hints: null },
    { server: "bank", tool: "open", inputSchema: { ...schema({ a: {} }), anyOf: [{ required: ["b"] }] }, hints: null },
  ];
  const on = (match: string, rest = "") => pointedAt(rule(`effect: deny, match: { ${match} }${rest}`), { tools });

  it("a condition on an argument that the one tool of its rule has not is refused, with the right name", () => {
    const text = `type: countersign/policy@v1\n${rule("effect: deny, match: { server: bank, tool: pay, when: args.ammount > 10 }")}`;
    const checked = checkPolicy(text, { tools });
    expect(checked.ok && checked.value.findings).toEqual([
      {
        level: "error",
        code: "unknown_argument",
        line: 3,
        column: 71,
        path: "rules[0].match.when",
        message: "the tool pay has no args.ammount",
        hint: "is args.amount meant?",
      },
    ]);
    expect(pointedAt(rule("effect: deny, match: { server: bank, tool: pay, when: args.ammount > 10 }"))).toEqual([]);
  });

  it.each([
    ["in brackets", "server: bank, tool: [pay], when: 'args[\"ammount\"] > 10'", ['args["ammount"']],
    ["in has", "server: [bank], tool: pay, when: has(args.ammount)", ["args.ammount)"]],
    ["below another", "server: bank, tool: pay, when: args.to.pth == '/'", ["args.to.pth"]],
    ["of a tool without any", "server: bank, tool: balance, when: args.of == 'me'", ["args.of"]],
    ["in a loop over another", "server: bank, tool: pay, when: 'args.lst.all(i, i != 1)'", ["args.lst.all(i"]],
  ])("%s", (_, match, places) => {
    expect(on(match)).toEqual(places.map((place) => `error 3 unknown_argument ${place}`));
  });

  it("in a slot, and outside of a window", () => {
    const slots = "[{ when: args.ammount > 1 }]";
    expect(on("server: bank, tool: pay", `, approvals: ${slots}, window: { zone: UTC, outside: ${slots} }`)).toEqual([
      "error 3 unknown_argument args.ammount",
      "error 3 unknown_argument args.ammount",
    ]);
  });

  it.each([
    ["one that there is", "server: bank, tool: pay, when: args.amount > 1 && args.to.path == '/'"],
    ["one that may be there besides", "server: bank, tool: pay, when: 'args.note.anything == 1 && args.list[0] == 1'"],
    ["a name that is reckoned", "server: bank, tool: pay, when: 'args[tool.name] == 1'"],
    ["a tool that says nothing of its arguments", "server: bank, tool: get_it_all_out, when: args.x == 1"],
    ["a schema of several", "server: bank, tool: open, when: args.b == 1"],
    ["a rule about several tools", "server: bank, tool: [pay, balance], when: args.ammount == 1"],
    ["a rule about tools by a glob", 'server: "*", tool: pay, when: args.ammount == 1'],
    ["a rule without a server", "tool: pay, when: args.ammount == 1"],
    ["a tool that was not accepted", "server: bank, tool: other, when: args.ammount == 1"],
  ])("but not of %s", (_, match) => {
    expect(on(match)).toEqual([]);
  });

  it("what passes without a condition is warned of by what the tools say, and not by their names", () => {
    const passing = (match: string) => pointedAt(rule(`effect: allow, match: { source: call, ${match} }`), { tools });
    const warned = ["warning 3 allow_unconditional allow"];
    expect(passing("server: bank, tool: get_it_all_out")).toEqual(warned);
    expect(passing("server: bank")).toEqual(warned);
    expect(passing("server: bank, tool: balance")).toEqual([]);
    expect(passing('server: "*", tool: "bal*", hints: { openWorldHint: true }')).toEqual(warned);
    expect(passing("server: other, tool: get_x")).toEqual([]);
    expect(passing("server: other, tool: pay")).toEqual(warned);
    expect(passing("server: bank, hints: { readOnlyHint: true }")).toEqual([]);
    const checked = checkPolicy(`type: countersign/policy@v1\n${rule("effect: allow, match: { source: call, server: bank }")}`, { tools });
    expect(checked.ok && checked.value.findings[0]?.message).toContain("the tool pay of bank");
  });
});

test("what this version cannot do yet is read, and not published", () => {
  const policy = `defaults: { notify: { deny_from_chat: true }, match_code: on }
rules:
  - name: it
    effect: require_approval
    risk: low
    match_code: off
    notify: { deny_from_chat: true }
`;
  const checked = checkPolicy(`type: countersign/policy@v1\n${policy}`);
  if (!checked.ok) throw new Error("it can be read");
  const { findings } = checked.value;
  expect(findings.map(({ path }) => path)).toEqual(["defaults.notify.deny_from_chat", "rules[0].notify.deny_from_chat"]);
  expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(["not_available"]));
  expect(findings.every(({ message }) => message.endsWith("not available in this version"))).toBe(true);
});
