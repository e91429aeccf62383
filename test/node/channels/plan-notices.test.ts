/** Who is told of what, over which channel and when: each rule by a case. */
import { describe, expect, it } from "vitest";
import { messageId } from "#rules/notices/message-id.ts";
import { planNotices } from "#rules/notices/plan-notices.ts";
import type { NoticeEvent, NoticePlan, RoutingFacts } from "#rules/notices/routing.ts";
import { anEvent, aPerson, CHANNELS, NOW, someFacts, told } from "#test/support/channels/routing-facts.ts";

const REQUEST = "apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/** Contact or place, and when: `cnt_bo_push 09:30`. */
const said = (plan: NoticePlan): string[] =>
  plan.add.map(({ contactId, target, channelId, nextAt }) => `${contactId ?? target ?? channelId} ${nextAt.slice(11, 16)}`);
const toPeople = (event: NoticeEvent, facts: RoutingFacts): string[] =>
  said(planNotices(event, facts)).filter((one) => one.startsWith("cnt_"));

it("a message is known by its request, its event, its channel and whom it tells", () => {
  expect(messageId(REQUEST, 1, "chn_push", "cnt_bo_push")).toBe("msg_ftcDxhYavedBWZISTV21uwa7gLnEzsZb");
  const [first] = planNotices(anEvent(), someFacts()).add.filter(({ contactId }) => contactId === "cnt_bo_push");
  expect(first).toEqual({
    id: "msg_ftcDxhYavedBWZISTV21uwa7gLnEzsZb",
    channelId: "chn_push",
    contactId: "cnt_bo_push",
    target: null,
    personId: "usr_bo",
    requestId: REQUEST,
    agentId: "agt_deploy",
    content: { type: "request.opened", at: NOW, url: `https://gate.example.com/a/${REQUEST}`, request: anEvent().request },
    alike: null,
    edits: null,
    nextAt: NOW,
    givesUpAt: "2026-11-20T10:30:00.000Z",
  });
});

it("what is said first of a request may be folded with others of its action, unless its risk is high or critical", () => {
  const alike = (risk: NoticeEvent["request"]["risk"]) =>
    new Set(planNotices(anEvent({ request: { risk } }), someFacts()).add.map((one) => one.alike));
  for (const risk of [null, "low", "medium"] as const) expect(alike(risk)).toContain('["agt_deploy","deploy to production"]');
  for (const risk of ["high", "critical"] as const) expect([...alike(risk)]).toEqual([null]);
});

describe("who is asked", () => {
  it("is told over the first kind at once, over the next after the minutes that they set", () => {
    expect(toPeople(anEvent(), someFacts())).toEqual(["cnt_bo_push 09:30", "cnt_bo_slack 09:35", "cnt_bo_mail 09:40"]);
    const people = new Map([["usr_bo", aPerson("bo", { order: ["email", "webpush"], nextAfterMinutes: 2 })]]);
    expect(toPeople(anEvent(), someFacts({ people }))).toEqual(["cnt_bo_mail 09:30", "cnt_bo_push 09:32"]);
    const atOnce = new Map([["usr_bo", aPerson("bo", { nextAfterMinutes: 0 })]]);
    expect(toPeople(anEvent(), someFacts({ people: atOnce })).map((one) => one.slice(-5))).toEqual(["09:30", "09:30", "09:30"]);
  });

  it("without settings is told as by itself, over every device of a kind at once, over failing ones last", () => {
    const contacts = [
      { id: "cnt_1", personId: "usr_bo", channelId: "chn_push", failing: true },
      { id: "cnt_2", personId: "usr_bo", channelId: "chn_mail", failing: false },
      { id: "cnt_3", personId: "usr_bo", channelId: "chn_mail", failing: false },
    ];
    expect(toPeople(anEvent(), someFacts({ people: new Map(), contacts }))).toEqual(["cnt_2 09:30", "cnt_3 09:30", "cnt_1 09:35"]);
  });

  it("is told over each kind before the deadline, however short it is", () => {
    const event = anEvent({ request: { expiresAt: "2026-11-20T09:36:00.000Z" } });
    expect(toPeople(event, someFacts())).toEqual(["cnt_bo_push 09:30", "cnt_bo_slack 09:32", "cnt_bo_mail 09:34"]);
    expect(planNotices(event, someFacts({ nowMs: Date.parse(event.request.expiresAt) })).add.map(({ channelId }) => channelId)).toEqual([
      "chn_hook",
    ]);
  });

  it("is not told over a channel that is off", () => {
    const channels = CHANNELS.map((one) => (one.id === "chn_push" ? { ...one, state: "disabled" as const } : one));
    expect(toPeople(anEvent(), someFacts({ channels }))).toEqual(["cnt_bo_slack 09:30", "cnt_bo_mail 09:35"]);
  });

  it("is not reminded beside what is still on its way", () => {
    const earlier = [told("msg_1", { contactId: "cnt_bo_mail", channelId: "chn_mail", state: "waiting" })];
    expect(toPeople(anEvent({ type: "request.reminder" }), someFacts({ earlier }))).toEqual(["cnt_bo_push 09:30", "cnt_bo_slack 09:35"]);
  });
});

