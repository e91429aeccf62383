/** Where a receipt's records and proofs come from: the log that is written now, or what is left of the one before. */
import { type ReceiptPorts, RecordWithheld } from "#gate/approvals/assemble-receipt.ts";
import { proveLeaves } from "#gate/log/reading/prove-leaves.ts";
import type { Config } from "#config/config.ts";
import type { Bindings } from "#config/bindings.ts";
import { enrolmentIndices } from "#storage/approvals.ts";
import { enrolmentIndicesIn, endedLog } from "#storage/log/ended-log.ts";
import { requestOfGrant } from "#storage/grants/grants.ts";
import { leafIndex, logReader } from "#storage/log/log-reader.ts";
import { logOf } from "./log-ports.ts";

/** For a request that ended in the log of that origin line, and whether that log has ended too. */
export async function receiptPorts(env: Bindings, config: Config, ofLog: string): Promise<{ ports: ReceiptPorts; hasEnded: boolean }> {
  const { log, origin } = await logOf(env, config);
  if (ofLog === origin) {
    const ports: ReceiptPorts = {
      enrolmentIndices: (ids) => enrolmentIndices(env.DB, ids),
      indexOf: (key) => leafIndex(env.DB, origin, key),
      requestOfGrant: (grantId) => requestOfGrant(env.DB, grantId),
      checkpoint: (atLeast) => log.witnessedCheckpoint(atLeast),
      prove: prover(env, origin),
    };
    return { ports, hasEnded: false };
  }
  const ports: ReceiptPorts = {
    enrolmentIndices: (ids) => enrolmentIndicesIn(env.DB, ofLog, ids),
    indexOf: (key) => leafIndex(env.DB, ofLog, key),
    requestOfGrant: (grantId) => requestOfGrant(env.DB, grantId),
    checkpoint: () => finalCheckpoint(env, ofLog),
    prove: prover(env, ofLog),
  };
  return { ports, hasEnded: true };
}

async function finalCheckpoint(env: Bindings, origin: string): Promise<string> {
  const ended = await endedLog(env.DB, origin);
  if (ended === null) throw new Error(`nothing follows the log ${origin}`);
  return ended.final;
}

const prover =
  (env: Bindings, origin: string): ReceiptPorts["prove"] =>
  async (indices, checkpoint) => {
    const proven = await proveLeaves(indices, {
      log: { witnessedCheckpoint: () => Promise.resolve(checkpoint) },
      reader: logReader(env.DB, origin),
    });
    if (!proven.ok && proven.refusal.reason === "record-erased") throw new RecordWithheld(`leaf ${proven.refusal.index}`);
    if (!proven.ok) throw new Error(`leaf ${proven.refusal.index}: ${proven.refusal.reason}`);
    return proven.value.leaves.map(({ record, salt, proof }) => ({ record, salt, proof }));
  };
