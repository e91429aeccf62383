/**
 * Whole receipts of a log, an operator and people of our own. Every part can be changed before what depends on it is made,
 * so that a wrong inside comes rightly signed, sealed and proven.
 */
import { b64u, type Bytes, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { ReceiptV1 } from "#countersign/documents/receipt.ts";
import {
  type Decision,
  decisionsOf,
  type FinalKind,
  type FinalRecord,
  leafEntry,
  type LogRecord,
  type RecordOf,
  type SealedRecord,
} from "#countersign/documents/record.ts";
import { isV2, type RequestDocument, type RequestV1, DEFAULT_POLICY, payloadHash, requestHash } from "#countersign/documents/request.ts";
import {
  batchChallenge,
  buildStatement,
  decisionChallenge,
  type Statement,
  statementHash,
  type Verdict,
} from "#countersign/documents/statement.ts";
import { type Checkpoint, formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import type { Cosigner } from "#countersign/tlog/cosignature.ts";
import { makeSigner, makeVkey, signNote, type Signer } from "#countersign/tlog/note.ts";
import { formatProof, type Proof } from "#countersign/tlog/proof.ts";
import type { Status, Trust } from "#countersign/verifier.ts";
import { type Ceremony, SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import { treeOver } from "./small-tree.ts";

export const ORIGIN = "https://gate.example.com";
export const LOG_ORIGIN = "gate.example.com/log";
export const AGENT = { id: "agt_release-bot", name: "release-bot", owner: "usr_alex" };
export const PAYLOAD: JsonObject = { service: "api", version: "4.2.0", replicas: 3, flags: ["canary", null, true] };

/** 2026-11-20T11:30:00Z, in seconds. */
export const COSIGNED_AT = Date.UTC(2026, 10, 20, 11, 30) / 1000;

export type Name = "alex" | "blair" | "casey";
export const NAMES: readonly Name[] = ["alex", "blair", "casey"];
export const personOf = (name: Name) => ({ id: `usr_${name}`, username: name });

/** A log key and three people, each with a passkey of another algorithm. */
export interface World {
  signer: Signer;
  trust: Trust & { vkey: string };
  passkeys: Record<Name, SoftwarePasskey>;
}

export async function makeWorld(seed: Bytes = sha256(utf8("a log key for tests"))): Promise<World> {
  const signer = await makeSigner(LOG_ORIGIN, seed);
  const [alex, blair, casey] = await Promise.all([
    SoftwarePasskey.create({ algorithm: "ES256", person: "usr_alex" }),
    SoftwarePasskey.create({ algorithm: "EdDSA", person: "usr_blair", backupEligible: true }),
    SoftwarePasskey.create({ algorithm: "RS256", person: "usr_casey" }),
  ]);
  return { signer, trust: { vkey: makeVkey(LOG_ORIGIN, signer.publicKey), origin: ORIGIN }, passkeys: { alex, blair, casey } };
}

export interface Deciding {
  by: Name;
  verdict: Verdict;
  comment?: string;
  /** Under one assertion with another decision. */
  batched?: boolean;
}

export type LeafName = "enrolment" | "policy" | "granting" | "used" | "final" | "redeemed" | "outcome";

/** What to make, and what to change in it: each hook may change its argument. */
export interface Recipe extends PartsRecipe {
  /** Before anybody signs. */
  request?: (request: RequestV1) => void;
  final?: (record: RecordOf<FinalKind>) => void;
  /** Before it is written. */
  receipt?: (receipt: ReceiptV1) => void;
}

/** The same of receipts of either version. */
export interface PartsRecipe {
  status: Status;
  /** Default: one approval, one denial, or none, by the status. */
  decisions?: Deciding[];
  payload?: JsonObject;
  redeemed?: boolean;
  /** Implies `redeemed`. */
  outcome?: "succeeded" | "failed" | "unknown";
  /** Before this person signs. */
  statement?: (statement: Statement, index: number) => void;
  /** Before this person signs several decisions at once. */
  batch?: (batch: NonNullable<Decision["batch"]>, index: number) => void;
  /** How this person signs. */
  ceremony?: (ceremony: Ceremony, index: number) => void;
  /** Signed, not yet in the record. */
  decision?: (decision: Decision, index: number) => void;
  /** Before its leaf is made. */
  enrolment?: (record: RecordOf<"passkey.enrolled">) => void;
  redemption?: (record: RecordOf<"approval.redeemed">) => void;
  outcomeRecord?: (record: RecordOf<"call.succeeded" | "call.failed" | "call.unknown">) => void;
  /** The leaves in the order in which they are appended. */
  log?: (leaves: SealedRecord[]) => void;
  /** Before it is signed. */
  checkpoint?: (checkpoint: Checkpoint) => void;
  /** Who signs the checkpoint. */
  signer?: Signer;
  /** Who cosigns it, in this order. */
  cosigners?: Cosigner[];
  proof?: (proof: Proof, leaf: LeafName, index: number) => void;
  /** Enrolments that the receipt holds beside those of its decisions. */
  furtherEnrolments?: Name[];
}

export const onThatDay = (clock: string): string => `2026-11-20T${clock}.000Z`;
/** 32 bytes that differ by name, b64u. */
export const bytesNamed = (name: string): string => b64u(sha256(utf8(name)));

export const USUAL_DECISIONS: Record<Status, Deciding[]> = {
  approved: [{ by: "alex", verdict: "approved", comment: "Checked the change list." }],
  denied: [{ by: "alex", verdict: "denied", comment: "Not on a Friday." }],
  expired: [],
  cancelled: [],
};
export const ENDS: Record<Status, { ended_by: RecordOf<FinalKind>["ended_by"]; at: string }> = {
  approved: { ended_by: "passkeys", at: onThatDay("09:10:00") },
  denied: { ended_by: "passkeys", at: onThatDay("09:10:00") },
  expired: { ended_by: "deadline", at: onThatDay("09:15:00") },
  cancelled: { ended_by: "requester", at: onThatDay("09:10:00") },
};

export function makeRequest(payload: JsonObject = PAYLOAD): RequestV1 {
  return {
    type: "countersign/request@v1",
    id: `apr_${"A".repeat(32)}`,
    origin: ORIGIN,
    action: "Deploy api to production",
    reason: "Ticket 4711",
    payload_hash: payloadHash(payload),
    requested_by: { ...AGENT },
    policy: { ...DEFAULT_POLICY },
    context: {},
    quorum: [{ name: "any approver", required: 1, eligible: NAMES.map((name) => personOf(name).id) }],
    requested_at: onThatDay("09:00:00"),
    expires_at: onThatDay("09:15:00"),
    use_by: onThatDay("10:15:00"),
  };
}

export const commonMembers = (at: string) => ({ type: "countersign/record@v1", log: LOG_ORIGIN, at }) as const;

export function makeEnrolment(name: Name, passkey: SoftwarePasskey): RecordOf<"passkey.enrolled"> {
  return {
    ...commonMembers(onThatDay("08:00:00")),
    kind: "passkey.enrolled",
    person: personOf(name),
    roles: ["approver"],
    groups: [],
    credential: {
      id: passkey.credentialId,
      public_key: passkey.publicKey,
      alg: passkey.alg,
      backup_eligible: passkey.backupEligible,
    },
    authorised_by: [],
  };
}

/** One person signs, at a minute of their own. */
export async function decide(world: World, recipe: PartsRecipe, request: RequestDocument, deciding: Deciding, index: number) {
  const passkey = world.passkeys[deciding.by];
  const commentSalt = bytesNamed(`comment ${index}`);
  const comment = deciding.comment ?? "";
  const nonce = bytesNamed(`nonce ${index}`);
  const statement = buildStatement(request, { verdict: deciding.verdict, approver: personOf(deciding.by), comment, commentSalt, nonce });
  recipe.statement?.(statement, index);
  const batch = deciding.batched
    ? { nonce: bytesNamed(`batch ${index}`), statements: [statementHash(statement), hex(sha256(utf8("another statement")))].toSorted() }
    : null;
  if (batch !== null) recipe.batch?.(batch, index);
  const challenge = batch === null ? decisionChallenge(statement) : batchChallenge(request.origin, statement.approver, batch);
  const ceremony: Ceremony = { challenge, origin: request.origin, crossOrigin: false };
  recipe.ceremony?.(ceremony, index);
  const assertion = await passkey.sign(ceremony);
  const signed = { at: onThatDay(`09:0${5 + index}:00`), statement, credential_id: passkey.credentialId, assertion };
  const decision: Decision = { ...signed, ...(isV2(request) && { batch }) };
  recipe.decision?.(decision, index);
  return { decision, comment: comment === "" ? [] : [{ text: comment, salt: commentSalt }] };
}

/** A receipt that verifies under `world.trust`, but for what the recipe changes. */
export async function makeReceipt(world: World, recipe: Recipe): Promise<{ receipt: ReceiptV1; text: string }> {
  const payload = recipe.payload ?? structuredClone(PAYLOAD);
  const request = makeRequest(payload);
  recipe.request?.(request);
  const deciding = recipe.decisions ?? USUAL_DECISIONS[recipe.status];
  const decided = await Promise.all(deciding.map((one, index) => decide(world, recipe, request, one, index)));
  const end = ENDS[recipe.status];
  const final: RecordOf<FinalKind> = {
    ...commonMembers(end.at),
    kind: `approval.${recipe.status}`,
    request,
    ended_by: end.ended_by,
    decisions: decided.map(({ decision }) => decision),
  };
  recipe.final?.(final);
  const {
    policy: _,
    granted: _1,
    ...members
  } = await proveParts(world, recipe, {
    payload,
    final,
    comments: decided.flatMap(({ comment }) => comment),
  });
  const receipt: ReceiptV1 = { type: "countersign/receipt@v1", ...members };
  recipe.receipt?.(receipt);
  return { receipt, text: JSON.stringify(receipt) };
}

/** What a receipt is made of. */
interface Parts<Final extends FinalRecord> {
  payload: JsonObject;
  final: Final;
  comments: { text: string; salt: string }[];
  policy?: RecordOf<"policy.published">;
  /** What gave the grant by which it passed, and its use. */
  granted?: { granting: FinalRecord; used: RecordOf<"grant.used"> };
}

/** Puts all that belongs to it into a log, and proves it there. */
export async function proveParts<Final extends FinalRecord>(world: World, recipe: PartsRecipe, parts: Parts<Final>) {
  const { payload, final, comments } = parts;
  const { request } = final;
  const sealed = <Kept extends LogRecord>(record: Kept, name: string): SealedRecord<Kept> => ({
    record,
    salt: bytesNamed(`salt of ${name}`),
  });
  const enrolments = NAMES.map((name) => {
    const record = makeEnrolment(name, world.passkeys[name]);
    recipe.enrolment?.(record);
    return sealed(record, name);
  });
  const genesis: LogRecord = {
    ...commonMembers(onThatDay("07:00:00")),
    kind: "log.genesis",
    origin: ORIGIN,
    vkey: world.trust.vkey,
    previous: null,
  };
  const finalLeaf = sealed(final, "final");
  const policy = parts.policy ? sealed(parts.policy, "policy") : null;
  const redeemed = recipe.redeemed || recipe.outcome ? sealed(makeRedemption(recipe, request), "redeemed") : null;
  const outcome = recipe.outcome ? sealed(makeOutcome(recipe, recipe.outcome, request), "outcome") : null;
  const agent: LogRecord = { ...commonMembers(onThatDay("08:30:00")), kind: "agent.created", agent: { ...AGENT }, authorised_by: [] };
  const leaves: SealedRecord[] = [sealed(genesis, "genesis"), ...enrolments, sealed(agent, "agent")];
  const granting = parts.granted ? sealed(parts.granted.granting, "granting") : null;
  const usedGrant = parts.granted ? sealed(parts.granted.used, "used grant") : null;
  leaves.push(...[policy, granting, usedGrant, finalLeaf, redeemed, outcome].filter((leaf) => leaf !== null));
  leaves.push(sealed({ ...agent, kind: "agent.revoked", at: onThatDay("11:00:00") }, "revoked agent"));
  recipe.log?.(leaves);

  const tree = treeOver(leaves.map(({ record, salt }) => leafEntry(record, salt)));
  const checkpoint: Checkpoint = { origin: LOG_ORIGIN, size: tree.size, root: tree.root };
  recipe.checkpoint?.(checkpoint);
  const toSign = formatCheckpoint(checkpoint);
  const cosignatures = (recipe.cosigners ?? []).map((cosigner) => cosigner.cosign(toSign, COSIGNED_AT));
  const signed = [await signNote(toSign, [recipe.signer ?? world.signer]), ...(await Promise.all(cosignatures))].join("");
  const proven = <Kept extends LogRecord>(leaf: SealedRecord<Kept>, name: LeafName, nth = 0) => {
    const index = leaves.indexOf(leaf);
    const proof: Proof = { index, path: tree.pathOf(index), checkpoint: signed };
    recipe.proof?.(proof, name, nth);
    return { ...leaf, proof: formatProof(proof) };
  };

  const further = (recipe.furtherEnrolments ?? []).map((name) => world.passkeys[name].credentialId);
  const passkeysOf = (record: FinalRecord, besides: string[]) => {
    const used = new Set([...decisionsOf(record).map((one) => one.credential_id), ...besides]);
    const kept = enrolments.filter((leaf) => used.has(leaf.record.credential.id));
    return kept.map((leaf, nth) => proven(leaf, "enrolment", nth));
  };
  return {
    payload,
    final: proven(finalLeaf, "final"),
    passkeys: passkeysOf(final, further),
    comments,
    redeemed: redeemed && proven(redeemed, "redeemed"),
    outcome: outcome && proven(outcome, "outcome"),
    policy: policy && proven(policy, "policy"),
    granted:
      granting && usedGrant
        ? { final: proven(granting, "granting"), passkeys: passkeysOf(granting.record, []), used: proven(usedGrant, "used") }
        : null,
  };
}

function makeRedemption(recipe: PartsRecipe, request: RequestDocument): RecordOf<"approval.redeemed"> {
  const record: RecordOf<"approval.redeemed"> = {
    ...commonMembers(onThatDay("09:20:00")),
    kind: "approval.redeemed",
    request_hash: requestHash(request),
    payload_hash: request.payload_hash,
    redeemed_by: { id: AGENT.id, name: AGENT.name },
  };
  recipe.redemption?.(record);
  return record;
}

function makeOutcome(recipe: PartsRecipe, status: "succeeded" | "failed" | "unknown", request: RequestDocument) {
  const record: RecordOf<"call.succeeded" | "call.failed" | "call.unknown"> = {
    ...commonMembers(onThatDay("09:21:00")),
    kind: `call.${status}`,
    request_hash: requestHash(request),
    detail_hash: null,
  };
  recipe.outcomeRecord?.(record);
  return record;
}
