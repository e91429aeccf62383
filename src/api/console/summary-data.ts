/** What `/api/v1/metrics/summary` takes and answers: what the overview of the console shows. */
import * as z from "zod/mini";
import { described, type DocumentOf } from "../document.ts";

/** Days that may be asked for. */
export const SUMMARY_DAYS = ["7", "30", "90"] as const;
export const summaryQuery = z.object({
  days: described(z.optional(z.enum(SUMMARY_DAYS)), "So many days up to today (UTC); 30 unless it is said."),
});

const n = z.int();
const seconds = described(z.nullable(z.number()), "Seconds, about; null where nobody decided.");
const day = described(z.string(), "In UTC, as 2026-11-30.");
const ends = { approved: n, auto_approved: n, denied: n, expired: n, cancelled: n };
const decisions = { count: n, median_seconds: seconds, p90_seconds: seconds };

export const summary = z.looseObject({
  from: day,
  to: day,
  counted_at: described(z.string(), "What ended up to then is in it."),
  pending: z.looseObject({
    total: n,
    more: described(z.boolean(), "Whether there are more than were counted."),
    by_risk: z.array(z.looseObject({ risk: z.nullable(z.string()), count: n })),
  }),
  ended: described(z.array(z.looseObject({ day, ...ends })), "Requests by the day of their end, every day."),
  time_to_decision: z.looseObject({
    ...decisions,
    by_day: z.array(z.looseObject({ day, ...decisions })),
  }),
  rules: described(z.array(z.looseObject({ rule: z.string(), ...ends })), "The ten busiest."),
  agents: described(
    z.array(z.looseObject({ agent: z.looseObject({ id: z.string(), name: z.string() }), ...ends })),
    "The ten busiest, each with what agents below it asked for.",
  ),
  people: described(
    z.array(z.looseObject({ person: z.looseObject({ id: z.string(), username: z.string() }), approved: n, denied: n })),
    "The ten who decided most.",
  ),
  calls: described(
    z.nullable(z.array(z.looseObject({ day, allowed: n, held: n, refused: n }))),
    "Of servers behind the gate, by what the gate did; null without a record of calls.",
  ),
  notices: described(
    z.nullable(z.array(z.looseObject({ day, passed: n, held: n }))),
    "Calls in which something was unusual; null without a record of calls.",
  ),
});
export type SummaryData = DocumentOf<typeof summary>;
