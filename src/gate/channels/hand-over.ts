/**
 * From what a request has to tell to messages, and on to whoever is told. Done by whoever comes first: a queue's consumer, the request's
 * own alarm. Twice at the same moment is as good as once: messages have stable ids, and each is taken by one sender at a time.
 */
import type { NoticeEvent } from "#rules/notices/routing.ts";
import { planNotices } from "#rules/notices/plan-notices.ts";
import { deliverDue } from "./deliver.ts";
import type { DeliveryPorts, NoticeOutbox } from "./delivery.ts";

/**
 * 1. What is to be told becomes messages, all of which are there before anything is sent; 2. what is due is sent; 3. the object forgets what
 * it has told, and knows when the next is due. Throws if D1 or the object does not answer: then it is done again, and comes to the same.
 */
export async function tellOf(requestId: string, outbox: NoticeOutbox, ports: DeliveryPorts): Promise<void> {
  const notices = await outbox.notices();
  if (notices === null) return;
  const events = worthTelling(notices.outbox);
  for (const event of events) await planOne(requestId, event, ports); // 1
  const last = notices.outbox.at(-1)?.number ?? 0;
  const due = notices.dueAt !== null && Date.parse(notices.dueAt) <= ports.now();
  if (last === 0 && !due) return;
  await deliverDue({ request: requestId }, ports); // 2
  await outbox.told({ upTo: last, ...(await ports.messages.standingOf(requestId)) }); // 3
}

/** Of a request that is over already nobody is asked any more. */
function worthTelling(events: readonly NoticeEvent[]): readonly NoticeEvent[] {
  const end = events.find(({ type }) => type === "request.ended");
  return end === undefined ? events : [end];
}

async function planOne(requestId: string, event: NoticeEvent, { messages, origin, now }: DeliveryPorts): Promise<void> {
  const nowMs = now();
  const facts = await messages.routingFacts(requestId, [...event.asks, event.owner, ...(event.by === null ? [] : [event.by])], nowMs);
  await messages.write(planNotices(event, { ...facts, nowMs, origin }), nowMs);
}
