/** What `/api/v1/settings` answers: how this deployment is set up, and how it is. Of a secret it says whether it is set, and no more. */
import * as z from "zod/mini";
import { described, type DocumentOf } from "../document.ts";

const text = z.nullable(z.string());
const time = z.string();

export const settingsDocument = z.looseObject({
  version: z.looseObject({ package: z.string(), upload: text }),
  migrations: described(
    z.looseObject({ main: text, audit: text }),
    "The last one of each database; null where it is not known, or there is no such database.",
  ),
  settings: z.array(
    z.looseObject({
      name: z.string(),
      value: described(text, "As it is in force; null where nothing is set and there is no default."),
      is_set: z.boolean(),
      default: text,
    }),
  ),
  secrets: z.array(z.looseObject({ name: z.string(), is_set: z.boolean() })),
  parts: described(
    z.array(z.looseObject({ part: z.string(), needs: z.array(z.string()), is_on: z.boolean() })),
    "Parts that a deployment may go without, and what they need: bindings and variables.",
  ),
  log: described(
    z.nullable(
      z.looseObject({
        origin: z.string(),
        state: z.enum(["active", "frozen"]),
        size: z.int(),
        newest_at: time,
        witnesses: z.nullable(z.array(z.looseObject({ name: z.string(), cosigned_at: z.nullable(time) }))),
        witness_health: z.nullable(z.enum(["ok", "behind", "disputed", "unknown"])),
      }),
    ),
    "Null before the first person is enrolled.",
  ),
  rounds: described(
    z.looseObject({ counted_at: time, calls_counted_at: z.nullable(time) }),
    "When the cron last counted: it runs every minute.",
  ),
  messages: z.looseObject({ waiting: z.int(), failed: z.int(), oldest_due: z.nullable(time) }),
  alerts: z.array(z.looseObject({ name: z.string(), since: time, agent: text, rule: text })),
});
export type SettingsData = DocumentOf<typeof settingsDocument>;
