/** How a request that is over is told: as one text, which is made once and holds until something is written. It can be read again at any time. */
import { isAtRest } from "#gate/approvals/object/approval-object.ts";
import type { Snapshot } from "#gate/approvals/snapshot.ts";
import type { KeptApproval } from "./kept-approval.ts";

export class OverText {
  #made: { writes: number; text: string } | null = null;

  /** What `readIt` gives, as JSON. `keepAlarm`: whoever comes by sees to it that somebody comes by later; if that cannot be, it is read. */
  async read(store: KeptApproval, keepAlarm: () => Promise<true>, readIt: () => Promise<Snapshot | null>): Promise<string | null> {
    const { writes } = store;
    if (this.#made?.writes === writes && (await keepAlarm().catch(() => false)) && this.#made.writes === store.writes)
      return this.#made.text;
    const isOver = isAtRest(store.held());
    const snapshot = await readIt();
    if (snapshot === null) return null;
    const text = JSON.stringify(snapshot);
    // What was written meanwhile may be in it or not.
    if (isOver && store.writes === writes) this.#made = { writes, text };
    return text;
  }
}
