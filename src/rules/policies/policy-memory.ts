/**
 * The policy in force, as an isolate remembers it: compiled once for each version, and read for each epoch (d1-migrations/0012). Whoever judges says which epoch
 * the primary told a moment ago; another one than remembered is read again. Calls at the same moment each read for themselves: what one
 * request waits for, the runtime lets no other wait for.
 */
import type { PolicyInForce } from "./judged.ts";

/** As it is published: `document` null for version 0. */
export type PublishedPolicy = Omit<PolicyInForce, "compiled"> & { document: string | null };

export interface PolicySource {
  /** What is in force and its epoch, of one moment. Throws if that cannot be known: then nothing is judged, and so nothing passes. */
  read(): Promise<PublishedPolicy>;
  compile(published: PublishedPolicy): Promise<PolicyInForce["compiled"]>;
}

export class PolicyMemory {
  #newest: PolicyInForce | null = null;

  /** The policy of that epoch, or what is in force now if that is another. What is remembered of the same document is not compiled again. */
  async of(epoch: number, source: PolicySource): Promise<PolicyInForce> {
    if (this.#newest?.epoch === epoch) return this.#newest;
    const { document, ...published } = await source.read();
    const isKnown = this.#newest?.version === published.version && this.#newest.hash === published.hash;
    const compiled = isKnown && this.#newest !== null ? this.#newest.compiled : await source.compile({ ...published, document });
    // Whichever comes last is remembered; the epoch says whether it is the one that is asked for.
    const inForce = { ...published, compiled };
    this.#newest = inForce;
    return inForce;
  }
}
