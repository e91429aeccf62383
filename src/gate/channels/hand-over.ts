/**
 * From what a request has to tell to messages, and on to whoever is told. Done by whoever comes first: a queue's consumer, the request's
 * own alarm. Twice at the same moment is as good as once: messages have stable ids, and each is taken by one sender at a time.
 */
import type { NoticeEvent, NoticePlan } from "#rules/notices/routing.ts";
import { planNotices } from "#rules/notices/plan-notices.ts";
import { deliverDue } from "./deliver.ts";
import type { DeliveryPorts, NoticeOutbox } from "./delivery.ts";

/**
 * 1. What is to be told becomes messages, all of which are there before anything is sent; 2. what is due is sent; 3. the object forgets what
 * it has told, and knows when the next is due. Resolves to whether there was anything. Throws if D1 or the object does not answer: then it is done again, and comes to the same.
 */
export async function tellOf(requestId: string, outbox: NoticeOutbox, ports: DeliveryPorts): Promise<boolean> {
  const notices = await outbox.notices();
  if (notices === null) return false;
  const upTo = notices.outbox.at(-1)?.number ?? 0;
  const isDue = notices.dueAt !== null && Date.parse(notices.dueAt) <= ports.now();
  if (upTo === 0 && !isDue) return false;
  const which = { request: requestId };
  const isOver = notices.outbox.some(({ type }) => type === "request.ended");
  for (const event of notices.outbox.slice(0, -1))
    await ports.messages.write(await planOf(requestId, event, isOver && event.type !== "request.ended", ports), null, ports.now()); // 1
  const last = notices.outbox.at(-1);
  const { dueAt, notifiedAt } = await deliverDue(which, ports, last && (await planOf(requestId, last, false, ports))); // 1, 2
  await outbox.told({ upTo, dueAt, dueBefore: notices.dueAt, notifiedAt }); // 3
  return true;
}

async function planOf(
  requestId: string,
  event: NoticeEvent,
  isPast: boolean,
  { messages, origin, now }: DeliveryPorts,
): Promise<NoticePlan> {
  const nowMs = now();
  const facts = await messages.routingFacts(requestId, [...event.asks, event.owner, ...(event.by === null ? [] : [event.by])], nowMs);
  return planNotices(event, { ...facts, nowMs, origin }, isPast);
}
