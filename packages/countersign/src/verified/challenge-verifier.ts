/**
 * Verifies offline that a passkey has approved one call of an agent (docs/formats.md, "Proof of a challenge"): from the arguments to what was
 * signed, from the signature to the enrolled key, and from both records to the signed root of the log. It is no approval by the gate's
 * quorum, and no receipt says so.
 */
import { leafEntry } from "../documents/record.ts";
import { equal, fromB64u, hex, sha256, utf8 } from "../encoding/bytes.ts";
import { canonicalize, type JsonObject } from "../json/canonical-json.ts";
import { accept, refuse, type Result } from "../result.ts";
import { parseCheckpoint } from "../tlog/checkpoint.ts";
import { leafHash, verifyInclusion } from "../tlog/merkle.ts";
import { parseNote } from "../tlog/note.ts";
import { parseProof } from "../tlog/proof.ts";
import { verifyCheckpoint } from "../tlog/verify-checkpoint.ts";
import { checkpointFailure, logTrustOf, type ReceiptVerdict, type Trust, trustProblem } from "../verifier.ts";
import { checkAssertion } from "../webauthn/assertion.ts";
import type { ChallengeProof, ChallengeProofFailure } from "./challenge-proof.ts";
import { actionHash, actionOfChallenge, audienceOf } from "./verified-approval.ts";

/** The log's key, the service's origin, and a witness policy if the checkpoint has to be cosigned. */
export type ChallengeTrust = Pick<Trust, "vkey" | "policy" | "origin">;

/** What a proof shows, as far as the trust that was given. */
export interface ProvenChallengeVerdict {
  agent: { id: string; name: string };
  server: { id: string; name: string };
  tool: string;
  argumentsHash: string;
  /** Whether the arguments were given, and are those that were signed; otherwise what was signed is the gate's word. */
  argumentsChecked: boolean;
  person: { id: string; username: string };
  credentialId: string;
  /** SHA-256 of the enrolled key, hexadecimal. */
  keyFingerprint: string;
  at: string;
  log: ReceiptVerdict["log"];
  witnesses: ReceiptVerdict["witnesses"];
}

type Refused = { ok: false; refusal: ChallengeProofFailure };
const refused = (code: ChallengeProofFailure["code"], message: string): Refused => refuse({ code, message });

/**
 * Checks everything that a proof claims, in the order of `CHALLENGE_PROOF_CHECKS`. `args`: as the agent's client sent them; null: they are
 * not known. Throws if the trust cannot be used (see `trustProblem`).
 */
export async function verifyChallengeProof(
  proof: ChallengeProof,
  args: JsonObject | null,
  trust: ChallengeTrust,
): Promise<Result<ProvenChallengeVerdict, ChallengeProofFailure>> {
  const problem = trustProblem(trust);
  if (problem !== null) throw new TypeError(problem);
  const unfit = argumentsFailure(proof, args, trust) ?? (await signatureFailure(proof, trust));
  if (unfit !== null) return refuse(unfit);
  const placed = placesIn(proof);
  if (!placed.ok) return placed;
  const { text, origin, size, root, index } = placed.value;
  const signed = await verifyCheckpoint(text, logTrustOf(trust));
  if (!signed.ok) return refuse(checkpointFailure(signed.refusal, origin));
  const { consumed, passkey } = proof;
  const { agent, server, tool, arguments_hash: argumentsHash, at } = consumed.record;
  const { person, credential } = passkey.record;
  return accept({
    agent,
    server,
    tool,
    argumentsHash,
    argumentsChecked: args !== null,
    person,
    credentialId: credential.id,
    keyFingerprint: hex(sha256(fromB64u(credential.public_key) ?? new Uint8Array())),
    at,
    log: { origin, size, root: hex(root), index },
    witnesses:
      trust.policy === undefined ? null : signed.value.cosignatures.map(({ key: { name }, timeSeconds }) => ({ name, timeSeconds })),
  });
}

const failure = (code: ChallengeProofFailure["code"], message: string): ChallengeProofFailure => ({ code, message });

function argumentsFailure(
  { consumed: { record } }: ChallengeProof,
  args: JsonObject | null,
  { origin }: ChallengeTrust,
): ChallengeProofFailure | null {
  if (args === null) return null;
  const text = canonicalize(args);
  if (hex(sha256(utf8(text))) !== record.arguments_hash) return failure("arguments_mismatch", "These are not the arguments of the call.");
  const action = actionHash(record.tool, text, audienceOf(origin, record.server.id, record.agent.id));
  const signed = actionOfChallenge(fromB64u(record.challenge) ?? new Uint8Array());
  return equal(action, signed)
    ? null
    : failure("challenge_mismatch", "What was signed is another tool, other arguments, another agent, server or gate.");
}

async function signatureFailure({ consumed, passkey }: ChallengeProof, { origin }: ChallengeTrust): Promise<ChallengeProofFailure | null> {
  const { challenge, credential_id: id, assertion, at } = consumed.record;
  const { credential, at: enrolledAt } = passkey.record;
  const bytes = fromB64u(challenge) ?? new Uint8Array();
  const checked = await checkAssertion({ assertion, challenge: bytes, origin, publicKey: credential.public_key });
  if (!checked.ok) return failure("assertion_invalid", `The passkey's signature does not hold: ${checked.refusal}.`);
  if (credential.id !== id) return failure("not_enrolled", "The enrolment is of another passkey.");
  if (checked.value.backupEligible !== credential.backup_eligible)
    return failure("not_enrolled", "The passkey is not of the kind that was enrolled.");
  return enrolledAt <= at ? null : failure("not_enrolled", "The passkey was enrolled after it had signed.");
}

interface Placed {
  text: string;
  origin: string;
  size: number;
  root: Uint8Array;
  index: number;
}

/** Both records under the root of one checkpoint of the log that they name, the enrolment first. */
function placesIn({ consumed, passkey }: ChallengeProof): Result<Placed, ChallengeProofFailure> {
  const place = parseProof(consumed.proof);
  if (!place.ok) return refused("not_included", "The proof of challenge.consumed cannot be read.");
  const { checkpoint: text, index } = place.value;
  const note = parseNote(text);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!checkpoint.ok) return refused("checkpoint_invalid", "The checkpoint cannot be read.");
  const { origin, size, root } = checkpoint.value;
  const indices: number[] = [];
  for (const { record, salt, proof } of [passkey, consumed]) {
    const own = parseProof(proof);
    if (!own.ok || own.value.checkpoint !== text) return refused("not_included", `The proof of ${record.kind} is for another checkpoint.`);
    if (record.log !== origin)
      return refused("not_included", `${record.kind} is a record of the log ${record.log}, not of the checkpoint's.`);
    if (!verifyInclusion({ leafHash: leafHash(leafEntry(record, salt)), index: own.value.index, path: own.value.path, size, root }))
      return refused("not_included", `${record.kind} is not in the log at its place.`);
    indices.push(own.value.index);
  }
  const [enrolled = index, used = index] = indices;
  if (enrolled >= used) return refused("not_included", "The passkey signed before the log has its enrolment.");
  return accept({ text, origin, size, root, index });
}
