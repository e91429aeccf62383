/** What evidence bundles are made with, of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { requestObject } from "#config/object-places.ts";
import type { ReceiptParts } from "#gate/approvals/assemble-receipt.ts";
import type { Viewer } from "#gate/approvals/visible-request.ts";
import { type EvidencePorts, Unprovable } from "#gate/evidence/evidence-ports.ts";
import { headOf, type LogReader, proveLeaves } from "#gate/log/reading/prove-leaves.ts";
import type { StoredLeaf } from "#gate/log/transparency-log.ts";
import { grantUseKey, policyKey } from "#countersign/documents/leaf-key.ts";
import { inclusionSubtrees } from "#countersign/tlog/merkle.ts";
import { type Tile, type TileAddress, tilesOf } from "#countersign/tlog/tile.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import { enrolmentIndices } from "#storage/approvals.ts";
import { evidenceReader } from "#storage/evidence/bundle-leaves.ts";
import { requestOfGrant } from "#storage/grants/grants.ts";
import { headReader } from "#storage/log/log-heads.ts";
import { leafIndices, logReader } from "#storage/log/log-reader.ts";
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
function receiptsTo(signed: string, d1: D1Database, origin: string, reader: LogReader): ReturnType<EvidencePorts["receipts"]> {
  const { size } = headOf(signed);
  const enrolments = new Map<string, number>();
  const indices = new Map<string, number | null>();
  const kept = keptReader(reader);

  async function learnKeys(ids: readonly string[], keys: readonly string[]): Promise<void> {
    const [unknownIds, unknownKeys] = [ids.filter((id) => !enrolments.has(id)), keys.filter((key) => !indices.has(key))];
    const [found, places] = await Promise.all([
      unknownIds.length === 0 ? new Map<string, number>() : enrolmentIndices(d1, unknownIds),
      unknownKeys.length === 0 ? new Map<string, number>() : leafIndices(d1, origin, unknownKeys),
    ]);
    for (const [id, index] of found) enrolments.set(id, index);
    for (const key of unknownKeys) indices.set(key, places.get(key) ?? null);
  }

  return {
    async prepare(parts) {
      const ids = [...new Set(parts.flatMap(({ credentialIds }) => credentialIds))];
      const keys = [...new Set(parts.flatMap(({ further }) => keysOf(further)))];
      await learnKeys(ids, keys);
      const rests = [...ids.map((id) => enrolments.get(id)), ...keys.map((key) => indices.get(key))];
      const own = parts.flatMap(({ finalIndex, redeemedIndex, outcomeIndex }) => [finalIndex, redeemedIndex, outcomeIndex]);
      await kept.prepare([...rests, ...own].filter((index) => index !== null && index !== undefined && index < size) as number[], size);
    },
    async enrolmentIndices(ids) {
      await learnKeys(ids, []);
      if (ids.some((id) => !enrolments.has(id))) throw new Unprovable("not-available");
      return enrolments;
    },
    async indexOf(key) {
      await learnKeys([], [key]);
      return indices.get(key) ?? null;
    },
    requestOfGrant: remembered((grantId: string) => requestOfGrant(d1, grantId)),
    checkpoint: () => Promise.resolve(signed),
    async prove(wanted, checkpoint) {
      const proven = await proveLeaves(wanted, { log: { witnessedCheckpoint: () => Promise.resolve(checkpoint) }, reader: kept });
      if (!proven.ok) throw new Unprovable(proven.refusal.reason === "record-erased" ? "erased" : "not-available");
      return proven.value.leaves.map(({ record, salt, proof }) => ({ record, salt, proof }));
    },
  };
}

/** Of the leaves that a receipt of version 2 rests on besides. */
const keysOf = (further: ReceiptParts["further"]): string[] =>
  further === undefined
    ? []
    : [policyKey(further.policyVersion), ...(further.grant ? [grantUseKey(further.grant.id, further.grant.use)] : [])];

function remembered<Answer>(ask: (of: string) => Promise<Answer>): (of: string) => Promise<Answer> {
  const known = new Map<string, Promise<Answer>>();
  return (of) => {
    const asked = known.get(of) ?? ask(of);
    known.set(of, asked);
    return asked;
  };
}

/** Leaves kept from group to group; those of enrolments and policies are asked for again and again. */
const MOST_LEAVES = 1_000;

/** What a checkpoint covers never changes: a tile that was read once is wide enough for good. What was erased meanwhile, nobody is told to be there. */
function keptReader(reader: LogReader): LogReader & { prepare(indices: readonly number[], size: number): Promise<void> } {
  const tiles = new Map<string, Tile>();
  const leaves = new Map<number, StoredLeaf>();
  const keyOf = ({ level, n }: TileAddress): string => `${level}/${n}`;
  const kept: LogReader = {
    async readTiles(addresses) {
      const unknown = addresses.filter((address) => !tiles.has(keyOf(address)));
      for (const tile of unknown.length === 0 ? [] : await reader.readTiles(unknown)) tiles.set(keyOf(tile), tile);
      return addresses.flatMap((address) => tiles.get(keyOf(address)) ?? []);
    },
    async readLeaves(indices) {
      const unknown = indices.filter((index) => !leaves.has(index));
      for (const leaf of unknown.length === 0 ? [] : await reader.readLeaves(unknown)) leaves.set(leaf.index, leaf);
      return indices.flatMap((index) => leaves.get(index) ?? []);
    },
  };
  return {
    ...kept,
    async prepare(indices, size) {
      if (leaves.size > MOST_LEAVES) leaves.clear();
      await Promise.all([kept.readLeaves(indices), kept.readTiles(tilesOf(indices.flatMap((index) => inclusionSubtrees(index, size))))]);
    },
  };
}
