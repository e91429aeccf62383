/** What browsers send to deny what is alike at once, member by member. Whether it is true is gate/'s to find out. */
import * as z from "zod/mini";
import { MAX_BATCH } from "#countersign/documents/statement.ts";
import * as words from "#countersign/documents/words.ts";
import { MOST_PATTERN_SECONDS } from "#rules/policies/denied-pattern.ts";
import { fitting } from "../document.ts";
import { base64urlText } from "../people-schemas.ts";
import { SCOPES } from "./alike-shapes.ts";

const requestId = fitting(z.string(), words.requestId);
const terms = {
  scope: z.enum(SCOPES),
  /** For so many seconds equal asks and calls are refused; 0: not at all. */
  seconds: z.int().check(z.minimum(0), z.maximum(MOST_PATTERN_SECONDS)),
  comment: z.string().check(z.maxLength(1_000)),
};

export const alikeDraftBody = z.strictObject({
  ...terms,
  requests: z.array(requestId).check(z.minLength(1), z.maxLength(MAX_BATCH)),
});

export const alikeBody = z.strictObject({
  ...terms,
  nonce: base64urlText,
  decisions: z.array(z.strictObject({ request: requestId, nonce: base64urlText })).check(z.minLength(1), z.maxLength(MAX_BATCH)),
  /** None of one denial, which is signed by itself. */
  statements: z.array(fitting(z.string(), words.hash)).check(z.maxLength(MAX_BATCH)),
  credential_id: base64urlText,
  assertion: z.strictObject({ client_data_json: base64urlText, authenticator_data: base64urlText, signature: base64urlText }),
});
