/** Two hundred rules of which the last matches, as conditions and as a policy; what a call is. */

export const RULES = 200;

/** Which of its three terms decides that a rule does not match. */
export type Deciding = "first" | "third";

/** The condition of each rule, in CEL. Of the last, all terms hold. */
export const conditions = (deciding: Deciding): string[] =>
  Array.from({ length: RULES }, (_, index) => {
    const isLast = index === RULES - 1;
    const [env, table] = [isLast || deciding === "third" ? "production" : `env-${index}`, isLast ? "users" : `table-${index}`];
    return `args.env == "${env}" && args.rows > 100.0 && args.table.startsWith("${table}")`;
  });

/** A policy of these conditions. */
export const policyText = (deciding: Deciding): string => {
  const rules = conditions(deciding).map((when, index) => ({
    name: `rule-${index}`,
    match: { tool: "run_*", when },
    effect: "require_approval",
  }));
  return JSON.stringify({ type: "countersign/policy@v1", rules });
};

export const ARGS = { env: "production", rows: 250, table: "users", comment: "Asked for in a ticket." };

/** What the bench asks: how often, and by which rules. */
export function asked(request: Request): { runs: number; deciding: Deciding; what: string } {
  const { searchParams, pathname } = new URL(request.url);
  return {
    runs: Number(searchParams.get("runs")),
    deciding: searchParams.get("deciding") === "first" ? "first" : "third",
    what: pathname.slice(1),
  };
}
