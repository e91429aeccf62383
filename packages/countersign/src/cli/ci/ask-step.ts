/** `countersign ci ask`: asks for the deployment as it is now, says at once where to decide, and waits. */
import { hex, sha256, utf8 } from "../../encoding/bytes.ts";
import type { JsonObject } from "../../json/canonical-json.ts";
import { payloadHash } from "../../documents/request.ts";
import type { Result } from "../../result.ts";
import type { Approval, Ask, CountersignClient, Refused } from "../../sdk/client.ts";
import { decisionOutcome } from "../approvals/approval-outcome.ts";
import { type Outcome, type Surroundings, unusable } from "../command.ts";
import { visible } from "../visible.ts";
import { type CiInputs, ciServiceOf, readTimes } from "./ci-inputs.ts";
import { deploymentPayload } from "./deployment-payload.ts";
import { clearState, writeState } from "./gate-state.ts";
import { jobFactsOf } from "./job-facts.ts";
import { approvalRows, notice, setOutputs, summarise } from "./job-notes.ts";

/** What one step that is tried again asks with, so that it finds what it asked; another attempt of the job asks anew. */
function idempotencyKeyOf(execution: string | undefined, hash: string): string | undefined {
  return execution === undefined ? undefined : `ci-${hex(sha256(utf8(`${execution} ${hash}`)))}`;
}

function askOf(
  inputs: CiInputs,
  payload: JsonObject,
  times: { expires: number; required: number | undefined },
  { environment }: Surroundings,
): Ask {
  const { run, execution } = jobFactsOf(environment);
  const reason = inputs.reason ?? run;
  const key = idempotencyKeyOf(execution, payloadHash(payload));
  const approvers = {
    ...(inputs.approver.length > 0 && { users: inputs.approver }),
    ...(inputs.group.length > 0 && { groups: inputs.group }),
    ...(times.required !== undefined && { required: times.required }),
  };
  return {
    action: inputs.action ?? `Deploy ${inputs.service ?? ""} to ${inputs.environment ?? ""}`,
    payload,
    expiresInSeconds: times.expires,
    ...(reason !== undefined && { reason }),
    ...(key !== undefined && { idempotencyKey: key }),
    ...(Object.keys(approvers).length > 0 && { approvers }),
  };
}

function tellWhereToDecide({ expires_at, approval_url, match_code }: Approval, surroundings: Surroundings): void {
  surroundings.tell(`Asked for approval until ${visible(expires_at)}. Decide at ${visible(approval_url)}\n`);
  if (match_code !== undefined) surroundings.tell(`Whoever approves has to pick the number ${visible(match_code)}.\n`);
  notice("notice", "Approval needed", `Decide until ${expires_at} at ${approval_url}`, surroundings);
}

export async function askStep(inputs: CiInputs, surroundings: Surroundings, usage: string): Promise<Outcome> {
  const times = readTimes(inputs);
  if (!times.ok) return unusable("ci", times.refusal, usage);
  const service = ciServiceOf(inputs, surroundings);
  if (!service.ok) return unusable("ci", service.refusal, usage);
  const cleared = await clearState(inputs, surroundings);
  if (!cleared.ok) return unusable("ci", cleared.refusal, usage);
  const payload = await deploymentPayload(inputs, surroundings);
  if (!payload.ok) return unusable("ci", payload.refusal, usage);
  const { client, allowBasis } = service.value;

  const asked = await client.request(askOf(inputs, payload.value, times.value, surroundings));
  if (!asked.ok) return decisionOutcome(client, asked, { allowBasis });
  const { request_id, status, approval_url } = asked.value;
  const state = { request_id, payload_hash: payloadHash(payload.value) };
  const written = await writeState(state, inputs, surroundings);
  setOutputs({ ...state, approval_url }, surroundings);
  if (!written.ok) return { exitCode: 1, stderr: `countersign: ${visible(written.refusal)}\n` };
  if (status === "pending") tellWhereToDecide(asked.value, surroundings);

  const decided =
    status === "pending" && times.value.wait > 0 ? await waitedFor(client, request_id, times.value.wait, surroundings) : asked;
  if (decided.ok) {
    setOutputs({ status: decided.value.status }, surroundings);
    if (decided.value.status !== "approved") {
      notice("error", "Not approved", `The request is ${decided.value.status}: ${approval_url}`, surroundings);
      summarise("Countersign: not approved", approvalRows(decided.value), inputs, surroundings);
    }
  }
  return decisionOutcome(client, decided, { allowBasis });
}

/** The end of the request, or how it stands after so many seconds; what people ask meanwhile is said, and waited on. */
async function waitedFor(
  client: CountersignClient,
  requestId: string,
  seconds: number,
  { tell }: Surroundings,
): Promise<Result<Approval, Refused>> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await client.wait(requestId, Math.max(0, Math.ceil((deadline - Date.now()) / 1_000)));
    const question = found.ok && found.value.status === "pending" ? found.value.question : undefined;
    if (question === undefined || question.answered_at !== undefined || Date.now() >= deadline) return found;
    // Nobody is there to answer in a job: whoever reads its log can.
    tell(
      `${visible(question.by)} asks: ${visible(question.text)}\nAnswer with: countersign answer ${visible(requestId)} ${visible(question.id)} TEXT\n`,
    );
  }
}
