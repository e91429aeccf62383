/** What browsers send to decide several requests at once, member by member. Whether it is true is gate/'s to find out. */
import * as z from "zod/mini";
import { MAX_BATCH } from "#countersign/documents/statement.ts";
import * as words from "#countersign/documents/words.ts";
import { fitting } from "../document.ts";
import { base64urlText } from "../people-schemas.ts";

const requestId = fitting(z.string(), words.requestId);
const comment = z.string().check(z.maxLength(1_000));
const terms = { verdict: z.enum(["approved", "denied"]), comment };

/** For which requests something is asked. */
export const requestIds = z.array(requestId).check(z.minLength(1), z.maxLength(MAX_BATCH));

/** One assertion over several decisions, or over one by itself. */
export const signedDecisions = {
  nonce: base64urlText,
  decisions: z.array(z.strictObject({ request: requestId, nonce: base64urlText })).check(z.minLength(1), z.maxLength(MAX_BATCH)),
  /** None of one decision, which is signed by itself. */
  statements: z.array(fitting(z.string(), words.hash)).check(z.maxLength(MAX_BATCH)),
  credential_id: base64urlText,
  assertion: z.strictObject({ client_data_json: base64urlText, authenticator_data: base64urlText, signature: base64urlText }),
};

export const batchDraftBody = z.strictObject({ ...terms, requests: requestIds });

export const batchBody = z.strictObject({ ...terms, ...signedDecisions });

/** `?id=<id>&id=<id>…`. */
export const stillWaitingQuery = z.object({ id: requestIds });
