/** Admins' signatures that are kept until others come, as `/api/v1` and the pages count them (api/people-data.ts). */
import { timestamp } from "#countersign/documents/words.ts";
import { type KeptSignature, signaturesRequired } from "#gate/signatures/collect-signatures.ts";
import { standingAdmins } from "#storage/people.ts";
import { allKeptSignatures } from "#storage/proposals.ts";

interface SignaturesSoFar {
  signatures: number;
  required: number;
  /** Ids of the admins who have signed. */
  signed_by: string[];
}

/** What signatures are kept, by what they are for. */
export class KeptSignatures {
  readonly #byOperation: Map<string, KeptSignature[]>;
  readonly #required: number;

  constructor(signatures: readonly KeptSignature[], required: number) {
    this.#byOperation = Map.groupBy(signatures, (signature) => signature.operationHash);
    this.#required = required;
  }

  /** `hash` is `operationHash` of the operation. */
  under(hash: string): SignaturesSoFar {
    const signed_by = (this.#byOperation.get(hash) ?? []).map(({ adminId }) => adminId);
    return { signatures: signed_by.length, required: this.#required, signed_by };
  }

  /** One for each operation, with its first signature. */
  operations(): { first: KeptSignature; progress: SignaturesSoFar }[] {
    return [...this.#byOperation].flatMap(([hash, [first]]) => (first === undefined ? [] : [{ first, progress: this.under(hash) }]));
  }
}

/** `adminsRequired` is the deployment's; until there are so many admins it is as many as there are. */
export async function readKeptSignatures(d1: D1Database, adminsRequired: number, nowMs: number): Promise<KeptSignatures> {
  const [signatures, required] = await Promise.all([
    allKeptSignatures(d1, timestamp(nowMs)),
    signaturesRequired({ adminsRequired, standingAdmins: () => standingAdmins(d1) }),
  ]);
  return new KeptSignatures(signatures, required);
}
