/** When a call is sent that people have approved: once its agent comes for it, or at once, whether anybody waits or not. Pure. */
import type { PolicyRule } from "../../document/policy-document.ts";
import type { ToolHints } from "../facts.ts";
import { isIdempotent } from "../tool-hints.ts";

/** `unattended`: at once, also of a tool that does not say that calling it once more changes nothing more. */
export type Execution = "on_collect" | "on_approval" | "unattended";

const EARLIER: readonly Execution[] = ["on_collect", "on_approval", "unattended"];

export const executionOf = ({ execute, unattended }: Pick<PolicyRule, "execute" | "unattended">): Execution =>
  execute !== "on_approval" ? "on_collect" : unattended === true ? "unattended" : "on_approval";

/** Of what two rules say, what is done later. */
export const laterExecution = (one: Execution, other: Execution): Execution =>
  EARLIER[Math.min(EARLIER.indexOf(one), EARLIER.indexOf(other))] ?? "on_collect";

/** Whether a call is sent as soon as it is approved; `hints` are those of its tool as it was accepted. */
export const isSentOnApproval = (execute: Execution, hints: ToolHints | null): boolean =>
  execute === "unattended" || (execute === "on_approval" && isIdempotent(hints));
