/** How what a request has to tell gets on its way: by the queue at once; by its object's alarm where there is none, or it has lost it. */
import type { Bindings } from "#config/bindings.ts";
import { readConfig } from "#config/config.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { tellOf } from "#gate/channels/hand-over.ts";
import { withReminder } from "#rules/notices/outbox.ts";
import { deliveryPorts } from "./delivery-ports.ts";
import type { KeptApproval, Telling } from "./kept-approval.ts";

/** So long the queue has to have it told; after that the alarm does it. */
const QUEUE_PATIENCE_MS = 1_000;
/** Whatever could not be told is tried again after this. */
export const TELL_AGAIN_MS = 30_000;

export class RequestNotices implements Telling {
  readonly #env: Bindings;
  readonly #waitUntil: (work: Promise<unknown>) => void;

  constructor(env: Bindings, waitUntil: (work: Promise<unknown>) => void) {
    this.#env = env;
    this.#waitUntil = waitUntil;
  }

  get patienceMs(): number {
    return this.#env.NOTICES === undefined ? 0 : QUEUE_PATIENCE_MS;
  }

  /** Nobody waits for it: the alarm is set. */
  wake(requestId: string): void {
    const sent = this.#env.NOTICES?.send({ request: requestId });
    if (sent !== undefined) {
      this.#waitUntil(sent.catch((error: unknown) => logLine("notices-not-triggered", { request: requestId, error: errorText(error) })));
    }
  }

  /** What is due to be told by now, reminders included. Never throws; true if there was something, and it was told. */
  async tell(store: KeptApproval): Promise<boolean> {
    const approval = store.held();
    if (approval === null || store.notices() === null) return false;
    try {
      store.writeNotices(withReminder(store.notices(), approval, Date.now()));
      return await tellOf(approval.request.id, store, deliveryPorts(this.#env, readConfig(this.#env)));
    } catch (error) {
      logLine("not-told-yet", { request: approval.request.id, error: errorText(error) });
      return false;
    }
  }
}
