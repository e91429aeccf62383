/**
 * `countersign ci redeem`: uses the approval, right before the deployment, for what would be deployed now.
 *
 * 1. The payload is made again, of the facts as they are at this moment.
 * 2. The receipt is read and verified: what people signed, under the log's key.
 * 3. Whatever differs from what they signed is named, and nothing is used.
 * 4. The service is asked to redeem, which succeeds once.
 */
import { parseReceipt } from "../../documents/receipt.ts";
import { payloadHash } from "../../documents/request.ts";
import { canonicalize, type JsonObject, type JsonValue } from "../../json/canonical-json.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { useOutcome } from "../approvals/approval-outcome.ts";
import { type Outcome, type Surroundings, unusable } from "../command.ts";
import { visible } from "../visible.ts";
import { changedMembers } from "./changed-members.ts";
import { type CiInputs, type CiService, ciServiceOf } from "./ci-inputs.ts";
import { deploymentPayload } from "./deployment-payload.ts";
import { standingState, writeState } from "./gate-state.ts";
import { notice, setOutputs, summarise, type SummaryRow } from "./job-notes.ts";

/** Of what would be deployed now, and was not approved so. */
export const CHANGED_EXIT_CODE = 6;

/** Changed places that are named; there may be thousands. */
const MOST_NAMED_CHANGES = 20;
const MOST_VALUE = 200;

/** What was signed for: the payload, or its hash alone where the service did not keep it. */
interface SignedFor {
  hash: string;
  payload: JsonObject | null;
}

/** What people signed, as the verified receipt of the request says; or why it is not to be relied on. */
async function signedFor(requestId: string, { client, allowBasis }: CiService): Promise<Result<SignedFor, string>> {
  const text = await client.receipt(requestId, { allowBasis });
  if (!text.ok) return refuse(`${text.refusal.message} (${text.refusal.code})`);
  const receipt = parseReceipt(text.value);
  if (!receipt.ok) return refuse(receipt.refusal.message);
  const { record } = receipt.value.final;
  if (record.kind !== "approval.approved") return refuse(`The request was not approved (${record.kind}).`);
  return accept({ hash: record.request.payload_hash, payload: receipt.value.payload });
}

const shown = (value: JsonValue | undefined): string => {
  const text = value === undefined ? "nothing" : canonicalize(value);
  return text.length > MOST_VALUE ? `${text.slice(0, MOST_VALUE)}…` : text;
};

/** Each place that differs, in words. */
function changedRows(was: JsonObject | null, is: JsonObject): SummaryRow[] {
  if (was === null) return [["Changed", "The service does not keep what was approved any longer; its hash is another one."]];
  const changes = changedMembers(was, is);
  const rows = changes.slice(0, MOST_NAMED_CHANGES).map((one): SummaryRow => [one.place, `was ${shown(one.was)}, is ${shown(one.is)}`]);
  return changes.length > MOST_NAMED_CHANGES ? [...rows, ["…", `${changes.length - MOST_NAMED_CHANGES} more`]] : rows;
}

function changedOutcome(rows: readonly SummaryRow[], inputs: CiInputs, surroundings: Surroundings): Outcome {
  summarise("Countersign: stopped, since something changed after it was approved", rows, inputs, surroundings);
  notice("error", "Stopped", `Not what was approved: ${rows.map(([place]) => place).join(", ")}`, surroundings);
  const lines = rows.map(([place, says]) => `  ${visible(place)}: ${visible(says)}\n`);
  return { exitCode: CHANGED_EXIT_CODE, stderr: `countersign: this is not what was approved; nothing was used up:\n${lines.join("")}` };
}

export async function redeemStep(inputs: CiInputs, surroundings: Surroundings, usage: string): Promise<Outcome> {
  const service = ciServiceOf(inputs, surroundings);
  if (!service.ok) return unusable("ci", service.refusal, usage);
  const state = await standingState(inputs, surroundings);
  if (!state.ok) return unusable("ci", state.refusal, usage);
  if (state.value === null) return unusable("ci", "nothing was asked for in this job; --request-id names what was elsewhere", usage);
  const { request_id, payload_hash } = state.value;

  const payload = await deploymentPayload(inputs, surroundings); // 1
  if (!payload.ok) return unusable("ci", payload.refusal, usage);
  const signed = await signedFor(request_id, service.value); // 2
  if (!signed.ok) return { exitCode: 1, stderr: `countersign: nothing was used up: ${visible(signed.refusal)}\n` };
  const hash = payloadHash(payload.value);
  if (hash !== signed.value.hash) return changedOutcome(changedRows(signed.value.payload, payload.value), inputs, surroundings); // 3
  if (payload_hash !== undefined && payload_hash !== hash) {
    return changedOutcome([["Request", "It is not what this pipeline has asked for."]], inputs, surroundings);
  }

  const { client, allowBasis } = service.value;
  const key = inputs["idempotency-key"];
  const redeemed = await client.redeem(request_id, payload.value, { ...(key !== undefined && { idempotencyKey: key }), allowBasis }); // 4
  if (redeemed.ok) {
    const written = await writeState({ request_id, payload_hash: hash, redeemed: true }, inputs, surroundings);
    setOutputs({ request_id, redeemed: "true" }, surroundings);
    if (!written.ok) surroundings.tell(`countersign: ${visible(written.refusal)}\n`);
  }
  return useOutcome(client, redeemed, "Redeemed", { allowBasis });
}
