/**
 * What admins change by signing for it, whatever it is: their signatures are collected, and once they are enough the record that
 * tells of it is appended together with its rows. A verb says what is signed and what rows come of it; how, is here.
 */
import { canonicalize } from "#countersign/json/canonical-json.ts";
import type { Authorisation, LogRecord, MembersOf } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord, type AppendPorts, whyRefused } from "#gate/log/append-record.ts";
import { isSpent } from "#gate/passkeys/spent-nonce.ts";
import type { AdminOperation, SignedKind } from "./authorise-admin.ts";
import { type AuthorisationRefusal, collectSignatures, type SignaturePorts, type SpentAuthorisation } from "./collect-signatures.ts";

/** Everything that is a verb's own. */
export interface SignedChange<Kind extends SignedKind, Effect, Refusal extends string> {
  /** What admins sign for: the record's kind, and its members but the signatures. */
  operation: AdminOperation<Kind>;
  /** The leaf's key, of a kind whose record does not say it. */
  key?: string;
  /** The rows. All that was signed for has to be written from it, or to be a condition of its batch. */
  effect: (at: string, authorised: SpentAuthorisation) => Effect;
  /** Why the effect is refused, by its own conditions; those of the signatures are known here. */
  refusals?: Readonly<Record<string, Refusal>>;
  /**
   * Why it is refused if the record's key has a leaf that tells of something else; one that tells of the same is as good. Left out
   * where the key belongs to what these signatures are for, and to nothing else: then a leaf under it means that they have served.
   */
  otherLeaf?: Refusal;
  /** Whether it stands now: asked if another admin may have completed it at the same moment. Left out where that is no answer to this one. */
  stands?: () => Promise<boolean>;
}

/** By whom it was made, if it was, and how many admins have signed, of how many. */
export interface SignedOutcome {
  made: "by-this-call" | "by-another" | "not-yet";
  signatures: number;
  required: number;
}

/** The same, for whoever need not know by whom. */
export interface SignatureProgress {
  done: boolean;
  signatures: number;
  required: number;
}
export const progressOf = ({ made, ...counts }: SignedOutcome): SignatureProgress => ({ done: made !== "not-yet", ...counts });

/** Why a batch refuses the signatures in it, by the conditions that hold for all of them. */
export const SIGNATURE_REFUSALS = { signer_is_admin: "not-an-admin", signature_is_kept: "authorisation-spent" } as const;

/**
 * 1. enough admins signed for exactly this, or what they signed is kept; 2. record, rows and spent nonces are written together;
 * 3. a leaf under the record's key is another admin's, of a moment ago; 4. what does not hold in the write refuses all of it.
 */
export async function signedChange<Kind extends SignedKind, Effect, Refusal extends string = never>(
  change: SignedChange<Kind, Effect, Refusal>,
  callerId: string,
  brought: readonly Authorisation[],
  ports: SignaturePorts & AppendPorts<Effect>,
): Promise<Result<SignedOutcome, AuthorisationRefusal | { reason: Refusal }>> {
  const { operation, key, effect, refusals, otherLeaf, stands } = change;
  const collected = await collectSignatures(brought, callerId, operation, ports); // 1
  if (!collected.ok) return collected;
  if (!collected.value.complete) {
    const { signatures, required } = collected.value;
    const isMade = signatures === required && stands !== undefined && (await stands());
    return accept({ made: isMade ? "by-another" : "not-yet", signatures, required });
  }

  const { authorisedBy: authorised_by, effect: authorised } = collected.value;
  const members = { ...operation.parameters, authorised_by } as MembersOf<Kind>;
  const happened = {
    kind: operation.operation,
    members,
    effect: (at: string) => effect(at, authorised),
    ...(key !== undefined && { key }),
  };
  const outcome = await appendRecord(happened, ports); // 2
  const counts = { signatures: authorised_by.length, required: authorised_by.length };
  switch (outcome.status) {
    case "logged":
      return accept({ made: "by-this-call", ...counts });
    case "conflict": // 3
      if (!tellsOf(operation, outcome.sealed.record)) {
        if (otherLeaf === undefined) throw new Error(`leaf ${outcome.index} tells of something else than what was signed under its key`);
        return refuse({ reason: otherLeaf });
      }
      // Of two last signatures at the same moment the other one did it; without any kept before, these have served already.
      if (otherLeaf === undefined && authorised.kept.length === 0) return refuse({ reason: "authorisation-spent" });
      return accept({ made: "by-another", ...counts });
    case "refused": {
      const { constraint } = outcome; // 4
      const own = refusals?.[constraint];
      if (own !== undefined) return refuse({ reason: own });
      const ofSignatures: AuthorisationRefusal = {
        reason: isSpent(constraint) ? "authorisation-spent" : whyRefused(constraint, SIGNATURE_REFUSALS),
      };
      return refuse(ofSignatures);
    }
  }
}

/** Whether a record tells of exactly what these admins signed for: made of that, with its own time and signatures, it is the same. */
function tellsOf({ operation: kind, parameters }: AdminOperation, record: LogRecord): boolean {
  if (!("authorised_by" in record)) return false;
  const { type, log, at, authorised_by } = record;
  return canonicalize({ ...parameters, type, kind, log, at, authorised_by }) === canonicalize(record);
}
