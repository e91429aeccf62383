/** `countersign ci report`: says how the deployment went, keeps the receipt, and adds both to the summary of the job. */
import type { CallOutcome } from "../../documents/record.ts";
import type { Approval } from "../../sdk/client.ts";
import { type Outcome, type Surroundings, unusable } from "../command.ts";
import { saveReceipt } from "../service.ts";
import { visible } from "../visible.ts";
import { type CiInputs, type CiService, ciServiceOf } from "./ci-inputs.ts";
import { type GateState, standingState } from "./gate-state.ts";
import { approvalRows, setOutputs, summarise, type SummaryRow } from "./job-notes.ts";

/** Our words, and those that platforms have for the end of a step or a job. */
const OUTCOMES: Readonly<Record<string, CallOutcome>> = {
  succeeded: "succeeded",
  success: "succeeded",
  failed: "failed",
  failure: "failed",
  unknown: "unknown",
  cancelled: "unknown",
  canceled: "unknown",
  skipped: "unknown",
  running: "unknown",
};

const RECEIPT = "countersign-receipt.json";

function outcomeOf({ outcome }: CiInputs, { environment }: Surroundings): CallOutcome | null {
  const word = outcome ?? environment["CI_JOB_STATUS"] ?? "";
  return Object.hasOwn(OUTCOMES, word) ? (OUTCOMES[word] ?? null) : null;
}

export async function reportStep(inputs: CiInputs, surroundings: Surroundings, usage: string): Promise<Outcome> {
  const state = await standingState(inputs, surroundings);
  if (!state.ok) return unusable("ci", state.refusal, usage);
  // Runs after whatever came before it, also after a step that asked for nothing.
  if (state.value === null) return { exitCode: 0, stdout: "Nothing was asked for in this job, so there is nothing to report.\n" };
  const outcome = outcomeOf(inputs, surroundings);
  if (outcome === null) return unusable("ci", "--outcome is succeeded, failed or unknown", usage);
  const service = ciServiceOf(inputs, surroundings);
  if (!service.ok) return unusable("ci", service.refusal, usage);
  return report(state.value, outcome, { inputs, surroundings, service: service.value });
}

interface Reporting {
  inputs: CiInputs;
  surroundings: Surroundings;
  service: CiService;
}

/** Reports for what this job has redeemed itself, and nothing for what another one has. */
async function report(
  { request_id, redeemed }: GateState,
  outcome: CallOutcome,
  { inputs, surroundings, service }: Reporting,
): Promise<Outcome> {
  const { client } = service;
  const told = redeemed === true ? await client.outcome(request_id, outcome) : await client.wait(request_id, 0);
  if (!told.ok) return { exitCode: 1, stderr: `countersign: ${visible(told.refusal.message)} (${visible(told.refusal.code)})\n` };
  const kept = await keepReceipt(told.value, inputs, service);
  const title = redeemed === true ? `Countersign: ${outcome}` : "Countersign: not used by this job";
  summarise(title, [...approvalRows(told.value), kept.row], inputs, surroundings);
  if (kept.file !== null) setOutputs({ receipt: kept.file }, surroundings);
  const said = redeemed === true ? `Reported: ${visible(outcome)}\n` : "This job has not redeemed it, so it reports no outcome.\n";
  return kept.isMissing ? { exitCode: 1, stdout: said, stderr: `countersign: ${visible(kept.row[1])}\n` } : { exitCode: 0, stdout: said };
}

interface Kept {
  row: SummaryRow;
  file: string | null;
  isMissing: boolean;
}

/** Saves the receipt, once it is verified. What is still pending has none. */
async function keepReceipt({ request_id, status }: Approval, inputs: CiInputs, { client, allowBasis }: CiService): Promise<Kept> {
  if (status === "pending") return { row: ["Receipt", "There is none while it is pending."], file: null, isMissing: false };
  const file = inputs.receipt ?? RECEIPT;
  const problem = await saveReceipt(client, request_id, file, { allowBasis });
  if (problem !== null) return { row: ["Receipt", problem], file: null, isMissing: true };
  return { row: ["Receipt", `${file}, verified`], file, isMissing: false };
}
