/** Admins' signatures that are kept until others come, as `/api/v1` and the pages count them (api/people-data.ts). */
import { timestamp } from "#countersign/documents/words.ts";
import { type CountsAs, onePersonAKey } from "#rules/one-person-a-key.ts";
import { type KeptSignature, onceEach, signaturesRequired } from "#gate/signatures/collect-signatures.ts";
import { keysOfAdmins } from "#storage/people/admin-keys.ts";
import { allKeptSignatures } from "#storage/proposals.ts";

interface SignaturesSoFar {
  signatures: number;
  required: number;
  /** Ids of the admins who have signed. */
  signed_by: string[];
  /** `operationHash` of what they signed. */
  operation: string;
}

/** What signatures are kept, by what they are for. */
export class KeptSignatures {
  readonly #byOperation: Map<string, KeptSignature[]>;
  readonly #required: number;
  readonly #countsAs: CountsAs;

  constructor(signatures: readonly KeptSignature[], required: number, countsAs: CountsAs) {
    this.#byOperation = Map.groupBy(signatures, (signature) => signature.operationHash);
    this.#required = required;
    this.#countsAs = countsAs;
  }

  /** `hash` is `operationHash` of the operation. */
  under(hash: string): SignaturesSoFar {
    const kept = this.#byOperation.get(hash) ?? [];
    const signed_by = kept.map(({ adminId }) => adminId);
    return { signatures: onceEach(kept, this.#countsAs).length, required: this.#required, signed_by, operation: hash };
  }

  /** One for each operation, with its first signature. */
  operations(): { first: KeptSignature; progress: SignaturesSoFar }[] {
    return [...this.#byOperation].flatMap(([hash, [first]]) => (first === undefined ? [] : [{ first, progress: this.under(hash) }]));
  }
}

/** `adminsRequired` is the deployment's; until there are so many admins it is as many as there are. */
export async function readKeptSignatures(d1: D1Database, adminsRequired: number, nowMs: number): Promise<KeptSignatures> {
  const [signatures, keys] = await Promise.all([allKeptSignatures(d1, timestamp(nowMs)), keysOfAdmins(d1)]);
  return new KeptSignatures(signatures, signaturesRequired(adminsRequired, keys), onePersonAKey(keys));
}
