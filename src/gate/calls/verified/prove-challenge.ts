/** What proves offline that a passkey has approved one call (docs/formats.md, "Proof of a challenge"). */
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { fit } from "#countersign/json/shape.ts";
import type { ReceiptPorts } from "#gate/approvals/assemble-receipt.ts";
import { recordShapes } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ChallengeProof } from "#countersign/verified/challenge-proof.ts";

export interface ProvableChallengePorts {
  /** Where the leaf of this challenge is; null if it is in no log. */
  placeOf(challenge: string): Promise<{ origin: string; index: number } | null>;
  /** With what leaves of that log are proven. */
  receiptsOf(origin: string): Promise<Pick<ReceiptPorts, "enrolmentIndices" | "checkpoint" | "prove">>;
}

/** Refuses a challenge that was never consumed here, or whose log does not say whose passkey it is. */
export async function proveChallenge(
  challenge: string,
  ports: ProvableChallengePorts,
): Promise<Result<ChallengeProof, { reason: "unknown-challenge" }>> {
  const place = await ports.placeOf(challenge);
  if (place === null) return refuse({ reason: "unknown-challenge" });
  const log = await ports.receiptsOf(place.origin);
  const checkpoint = await log.checkpoint(place.index + 1);
  const [consumed] = await log.prove([place.index], checkpoint);
  const used = fit(recordShapes["challenge.consumed"], (consumed?.record ?? null) as JsonValue);
  // Another kind of leaf may be asked for by its key.
  if (consumed === undefined || !used.ok) return refuse({ reason: "unknown-challenge" });
  const id = used.value.credential_id;
  const enrolled = (await log.enrolmentIndices([id])).get(id);
  if (enrolled === undefined) return refuse({ reason: "unknown-challenge" });
  const [passkey] = await log.prove([enrolled], checkpoint);
  if (passkey === undefined) throw new Error("an enrolment that stands in the log is not proven");
  const record = recordShapes["passkey.enrolled"](passkey.record as JsonValue, "record");
  return accept({
    type: "countersign/challenge-proof@v1",
    consumed: { record: used.value, salt: consumed.salt, proof: consumed.proof },
    passkey: { record, salt: passkey.salt, proof: passkey.proof },
  });
}