describe("quiet hours", () => {
  const night = { quiet: { from: "22:00", to: "07:00" }, zone: "Europe/Berlin" };
  /** When Bo's phone is told of what is opened then; in UTC. */
  const firstAt = (at: string, expiresAt: string, risk: NoticeEvent["request"]["risk"] = "high", settings = night) => {
    const people = new Map([["usr_bo", aPerson("bo", settings)]]);
    const plan = planNotices(anEvent({ at, request: { expiresAt, risk } }), someFacts({ nowMs: Date.parse(at), people }));
    return plan.add.find(({ contactId }) => contactId === "cnt_bo_push")?.nextAt.slice(5, 16);
  };

  it("put off what is not critical until they are over", () => {
    expect(firstAt("2026-11-20T22:15:00.000Z", "2026-11-21T10:00:00.000Z")).toBe("11-21T06:00");
    expect(firstAt("2026-11-20T22:15:00.000Z", "2026-11-21T10:00:00.000Z", "critical")).toBe("11-20T22:15");
    expect(firstAt("2026-11-20T20:59:00.000Z", "2026-11-21T10:00:00.000Z")).toBe("11-20T20:59");
    expect(firstAt("2026-11-20T06:00:00.000Z", "2026-11-21T10:00:00.000Z")).toBe("11-20T06:00");
  });

  it("put nothing off that would then have less than a quarter of an hour left", () => {
    expect(firstAt("2026-11-20T22:15:00.000Z", "2026-11-21T06:15:00.000Z")).toBe("11-21T06:00");
    expect(firstAt("2026-11-20T22:15:00.000Z", "2026-11-21T06:14:59.999Z")).toBe("11-20T22:15");
  });

  it.each([
    ["the clock goes forward that night", "2026-03-28T22:00:00.000Z", night, "03-29T05:00"],
    [
      "they end in the hour that is skipped",
      "2026-03-28T22:00:00.000Z",
      { ...night, quiet: { from: "22:00", to: "02:30" } },
      "03-29T01:00",
    ],
    ["the clock goes back that night", "2026-10-24T22:00:00.000Z", night, "10-25T06:00"],
    [
      "they end in the hour that comes twice",
      "2026-10-24T22:00:00.000Z",
      { ...night, quiet: { from: "22:00", to: "02:30" } },
      "10-25T00:30",
    ],
    [
      "half an hour is skipped",
      "2026-10-03T12:00:00.000Z",
      { quiet: { from: "22:00", to: "07:00" }, zone: "Australia/Lord_Howe" },
      "10-03T20:00",
    ],
    ["they are by day", "2026-11-20T12:10:00.000Z", { quiet: { from: "12:00", to: "13:30" }, zone: "UTC" }, "11-20T13:30"],
    [
      "they are all day but for a minute",
      "2026-11-20T12:01:00.000Z",
      { quiet: { from: "12:01", to: "12:00" }, zone: "UTC" },
      "11-21T12:00",
    ],
  ])("end by the clock on the wall: %s", (_what, at, settings, expected) => {
    expect(firstAt(at, "2027-01-01T00:00:00.000Z", "low", settings)).toBe(expected);
  });

  it("that never end, and those of an unknown zone, are none", () => {
    const always = { quiet: { from: "08:00", to: "08:00" }, zone: "UTC" };
    expect(firstAt("2026-11-20T12:00:00.000Z", "2026-11-22T00:00:00.000Z", "low", always)).toBe("11-20T12:00");
    const nowhere = { quiet: { from: "08:00", to: "18:00" }, zone: "Mars/Olympus" };
    expect(firstAt("2026-11-20T12:00:00.000Z", "2026-11-22T00:00:00.000Z", "low", nowhere)).toBe("11-20T12:00");
  });

  it("put off the next kind too", () => {
    const people = new Map([["usr_bo", aPerson("bo", { ...night, nextAfterMinutes: 30 })]]);
    const event = anEvent({ request: { expiresAt: "2026-11-22T00:00:00.000Z" } });
    expect(toPeople(event, someFacts({ people, nowMs: Date.parse("2026-11-20T20:45:00Z") }))).toEqual([
      "cnt_bo_push 20:45",
      "cnt_bo_slack 06:00",
      "cnt_bo_mail 06:00",
    ]);
  });
});

