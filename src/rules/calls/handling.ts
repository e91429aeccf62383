/** What a judgement says of how a call is handled besides whether it passes: fields of the rules that decided (docs/policies.md). */
export type { CallHandling, MaskRule } from "#countersign/policy/judging/handling.ts";
