/** What admins are given to sign, and their signatures as they come in a body. */
import type { Context } from "hono";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { type Authorisation, authorisationShape } from "#countersign/documents/record.ts";
import type { Result } from "#countersign/result.ts";
import { list } from "#countersign/json/shape.ts";
import type { Failure } from "#rules/failure.ts";
import { standingCredentialsOf } from "#storage/people.ts";
import type { App } from "#http/context.ts";
import { checkDocument } from "#http/read-body.ts";

/** The statement, and the passkeys of this admin that can sign it; `besides`, what the page has to know of it. */
export async function answerStatement(c: Context<App>, statement: AdminStatement, besides: object = {}): Promise<Response> {
  const credentials = await standingCredentialsOf(c.env.DB, c.var.person.id);
  return c.json({ ...besides, statement, credentials, rp_id: c.var.config.rpId });
}

/** The member `authorisation` of a body, a list of formats.md's `authorised_by`. It was JSON before it was a list. */
export const readAuthorisation = (given: unknown[]): Result<Authorisation[], Failure> =>
  checkDocument(list(authorisationShape), given as JsonValue[], "authorisation");
