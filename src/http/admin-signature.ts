/** What admins are given to sign, and their signatures as they come in a body. */
import type { Context } from "hono";
import type { JsonValue } from "../core/canonical-json.ts";
import type { AdminStatement } from "../core/ceremony.ts";
import { type Authorisation, authorisationShape } from "../core/record.ts";
import type { Result } from "../core/result.ts";
import { list } from "../core/shape.ts";
import type { Failure } from "../gate/failure.ts";
import { standingCredentialsOf } from "../storage/people.ts";
import type { App } from "./context.ts";
import { checkDocument } from "./read-body.ts";

/** The statement, and the passkeys of this admin that can sign it. */
export async function answerStatement(c: Context<App>, statement: AdminStatement): Promise<Response> {
  const credentials = await standingCredentialsOf(c.env.DB, c.var.person.id);
  return c.json({ statement, credentials, rp_id: c.var.config.rpId });
}

/** The member `authorisation` of a body, a list of formats.md's `authorised_by`. It was JSON before it was a list. */
export const readAuthorisation = (given: unknown[]): Result<Authorisation[], Failure> =>
  checkDocument(list(authorisationShape), given as JsonValue[], "authorisation");
