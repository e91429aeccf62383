/**
 * What an approval rests on, and whether that is enough for whoever is about to act: signatures of people always, anything else only if
 * it is allowed by name.
 */
import type { Basis } from "../../documents/record.ts";
import type { Approval, Refused } from "../answers.ts";

/** How much is enough: signatures of people always, and on what else an approval may rest. */
export interface Allowing {
  allowBasis?: readonly Basis[];
}

export interface RedeemOptions extends Allowing {
  /** Of this one execution: the same key gets the same answer again. Made if not given. */
  idempotencyKey?: string;
}

/** Of the latest ends that a client keeps in mind; of an older one it asks again. */
const MOST_KEPT = 1_000;

/** The bases of requests that have ended, which never change. */
export class KnownBases {
  readonly #bases = new Map<string, string>();

  note({ request_id: id, status, basis }: Approval): void {
    if (status === "pending") return;
    this.#bases.set(id, basis);
    const [oldest] = this.#bases.keys();
    if (this.#bases.size > MOST_KEPT && oldest !== undefined) this.#bases.delete(oldest);
  }

  /** Undefined if it is not known. */
  of(requestId: string): string | undefined {
    return this.#bases.get(requestId);
  }
}

const isAllowed = (basis: string, allowed: readonly Basis[]): boolean => basis === "passkeys" || allowed.some((one) => one === basis);

/** Why an approval on this basis is not enough; null if it is. */
export function basisRefusal(basis: string, allowed: readonly Basis[] = []): Refused | null {
  if (isAllowed(basis, allowed)) return null;
  const message = `No person has approved this: it passed by ${basis}, which is enough only if you allow it.`;
  return { code: "basis_not_allowed", message, status: null };
}
