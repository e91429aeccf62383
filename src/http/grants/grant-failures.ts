/** What people are told of refusals around grants. */
import type { RevokeGrantRefusal } from "#gate/grants/revoke-grant.ts";
import { fieldFailure, publicAnswers } from "#rules/failure.ts";

/** `no-such-place`: a cursor that this service has not given. */
export const grantFailure = publicAnswers<RevokeGrantRefusal | { reason: "no-such-place" }>({
  "unknown-grant": { code: "not_found", message: "There is no such grant, or it is not yours to revoke." },
  "not-yours": { code: "forbidden", message: "This grant is not yours to revoke: whoever gave it may, and any admin." },
  "no-such-place": fieldFailure("cursor", "this is none that a list has given"),
});
