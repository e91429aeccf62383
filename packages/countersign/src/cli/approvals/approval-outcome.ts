/** How a command that called the service ends: the exit code by the answer, and the answer in words or as JSON. */
import { accept, type Result } from "../../result.ts";
import type { Approval, Basis, CountersignClient, Refused } from "../../sdk/client.ts";
import { ALLOW_BASIS_USAGE, readBases } from "../allow-basis.ts";
import type { Outcome } from "../command.ts";
import { saveReceipt } from "../service.ts";
import { asciiJson, visible } from "../visible.ts";

/** Every status that is known; any other means not approved, and exit code 1. */
const EXIT_CODES: Readonly<Record<string, number>> = { approved: 0, denied: 3, expired: 4, cancelled: 4, pending: 5 };
export const EXIT_CODE_USAGE = `Exit code: 0 approved, 3 denied, 4 expired or cancelled, 5 still pending, 1 anything else, 2 unusable arguments.
`;

export const ANSWER_OPTIONS = { json: { type: "boolean" }, receipt: { type: "string" }, "allow-basis": { type: "string" } } as const;
export const ANSWER_USAGE = `${ALLOW_BASIS_USAGE}  --receipt FILE             saves the receipt there once the request has ended
  --json                     the answer as JSON
  --help                     this text
`;

/** How the answer is wanted. */
export interface Wanted {
  json?: boolean;
  receipt?: string;
  /** On what else than people it may rest. */
  allowBasis: readonly Basis[];
}

/** How the answer is wanted, by the options of `ANSWER_OPTIONS`; or what is wrong with them. */
export function wantedOf(values: { json?: boolean; receipt?: string; "allow-basis"?: string }): Result<Wanted, string> {
  const allowBasis = readBases(values["allow-basis"]);
  return allowBasis.ok ? accept({ ...values, allowBasis: allowBasis.value }) : allowBasis;
}

const line = (label: string, content: string): string => `  ${label.padEnd(11)}${visible(content)}`;

function questionLines(requestId: string, { id, text, by, answer, answered_at }: NonNullable<Approval["question"]>): string[] {
  const asked = line("Question", `${text} (${by})`);
  if (answer !== undefined) return [asked, line("Answer", answer)];
  return answered_at === undefined ? [asked, line("Answer with", `countersign answer ${requestId} ${id} TEXT`)] : [asked];
}

function describe(approval: Approval, heading: string): string {
  const { decided_by, comment, cancel_reason, redeemed_at, outcome, basis, rule, question, proposal, match_code } = approval;
  return [
    `${heading}: ${visible(approval.action)}`,
    "",
    line("Request", approval.request_id),
    ...(basis === "passkeys" ? [] : [line("Basis", `${basis}, no person has approved it`)]),
    ...(rule === undefined ? [] : [line("Rule", rule)]),
    ...decided_by.map(({ id, username, verdict, decided_at }) => line("Decision", `${verdict} by ${username} (${id}) at ${decided_at}`)),
    ...(comment === undefined ? [] : [line("Comment", comment)]),
    ...(proposal === undefined ? [] : [line("Proposal", JSON.stringify(proposal.payload))]),
    ...(question === undefined ? [] : questionLines(approval.request_id, question)),
    ...(cancel_reason === undefined ? [] : [line("Reason", cancel_reason)]),
    ...(match_code === undefined ? [] : [line("Show", `${match_code}, which whoever approves has to pick`)]),
    ...(approval.status === "pending"
      ? [line("Approvals", `${approval.approvals} of ${approval.required}`), line("Decide at", approval.approval_url)]
      : []),
    ...(approval.status === "approved" && redeemed_at === undefined ? [line("Use by", approval.use_by)] : []),
    ...(redeemed_at === undefined ? [] : [line("Redeemed", redeemed_at)]),
    ...(outcome === undefined ? [] : [line("Outcome", outcome)]),
    "",
  ].join("\n");
}

/** The end of a command that was refused, or of which it is not known whether it was done. */
function refusedOutcome({ code, message, notKnown, idempotencyKey }: Refused, { json }: Wanted): Outcome {
  if (json === true) {
    const error = {
      code,
      message,
      ...(notKnown && { not_known: notKnown }),
      ...(idempotencyKey !== undefined && { idempotency_key: idempotencyKey }),
    };
    return { exitCode: 1, stdout: asciiJson({ error }) };
  }
  const again = idempotencyKey === undefined ? "" : `The same call again: with --idempotency-key ${visible(idempotencyKey)}\n`;
  return { exitCode: 1, stderr: `countersign: ${visible(message)} (${visible(code)})\n${again}` };
}

/** Ends with `exitCode` and the receipt in its file if it was wanted and there is one; without it, with 1. */
async function end(client: CountersignClient, approval: Approval, exitCode: number, heading: string, wanted: Wanted): Promise<Outcome> {
  const stdout = wanted.json === true ? asciiJson(approval.document) : describe(approval, heading);
  const isWanted = wanted.receipt !== undefined && approval.status !== "pending";
  const problem = isWanted ? await saveReceipt(client, approval.request_id, wanted.receipt ?? "", wanted) : null;
  if (problem === null) return { exitCode, stdout };
  const again = `countersign wait ${approval.request_id} --receipt FILE asks for it again.`;
  const used = approval.redeemed_at === undefined ? "" : "The approval is used up all the same. ";
  return { exitCode: 1, stdout, stderr: `countersign: ${visible(problem)}\n${used}${visible(again)}\n` };
}

/** The end of a command that asks or waits. */
export async function decisionOutcome(client: CountersignClient, answer: Result<Approval, Refused>, wanted: Wanted): Promise<Outcome> {
  if (!answer.ok) return refusedOutcome(answer.refusal, wanted);
  const { status } = answer.value;
  const exitCode = Object.hasOwn(EXIT_CODES, status) ? EXIT_CODES[status] : undefined;
  const heading = exitCode === undefined ? `Not approved, but ${visible(status)}` : `${status.charAt(0).toUpperCase()}${status.slice(1)}`;
  return end(client, answer.value, exitCode ?? 1, heading, wanted);
}

/** The end of a command that does something with an approval. */
export async function useOutcome(
  client: CountersignClient,
  answer: Result<Approval, Refused>,
  heading: string,
  wanted: Wanted,
): Promise<Outcome> {
  return answer.ok ? end(client, answer.value, 0, heading, wanted) : refusedOutcome(answer.refusal, wanted);
}
