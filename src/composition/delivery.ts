/** Who sends messages that are due: the queue's consumer at once, and the cron of every minute whatever nobody else has sent. */
import type { Bindings } from "#config/bindings.ts";
import { readConfig } from "#config/config.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { requestObject } from "#config/object-places.ts";
import { deliverDue } from "#gate/channels/deliver.ts";
import { tellOf } from "#gate/channels/hand-over.ts";
import { deliveryPorts } from "#durable-objects/delivery-ports.ts";
import { sweepMessages } from "#storage/channels/sweep.ts";

/** A trigger and nothing more: `request` has something to tell; null: anything that is due. */
export interface NoticeTrigger {
  request: string | null;
}

const IS_REQUEST = /^apr_[A-Za-z0-9_-]{32}$/;
/** Of what could not be told now; the object's alarm and the cron come by too. */
const AGAIN_IN_SECONDS = 10;

/** Never throws: a consumer that does has all of its batch again, what it had done as well. */
export async function deliverBatch(batch: MessageBatch<Partial<NoticeTrigger> | null>, env: Bindings): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      // Whoever may write to the queue writes anything.
      const { request } = message.body ?? {};
      try {
        await deliverOf(request, env);
        message.ack();
      } catch (error) {
        logLine("delivery-round-failed", { request: request ?? undefined, error: errorText(error) });
        message.retry({ delaySeconds: AGAIN_IN_SECONDS });
      }
    }),
  );
}

async function deliverOf(request: string | null | undefined, env: Bindings): Promise<void> {
  if (request === undefined) return;
  const ports = deliveryPorts(env, readConfig(env));
  if (request === null) await deliverDue("any", ports);
  // Any name would make an object.
  else if (IS_REQUEST.test(request)) await tellOf(request, requestObject(env, request), ports);
}

/** Takes away messages that are too old to be kept. Never throws. */
export async function tidyMessages(env: Bindings): Promise<void> {
  try {
    await sweepMessages(env.DB, Date.now());
  } catch (error) {
    logLine("delivery-round-failed", { error: errorText(error) });
  }
}

/** Sends everything that is due. Never throws. */
export async function deliverAll(env: Bindings): Promise<void> {
  try {
    await deliverDue("any", deliveryPorts(env, readConfig(env)));
  } catch (error) {
    logLine("delivery-round-failed", { error: errorText(error) });
  }
}

/** Sets it going after a change that systems hear of; nobody waits for it. */
export async function triggerDelivery(env: Bindings): Promise<void> {
  try {
    await (env.NOTICES === undefined ? deliverAll(env) : env.NOTICES.send({ request: null }));
  } catch (error) {
    logLine("notices-not-triggered", { error: errorText(error) });
  }
}
