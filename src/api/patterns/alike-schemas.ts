/** What browsers send to deny what is alike at once, member by member. Whether it is true is gate/'s to find out. */
import * as z from "zod/mini";
import { MOST_PATTERN_SECONDS } from "#rules/policies/denied-pattern.ts";
import { requestIds, signedDecisions } from "../batch/batch-schemas.ts";
import { SCOPES } from "./alike-shapes.ts";

const terms = {
  scope: z.enum(SCOPES),
  /** For so many seconds equal asks and calls are refused; 0: not at all. */
  seconds: z.int().check(z.minimum(0), z.maximum(MOST_PATTERN_SECONDS)),
  comment: z.string().check(z.maxLength(1_000)),
};

export const alikeDraftBody = z.strictObject({ ...terms, requests: requestIds });

export const alikeBody = z.strictObject({ ...terms, ...signedDecisions });
