/**
 * `countersign/log`: what it takes to follow a log or to cosign one. Its client, the memory of what was seen, and the functions for
 * Merkle trees (RFC 6962), signed notes, checkpoints, tiles, witnesses and their policies (C2SP), proofs and evidence.
 */
export { LogClient, type LogClientOptions, type LogKeyItem, type LogRefused } from "../sdk/log-client.ts";
export { type LogMemory, processMemory, type RememberedLog, type RememberedLogs } from "../sdk/log-memory.ts";
export type { Doubt, LogWatch } from "../sdk/known-log.ts";
export { rememberCheckpoint } from "../sdk/remember-checkpoint.ts";

export { type Checkpoint, formatCheckpoint, parseCheckpoint } from "../tlog/checkpoint.ts";
export {
  type LogTrust,
  type UnverifiedCheckpoint,
  type VerifiedCheckpoint,
  type VerifiedLeaf,
  verifyCheckpoint,
  verifyProof,
} from "../tlog/verify-checkpoint.ts";
export { formatProof, parseProof, type Proof } from "../tlog/proof.ts";
export { type Evidence, type EvidenceFailure, makeEvidence, parseEvidence, verifyEvidence } from "../tlog/evidence.ts";

export {
  makeSigner,
  makeVkey,
  type Note,
  parseNote,
  parseVkey,
  type Signer,
  signNote,
  type UnverifiedNote,
  type VerifierKey,
  verifyNote,
} from "../tlog/note.ts";
export {
  type Cosignature,
  type Cosigner,
  makeCosigner,
  makeWitnessVkey,
  parseWitnessVkey,
  verifyCosignatures,
} from "../tlog/cosignature.ts";
export { addCheckpoint, type Cosigned, type Witness, type WitnessAnswer, type WitnessMemory } from "../tlog/witness.ts";
export {
  enoughWitnesses,
  parsePolicy,
  type PolicyFault,
  type PolicyLog,
  type PolicyWitness,
  type WitnessGroup,
  type WitnessPolicy,
} from "../tlog/witness-policy.ts";

export {
  type Consistency,
  consistencySubtrees,
  EMPTY_ROOT,
  type Inclusion,
  inclusionSubtrees,
  leafHash,
  nodeHash,
  proveConsistency,
  proveInclusion,
  type ReadHash,
  rootHash,
  rootSubtrees,
  type Subtree,
  verifyConsistency,
  verifyInclusion,
} from "../tlog/merkle.ts";
export {
  appendLeaves,
  type ChangedTile,
  readHashFrom,
  rightEdge,
  sliceTile,
  type Tile,
  type TileAddress,
  tileOf,
  tilePath,
  tilesOf,
  tileWidth,
  type Tree,
  treeFromEdge,
} from "../tlog/tile.ts";
export { parseTilePath, type TilePath } from "../tlog/tile-path.ts";

export { type LogRecord, leafEntry } from "../documents/record.ts";
export { type Bytes } from "../encoding/bytes.ts";
export type { Result } from "../result.ts";
