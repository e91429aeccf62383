/** What `/api/v1/audit/export` takes for a bundle. */
import * as z from "zod/mini";
import { described } from "../document.ts";

const moment = (what: string) =>
  described(
    z.optional(
      z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z$/, "a time in UTC such as 2026-11-20T09:30:00Z")),
    ),
    what,
  );

export const bundleQuery = z.strictObject({
  format: described(z.literal("bundle"), "A signed evidence bundle, as one zip file."),
  from: moment("What came after this; left out: from the log's beginning."),
  to: moment("Up to this; left out: up to now."),
});