describe("out of office", () => {
  const away = (to: string, until = "2026-12-01T00:00:00.000Z") => ({ to: `usr_${to}`, until });
  const heard = (people: [string, { to: string; until: string } | null][], asks = ["usr_bo"]) => {
    const facts = someFacts({ people: new Map(people.map(([name, to]) => [`usr_${name}`, aPerson(name, {}, to)])) });
    return planNotices(anEvent({ asks }), facts)
      .add.filter(({ channelId, personId }) => channelId === "chn_push" && personId !== null)
      .map(({ personId, content }) => `${personId} ${content.insteadOf ?? "-"}`);
  };

  it("the person named is told in the other's place, as long as it lasts", () => {
    expect(heard([["bo", away("cleo")]])).toEqual(["usr_cleo bo"]);
    expect(heard([["bo", away("cleo", NOW)]])).toEqual(["usr_bo -"]);
  });

  it("whoever is asked anyway is told once, as themselves", () => {
    expect(heard([["bo", away("cleo")]], ["usr_bo", "usr_cleo"])).toEqual(["usr_cleo -"]);
    expect(
      heard(
        [
          ["bo", away("cleo")],
          ["ada", away("cleo")],
        ],
        ["usr_bo", "usr_ada"],
      ),
    ).toEqual(["usr_cleo bo"]);
  });

  it("goes one step: who is away for somebody who is away is told after all", () => {
    expect(
      heard([
        ["bo", away("cleo")],
        ["cleo", away("ada")],
      ]),
    ).toEqual(["usr_bo -"]);
    expect(
      heard(
        [
          ["bo", away("cleo")],
          ["cleo", away("bo")],
        ],
        ["usr_bo", "usr_cleo"],
      ),
    ).toEqual(["usr_bo -", "usr_cleo -"]);
    expect(heard([["bo", away("bo")]])).toEqual(["usr_bo -"]);
  });

  it("leaves nobody untold where nothing reaches the person named", () => {
    expect(heard([["bo", away("nobody")]])).toEqual(["usr_bo -"]);
  });
});

describe("places of groups", () => {
  const placesOf = (event: NoticeEvent) =>
    said(planNotices(event, someFacts())).filter((one) => one.startsWith("C_") || one.startsWith("dba@"));

  it("are told of every request, or of what their group is asked, or all of them where the rule names the channel", () => {
    expect(placesOf(anEvent())).toEqual(["C_ALL 09:30"]);
    expect(placesOf(anEvent({ groups: ["dba"] }))).toEqual(["C_ALL 09:30", "C_DBA 09:30", "dba@example.com 09:30"]);
    expect(placesOf(anEvent({ groups: ["dba"], channels: ["chat"] }))).toEqual([
      "C_ALL 09:30",
      "C_RELEASE 09:30",
      "C_DBA 09:30",
      "dba@example.com 09:30",
    ]);
  });
});

