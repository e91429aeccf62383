/** What the approvals of a request let pass from then on: nothing, unless all of them carry the very same grant. Pure. */
import { canonicalize } from "#countersign/json/canonical-json.ts";
import type { Grant } from "#countersign/documents/grant.ts";
import type { Decision } from "#countersign/documents/record.ts";

const grantsOf = (decisions: readonly Decision[]): (Grant | null)[] =>
  decisions.filter(({ statement }) => statement.verdict === "approved").map(({ statement }) => statement.grant);

/** The grant that these decisions give. */
export function givenBy(decisions: readonly Decision[]): Grant | null {
  const [first = null, ...others] = grantsOf(decisions);
  if (first === null) return null;
  const text = canonicalize(first);
  return others.every((one) => one !== null && canonicalize(one) === text) ? first : null;
}
