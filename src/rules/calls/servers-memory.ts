/**
 * The servers in force, as an isolate remembers them: read for each epoch (d1-migrations/0015). Whoever judges says which epoch the primary
 * told a moment ago; another one than remembered is read again. Calls at the same moment each read for themselves: what one request waits
 * for, the runtime lets no other wait for.
 */
import type { ServersInForce } from "./server-settings.ts";

export class ServersMemory {
  #newest: ServersInForce | null = null;

  /**
   * The servers of that epoch, or those in force now if that is another. `read` throws if they cannot be known: then nothing is
   * judged, and so nothing passes.
   */
  async of(epoch: number, read: () => Promise<ServersInForce>): Promise<ServersInForce> {
    if (this.#newest?.epoch === epoch) return this.#newest;
    // Whichever comes last is remembered; the epoch says whether it is the one that is asked for.
    const inForce = await read();
    this.#newest = inForce;
    return inForce;
  }
}
