/** What `/api/v1/audit/export` takes for a bundle. */
import * as z from "zod/mini";
import { described, moment } from "../document.ts";

export const bundleQuery = z.strictObject({
  format: described(z.literal("bundle"), "A signed evidence bundle, as one zip file."),
  from: moment("What came after this; left out: from the log's beginning."),
  to: moment("Up to this, a day with all of it; left out: up to now."),
});
