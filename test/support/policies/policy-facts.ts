/** Facts of an ask and of a call, to be changed where a test is about it, and a policy from its text. */
import type { KnownNames } from "#countersign/policy/checking/check-meaning.ts";
import { checkPolicy } from "#countersign/policy/checking/check-policy.ts";
import type { PolicyFinding } from "#countersign/policy/document/finding.ts";
import { readPolicyDocument } from "#countersign/policy/document/read-policy-document.ts";
import { compile } from "#countersign/policy/judging/compile.ts";
import type { CompiledPolicy } from "#countersign/policy/judging/compiled.ts";
import type { ApproverFacts, PolicyFacts } from "#countersign/policy/judging/facts.ts";
import { judge, type PolicyJudgement } from "#countersign/policy/judging/judge.ts";

const TYPE = "type: countersign/policy@v1";

export const PEOPLE: readonly ApproverFacts[] = [
  { id: "usr_ada", username: "ada", groups: ["release"] },
  { id: "usr_bo", username: "bo", groups: ["release", "dba"] },
  { id: "usr_cleo", username: "cleo", groups: ["release"] },
  { id: "usr_dan", username: "dan", groups: ["oncall"] },
];

/** A Tuesday, 11:00 in Berlin. */
export const TUESDAY = "2026-11-24T10:00:00Z";

type Given = Partial<Omit<PolicyFacts, "asked" | "agent">> & {
  asked?: Partial<PolicyFacts["asked"]>;
  agent?: Partial<PolicyFacts["agent"]>;
};

/** An ask of an agent that ada owns. */
export const anAsk = ({ asked, agent, ...rest }: Given = {}): PolicyFacts => ({
  source: "ask",
  nowMs: Date.parse(TUESDAY),
  agent: { name: "deployer", groups: [], owner: { id: "usr_ada", username: "ada" }, maker: null, ...agent },
  server: null,
  tool: null,
  action: "Do it",
  args: {},
  hints: null,
  caller: null,
  asked: { users: null, groups: null, required: 1, expiresIn: null, useWithin: null, reason: null, ...asked },
  past: null,
  approvers: PEOPLE,
  ...rest,
});

/** A call of the same agent. */
export const aCall = (given: Given = {}): PolicyFacts =>
  anAsk({ source: "call", action: null, server: "cloud", tool: "deploy_service", ...given });

/** A policy of these rules and what else stands at its top; throws if it cannot be read. */
export function policyOf(rest: string): CompiledPolicy {
  const read = readPolicyDocument(`${TYPE}\n${rest}`);
  if (!read.ok) throw new Error(JSON.stringify(read.refusal));
  return compile(read.value.document);
}

export const judged = (rest: string, facts: PolicyFacts): PolicyJudgement => judge(policyOf(rest), facts);

/** What a check says of a policy. */
function findingsOf(text: string, known: KnownNames): PolicyFinding[] {
  const checked = checkPolicy(text, known);
  return checked.ok ? checked.value.findings : checked.refusal;
}

/** What a check says of a policy, one line each: `error 3:5 bad_type`. */
export const saidOf = (rest: string): string[] =>
  findingsOf(`${TYPE}\n${rest}`, {}).map(({ level, line, column, code }) => `${level} ${line}:${column} ${code}`);

/** The same with the line and the word that it points at: `error 3 bad_time 29s`. */
export function pointedAt(rest: string, known: KnownNames = {}): string[] {
  const text = `${TYPE}\n${rest}`;
  const lines = text.split("\n");
  return findingsOf(text, known).map(({ level, line, column, code }) => {
    const word = lines[line - 1]?.slice(column - 1).split(/[\s,:}\]]/)[0];
    return `${level} ${line} ${code} ${word}`;
  });
}
