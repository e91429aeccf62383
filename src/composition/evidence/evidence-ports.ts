/** What evidence bundles are made with, of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { requestObject } from "#config/object-places.ts";
import type { ReceiptPorts } from "#gate/approvals/assemble-receipt.ts";
import type { Viewer } from "#gate/approvals/visible-request.ts";
import { type EvidencePorts, Unprovable } from "#gate/evidence/evidence-ports.ts";
import { type LogReader, proveLeaves } from "#gate/log/reading/prove-leaves.ts";
import type { StoredLeaf } from "#gate/log/transparency-log.ts";
import type { Tile } from "#countersign/tlog/tile.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import { enrolmentIndices } from "#storage/approvals.ts";
import { evidenceReader } from "#storage/evidence/bundle-leaves.ts";
import { requestOfGrant } from "#storage/grants/grants.ts";
import { headReader } from "#storage/log/log-heads.ts";
import { leafIndex, logReader } from "#storage/log/log-reader.ts";
import { atPrimary } from "#storage/near/near-reads.ts";
import { logOf } from "../log-ports.ts";

/** For this person. At the primary, as receipts are: what is proven is of one moment, and nothing of it is asked for often. */
export async function evidencePorts(env: Bindings, config: Config, viewer: Viewer): Promise<EvidencePorts> {
  const { log, origin } = await logOf(env, config);
  const { DB } = env;
  const reader = logReader(DB, origin);
  return {
    origin: config.origin,
    log,
    heads: headReader(atPrimary(DB), origin),
    reader,
    evidence: evidenceReader(atPrimary(DB), DB, origin),
    partsOf: async (requestId) => {
      if (!isOwnRequestId(config.serverSecret, requestId)) return null;
      const parts = await requestObject(env, requestId).receiptFor({ id: viewer.id, roles: [...viewer.roles] });
      return parts.ok && parts.value.log === origin ? parts.value : null;
    },
    receipts: (signed) => receiptsTo(signed, DB, origin, reader),
    now: () => Date.now(),
  };
}

/** Each answer is kept for the receipts that follow: of one period most rest on the same keys and rules. */
function receiptsTo(signed: string, d1: D1Database, origin: string, reader: LogReader): ReceiptPorts {
  const enrolments = new Map<string, number>();
  const indices = remembered((key: string) => leafIndex(d1, origin, key));
  const kept = keptReader(reader);
  return {
    async enrolmentIndices(ids) {
      const unknown = ids.filter((id) => !enrolments.has(id));
      if (unknown.length > 0) for (const [id, index] of await enrolmentIndices(d1, unknown)) enrolments.set(id, index);
      if (ids.some((id) => !enrolments.has(id))) throw new Unprovable("not-available");
      return enrolments;
    },
    indexOf: indices,
    requestOfGrant: remembered((grantId: string) => requestOfGrant(d1, grantId)),
    checkpoint: () => Promise.resolve(signed),
    async prove(wanted, checkpoint) {
      const proven = await proveLeaves(wanted, { log: { witnessedCheckpoint: () => Promise.resolve(checkpoint) }, reader: kept });
      if (!proven.ok) throw new Unprovable(proven.refusal.reason === "record-erased" ? "erased" : "not-available");
      return proven.value.leaves.map(({ record, salt, proof }) => ({ record, salt, proof }));
    },
  };
}

function remembered<Answer>(ask: (of: string) => Promise<Answer>): (of: string) => Promise<Answer> {
  const known = new Map<string, Promise<Answer>>();
  return (of) => {
    const asked = known.get(of) ?? ask(of);
    known.set(of, asked);
    return asked;
  };
}

/** Leaves kept at most; those of enrolments and policies are asked for again and again. */
const MOST_LEAVES = 1_000;

/** What a checkpoint covers never changes: a tile that was read once is wide enough for good. What was erased meanwhile, nobody is told to be there. */
function keptReader(reader: LogReader): LogReader {
  const tiles = new Map<string, Tile>();
  let leaves = new Map<number, StoredLeaf>();
  return {
    async readTiles(addresses) {
      const keyOf = ({ level, n }: { level: number; n: number }) => `${level}/${n}`;
      const unknown = addresses.filter((address) => !tiles.has(keyOf(address)));
      if (unknown.length > 0) for (const tile of await reader.readTiles(unknown)) tiles.set(keyOf(tile), tile);
      return addresses.flatMap((address) => tiles.get(keyOf(address)) ?? []);
    },
    async readLeaves(indices) {
      const wanted = new Set(indices);
      const here = new Map([...leaves].filter(([index]) => wanted.has(index)));
      const unknown = indices.filter((index) => !here.has(index));
      for (const leaf of unknown.length === 0 ? [] : await reader.readLeaves(unknown)) here.set(leaf.index, leaf);
      if (leaves.size > MOST_LEAVES) leaves = new Map();
      for (const [index, leaf] of here) leaves.set(index, leaf);
      return [...here.values()];
    },
  };
}
