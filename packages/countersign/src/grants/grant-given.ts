/** What an approval gives besides itself: a grant exists only if everybody who approved gave the same one. */
import type { Grant } from "../documents/grant.ts";
import type { Decision } from "../documents/record.ts";
import { canonicalize } from "../json/canonical-json.ts";

/** Of an approved request, by its decisions; null if not all approvals carry the same grant, or none does. */
export function grantGivenBy(decisions: readonly Pick<Decision, "statement">[]): Grant | null {
  const given = decisions.flatMap(({ statement }) => (statement.verdict === "approved" ? [statement.grant] : []));
  const [first = null] = given;
  return given.every((one) => canonicalize(one) === canonicalize(first)) ? first : null;
}
