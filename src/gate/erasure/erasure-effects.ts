/** What becomes of a person who is erased, with the leaf that tells of it. */
import type { SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";

/** Names, addresses and settings go with the leaf; records that name the person follow (withhold-round.ts). */
export interface ErasureEffect {
  kind: "person-erased";
  personId: string;
  at: string;
  authorised: SpentAuthorisation;
}

/** Why nobody is erased, by the condition that does not hold in the write: the person is not yet what was signed for, which is nobody. */
export const ERASURE_REFUSALS = { person_is_as_signed: "stands-still" } as const;
