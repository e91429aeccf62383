/** Runs cases against a policy: what each comes to, how that differs from what it should, and which rules no case has reached. */
import { durationMs } from "../document/duration.ts";
import { type CompiledPolicy, DEFAULT_RULE } from "../judging/compiled.ts";
import type { ApproverFacts, PolicyFacts } from "../judging/facts.ts";
import { isSentOnApproval } from "../judging/calls/execution.ts";
import { judge, type PolicyJudgement } from "../judging/judge.ts";
import { answersIn } from "./case-past.ts";
import { type CaseExpected, type CaseGiven, DEFAULT_NOW, type PolicyCases } from "./cases-document.ts";

/** What was expected of one thing, and what came, both as text. */
export interface CaseDifference {
  what: string;
  expected: string;
  came: string;
}

export interface CaseResult {
  name: string;
  judgement: PolicyJudgement;
  /** Empty if the case passed. */
  differences: CaseDifference[];
}

export interface CasesResult {
  results: CaseResult[];
  /** For each rule, the defaults last: how many cases it decided, was carried in or observed. */
  coverage: { rule: string; cases: number }[];
}

/** Runs all cases. */
export function runCases(policy: CompiledPolicy, { cases, people = [], given: shared = {} }: PolicyCases): CasesResult {
  const approvers = people.map(({ username, groups = [] }) => ({ id: username, username, groups }));
  const results = cases.map(({ name, given = {}, expect }) => {
    const all = { ...shared, ...given };
    const facts = factsOf(all, approvers);
    const judgement = judge(policy, { ...facts, past: answersIn(policy, facts, all.past) });
    return { name, judgement, differences: differencesOf(expect, judgement, facts) };
  });
  return { results, coverage: coverageOf(policy, results) };
}

/** In cases, people are who their usernames are. */
function factsOf(given: CaseGiven, approvers: readonly ApproverFacts[]): PolicyFacts {
  const { agent = {}, caller } = given;
  const owner = agent.owner ?? "owner";
  const source = given.source ?? "ask";
  return {
    source,
    nowMs: Date.parse(given.now ?? DEFAULT_NOW),
    agent: {
      name: agent.name ?? "agent",
      groups: agent.groups ?? [],
      owner: { id: owner, username: owner },
      maker: agent.maker === undefined ? null : { id: agent.maker },
      ...(agent.chain !== undefined && { chain: agent.chain }),
    },
    server: given.server ?? null,
    tool: given.tool ?? null,
    action: source === "call" ? null : (given.action ?? "Something"),
    args: given.args ?? {},
    hints: given.hints ?? null,
    caller: caller === undefined ? null : { issuer: caller.issuer ?? "", subject: caller.subject ?? "", groups: caller.groups ?? [] },
    asked: {
      users: given.users ?? null,
      groups: given.groups ?? null,
      required: given.required ?? 1,
      expiresIn: given.expires_in === undefined ? null : durationMs(given.expires_in) / 1_000,
      useWithin: given.use_within === undefined ? null : durationMs(given.use_within) / 1_000,
      reason: given.reason ?? null,
    },
    past: null,
    approvers,
  };
}

const listed = (names: readonly string[]): string => (names.length === 0 ? "nobody" : [...new Set(names)].toSorted().join(", "));
const rulesListed = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));
const seconds = (written: string): string => `${durationMs(written) / 1_000} s`;

function differencesOf(expect: CaseExpected, judgement: PolicyJudgement, { hints }: PolicyFacts): CaseDifference[] {
  const { slots, anomaly } = judgement;
  const compared: [what: string, expected: string | undefined, came: string][] = [
    ["rule", expect.rule, judgement.rule],
    ["effect", expect.effect, judgement.effect],
    ["risk", expect.risk, judgement.risk.level],
    ["approvers", expect.approvers && listed(expect.approvers), listed(slots.flatMap(({ eligible }) => eligible))],
    ["required", expect.required?.toString(), String(slots.reduce((sum, { required }) => sum + required, 0))],
    ["later", expect.later && listed(expect.later), listed(judgement.escalations.flatMap(({ eligible }) => eligible))],
    ["code", expect.code, judgement.code ?? "none"],
    ["message", expect.message, judgement.message ?? "none"],
    ["carried", expect.carried && rulesListed(expect.carried), rulesListed(judgement.carried)],
    ["observed", expect.observed && rulesListed(expect.observed), rulesListed(judgement.observed.map(({ rule }) => rule))],
    ["expires_in", expect.expires_in && seconds(expect.expires_in), `${judgement.expiresIn} s`],
    ["anomaly", expect.anomaly && rulesListed(expect.anomaly.toSorted()), rulesListed(anomaly?.kinds.toSorted() ?? [])],
    ["score", expect.score?.toString(), String(anomaly?.score ?? 0)],
    ["notice", expect.notice?.toString(), String(anomaly?.isNotice ?? false)],
    ["unwrapped", expect.unwrapped, judgement.unwrapped?.tool ?? "none"],
    ["preview", expect.preview, judgement.preview === null ? "none" : judgement.preview.args === null ? "failed" : judgement.preview.tool],
    ["execute", expect.execute, isSentOnApproval(judgement.execute, hints) ? "on_approval" : "on_collect"],
    ["use_within", expect.use_within && seconds(expect.use_within), `${judgement.useWithin} s`],
  ];
  return compared.flatMap(([what, expected, came]) => (expected === undefined || expected === came ? [] : [{ what, expected, came }]));
}

function coverageOf({ rules }: CompiledPolicy, results: readonly CaseResult[]): CasesResult["coverage"] {
  const counts = new Map([...rules.map(({ name }) => name), DEFAULT_RULE].map((name) => [name, 0]));
  for (const { judgement } of results) {
    const reached = new Set([judgement.rule, ...judgement.carried, ...judgement.observed.map(({ rule }) => rule)]);
    for (const name of reached) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([rule, cases]) => ({ rule, cases }));
}
