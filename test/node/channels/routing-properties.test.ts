/** What holds of every event and whoever is told, tried on made ones. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { isOpen } from "#countersign/policy/judging/window.ts";
import { PERSONAL_KINDS } from "#rules/notices/person-settings.ts";
import { planNotices } from "#rules/notices/plan-notices.ts";
import { afterQuiet } from "#rules/notices/quiet-hours.ts";
import type { RoutingFacts } from "#rules/notices/routing.ts";
import { anEvent, someFacts } from "#test/support/channels/routing-facts.ts";

const IDS = ["ada", "bo", "cleo", "dan", "eve"];
const time = fc
  .integer({ min: 0, max: 1_439 })
  .map((m) => `${String(Math.floor(m / 60)).padStart(2, "0")}:${String(m % 60).padStart(2, "0")}`);
const settings = fc.record({
  order: fc.shuffledSubarray([...PERSONAL_KINDS], { minLength: 1 }),
  nextAfterMinutes: fc.constantFrom(0, 1, 5, 600, 1_440),
  zone: fc.constantFrom("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"),
  quiet: fc.option(fc.record({ from: time, to: time })),
});
const away = fc.option(
  fc.record({
    to: fc.constantFrom(...IDS.map((id) => `usr_${id}`)),
    until: fc.constantFrom("2026-01-01T00:00:00.000Z", "2028-01-01T00:00:00.000Z"),
  }),
);
const contacts = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 0, max: 40 }).map((n) => `cnt_${n}`),
    personId: fc.constantFrom(...IDS.map((id) => `usr_${id}`)),
    channelId: fc.constantFrom("chn_push", "chn_slack", "chn_mail", "chn_gone"),
    failing: fc.boolean(),
  }),
  { maxLength: 12, selector: ({ id }) => id },
);
const startMs = fc.integer({ min: Date.parse("2026-03-28T00:00:00Z"), max: Date.parse("2026-03-30T00:00:00Z") });
const made = fc
  .record({
    nowMs: fc.oneof(
      startMs,
      startMs.map((ms) => ms + 210 * 86_400_000),
    ),
    lasts: fc.constantFrom(1, 30_000, 600_000, 7_200_000, 36_000_000, 200_000_000),
    contacts,
    people: fc.array(fc.record({ settings, away }), { minLength: 5, maxLength: 5 }),
    asks: fc.subarray(IDS.map((id) => `usr_${id}`)),
    type: fc.constantFrom("request.opened", "request.reminder", "request.escalated", "request.signed", "request.ended"),
    risk: fc.constantFrom("low", "critical", null),
    groups: fc.subarray(["release", "dba"]),
    by: fc.option(fc.constantFrom(...IDS.map((id) => `usr_${id}`))),
  })
  .map((one) => {
    const isEnd = one.type === "request.ended";
    const people = new Map(
      IDS.map((id, index) => [`usr_${id}`, { username: id, groups: [], ...(one.people[index] as (typeof one.people)[number]) }]),
    );
    const event = anEvent({
      type: one.type,
      asks: isEnd || one.type === "request.signed" ? [] : one.asks,
      groups: one.groups,
      by: one.by,
      request: {
        expiresAt: new Date(one.nowMs + one.lasts).toISOString(),
        risk: one.risk,
        status: isEnd ? "denied" : "pending",
      },
    });
    return { event, facts: someFacts({ nowMs: one.nowMs, contacts: one.contacts, people }) };
  });

it("nobody is told twice over one contact, nor whom it does not concern, and everybody who is asked hears in time", () => {
  fc.assert(
    fc.property(made, ({ event, facts }) => {
      const { add } = planNotices(event, facts);
      const contactsTold = add.flatMap(({ contactId }) => (contactId === null ? [] : [contactId]));
      expect(new Set(contactsTold).size).toBe(contactsTold.length);
      expect(new Set(add.map(({ id }) => id)).size).toBe(add.length);

      const named = event.asks.flatMap((id) => facts.people.get(id)?.away?.to ?? []);
      const concerned = new Set([...event.asks, ...named, ...(event.type === "request.ended" ? [event.owner] : [])]);
      expect(add.filter(({ personId }) => personId !== null && !concerned.has(personId))).toEqual([]);
      expect(
        add.filter(
          ({ personId, contactId }) => contactId !== null && facts.contacts.find(({ id }) => id === contactId)?.personId !== personId,
        ),
      ).toEqual([]);

      const reachable = (id: string): boolean =>
        facts.contacts.some((contact) => contact.personId === id && usable(contact.channelId, id, facts));
      for (const id of event.asks.filter(reachable)) {
        const inTheirPlace = facts.people.get(id)?.away?.to;
        const own = add.filter(({ personId }) => personId !== null && (personId === id || personId === inTheirPlace));
        expect(own.length).toBeGreaterThan(0);
        expect(own.every(({ nextAt }) => nextAt < event.request.expiresAt)).toBe(true);
      }
      expect(planNotices(structuredClone(event), structuredClone(facts))).toEqual(planNotices(event, facts));
    }),
    { numRuns: 1_500 },
  );
});

it("quiet hours end at the first minute that is not quiet", () => {
  fc.assert(
    fc.property(settings, startMs, ({ quiet, zone }, nowMs) => {
      fc.pre(quiet !== null && quiet.from !== quiet.to);
      const isQuiet = (ms: number) => isOpen({ ...quiet, zone }, ms);
      let first = nowMs;
      while (isQuiet(first)) first = (Math.floor(first / 60_000) + 1) * 60_000;
      expect(afterQuiet({ quiet, zone }, nowMs)).toBe(first);
    }),
    {
      numRuns: 150,
      // The clock leaps over as much as there is of the day without them.
      examples: [[{ order: ["email"], nextAfterMinutes: 0, zone: "Europe/Berlin", quiet: { from: "00:00", to: "23:00" } }, 1774738800000]],
    },
  );
});

const KINDS: Record<string, string> = { chn_push: "webpush", chn_slack: "slack", chn_mail: "email" };
const usable = (channelId: string, personId: string, facts: RoutingFacts): boolean =>
  facts.people.get(personId)?.settings.order.some((kind) => kind === KINDS[channelId]) === true;
