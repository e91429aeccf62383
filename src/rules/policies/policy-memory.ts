/**
 * The policy in force, as an isolate remembers it: compiled once for each epoch (d1-migrations/0012). Whoever judges says which epoch
 * the primary told a moment ago; another one than remembered is read again.
 */
import type { PolicyInForce } from "./judged.ts";

export class PolicyMemory {
  #newest: PolicyInForce | null = null;
  #underWay: { epoch: number; reading: Promise<PolicyInForce> } | null = null;

  /**
   * The policy of that epoch, or what is in force now if that is another. `read` gives the policy in force and its epoch, of one moment;
   * calls at the same moment read once. Throws if it does: then nothing is judged, and so nothing passes.
   */
  async of(epoch: number, read: () => Promise<PolicyInForce>): Promise<PolicyInForce> {
    if (this.#newest?.epoch === epoch) return this.#newest;
    if (this.#underWay?.epoch !== epoch) {
      const reading = read();
      const question = { epoch, reading };
      this.#underWay = question;
      const settle = () => {
        if (this.#underWay === question) this.#underWay = null;
      };
      reading.then(settle, settle);
    }
    // Whichever comes last is remembered; the epoch says whether it is the one that is asked for.
    this.#newest = await this.#underWay.reading;
    return this.#newest;
  }
}