describe("systems", () => {
  const hooks = (type: NoticeEvent["type"], events: string[]) => {
    const channels = CHANNELS.map((one) => (one.settings.kind === "webhook" ? { ...one, settings: { ...one.settings, events } } : one));
    return planNotices(anEvent({ type }), someFacts({ channels })).add.filter(({ channelId }) => channelId === "chn_hook").length;
  };

  it("are told of what their patterns take, but for ends, which the log tells of", () => {
    expect(hooks("request.opened", ["*"])).toBe(1);
    expect(hooks("request.signed", ["agent.*", "request.s?gned"])).toBe(1);
    expect(hooks("request.escalated", ["request.opened"])).toBe(0);
    expect(hooks("request.ended", ["*"])).toBe(0);
  });
});

describe("somebody signed", () => {
  it("chats are made to say so, and whoever signed is told no more", () => {
    const earlier = [
      told("msg_1"),
      told("msg_2", { contactId: null, personId: null, target: "C_ALL" }),
      told("msg_3", { state: "waiting" }),
      told("msg_4", { state: "failed" }),
      told("msg_5", { type: "request.signed", edits: "msg_1" }),
      told("msg_6", { channelId: "chn_mail", contactId: "cnt_cleo_mail", personId: "usr_cleo", state: "waiting" }),
      told("msg_7", { channelId: "chn_hook", contactId: null, personId: null, state: "waiting" }),
    ];
    const plan = planNotices(anEvent({ number: 2, type: "request.signed", asks: [], by: "usr_bo" }), someFacts({ earlier }));
    expect(plan.add.map(({ channelId, edits }) => `${channelId} ${edits ?? "-"}`)).toEqual([
      "chn_hook -",
      "chn_slack msg_1",
      "chn_slack msg_2",
      "chn_slack msg_3",
    ]);
    expect(plan.drop).toEqual(["msg_3"]);
  });
});

describe("it is over", () => {
  const ended = anEvent({ number: 3, type: "request.ended", asks: [], by: "usr_bo", request: { status: "approved", approvals: 1 } });
  const earlier = [
    told("msg_1"),
    told("msg_2", { channelId: "chn_push", contactId: "cnt_bo_push" }),
    told("msg_3", { channelId: "chn_push", contactId: "cnt_bo_tablet" }),
    told("msg_4", { channelId: "chn_push", contactId: "cnt_bo_watch", state: "waiting" }),
    told("msg_5", { channelId: "chn_mail", contactId: "cnt_bo_mail" }),
    told("msg_6", { channelId: "chn_hook", contactId: null, personId: null, state: "waiting" }),
    told("msg_7", { contactId: "cnt_cleo_slack", personId: "usr_cleo", state: "waiting" }),
    told("msg_8", { type: "request.signed", edits: "msg_1", state: "waiting" }),
  ];

  it("nothing waits any more, chats and devices show it, mails are left, and the owner hears", () => {
    const plan = planNotices(ended, someFacts({ earlier }));
    expect(plan.add.map(({ contactId, edits }) => `${contactId} ${edits ?? "-"}`)).toEqual([
      "cnt_bo_slack msg_1",
      "cnt_cleo_slack msg_7",
      "cnt_bo_push -",
      "cnt_bo_tablet -",
      "cnt_ada_push -",
    ]);
    expect(plan.drop).toEqual(["msg_4", "msg_7", "msg_8"]);
    expect(plan.add.every(({ givesUpAt, alike }) => givesUpAt === null && alike === null)).toBe(true);
  });

  it("an owner who brought it about does not hear of it, and planned again nothing of its own is dropped", () => {
    expect(planNotices({ ...ended, by: "usr_ada" }, someFacts()).add).toEqual([]);
    const [own] = planNotices(ended, someFacts()).add;
    const again = [told(own?.id ?? "", { channelId: "chn_push", contactId: "cnt_ada_push", type: "request.ended", state: "waiting" })];
    expect(planNotices(ended, someFacts({ earlier: again }))).toEqual(planNotices(ended, someFacts()));
  });
});
