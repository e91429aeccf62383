/**
 * A public key is one person's. Enrolment sees to it; where an earlier version let two people have one, they go on and count once
 * together, as approvers and as admins, because whoever holds the key could sign as both.
 */

/** A standing passkey of somebody's. `publicKey` is the COSE_Key in its one encoding, b64u, so that equal keys are equal texts. */
export interface HeldKey {
  personId: string;
  publicKey: string;
}

/** Tells people apart: the same text for two ids means that they count as one. */
export type CountsAs = (personId: string) => string;

/** People who hold a key in common count as one, and so do those who do through a third. Whoever holds none of `keys` counts by themselves. */
export function onePersonAKey(keys: Iterable<HeldKey>): CountsAs {
  const above = new Map<string, string>();
  const countsAs: CountsAs = (personId) => {
    let one = personId;
    for (let next = above.get(one); next !== undefined; next = above.get(one)) one = next;
    return one;
  };
  const holder = new Map<string, string>();
  for (const { personId, publicKey } of keys) {
    const [one, other] = [countsAs(personId), countsAs(holder.get(publicKey) ?? personId)];
    if (one !== other) above.set(one, other);
    holder.set(publicKey, personId);
  }
  return countsAs;
}

/** How many of these people there are, those who count as one counted once. */
export const countPeople = (personIds: Iterable<string>, countsAs: CountsAs): number => new Set([...personIds].map(countsAs)).size;
