/** `countersign/policy`: the approval policy's document, its checks and its judgement. Pure: no clock, no network, no files. */
export { type CheckedPolicy, checkPolicy } from "../policy/checking/check-policy.ts";
export type { KnownTool } from "../policy/checking/check-arguments.ts";
export type { KnownNames } from "../policy/checking/check-meaning.ts";
export { type PolicyCases, readPolicyCases } from "../policy/cases/cases-document.ts";
export { type CaseResult, type CasesResult, type CaseDifference, runCases } from "../policy/cases/run-cases.ts";
export type { PolicyFinding, FindingCode } from "../policy/document/finding.ts";
export { type PolicyDocument, policySchema } from "../policy/document/policy-document.ts";
export { policyHash, readPolicyDocument, type ReadPolicy } from "../policy/document/read-policy-document.ts";
export { compile } from "../policy/judging/compile.ts";
export type { CompiledPolicy } from "../policy/judging/compiled.ts";
export type { ApproverFacts, PolicyFacts, ToolHints } from "../policy/judging/facts.ts";
export { couldHold, type CallOfTool } from "../policy/judging/could-hold.ts";
export type { CallHandling, CallLimits, Keep, MaskRule } from "../policy/judging/handling.ts";
export { judge, type PolicyJudgement, type JudgementCode, type Observed } from "../policy/judging/judge.ts";
export type { Risk } from "../policy/judging/risk.ts";
export type { JudgedSlot } from "../policy/judging/slots.ts";
export type { JsonObject, JsonValue } from "../json/canonical-json.ts";
export type { Result } from "../result.ts";
