/** What comes of one event of a request: whom it is told, where, and from when on. See routing.ts for what it is planned by. */
import { timestamp } from "#countersign/documents/words.ts";
import { globTakes } from "#countersign/policy/judging/glob.ts";
import { ASKING_TYPES } from "./content.ts";
import { messageId } from "./message-id.ts";
import { type Heard, startsOf, whoHears } from "./people-told.ts";
import type { EarlierMessage, NoticeEvent, NoticePlan, RoutingFacts } from "./routing.ts";

type Added = NoticePlan["add"][number];
type Channel = RoutingFacts["channels"][number];

/**
 * What an event tells, and what it needs no more. The same input gives the same plan, ids included. \`isPast\`: the request is over already,
 * and people hear of that alone; systems hear of all of it.
 */
export function planNotices(event: NoticeEvent, facts: RoutingFacts, isPast = false): NoticePlan {
  if (isPast) return { add: toSystems(event, facts), drop: [] };
  const add = [...toSystems(event, facts), ...toPeople(event, facts)];
  return { add: onceEach(add), drop: noLongerNeeded(event, facts.earlier) };
}

function toPeople(event: NoticeEvent, facts: RoutingFacts): Added[] {
  switch (event.type) {
    case "request.opened":
    case "request.reminder":
    case "request.escalated":
      return facts.nowMs < Date.parse(event.request.expiresAt) ? [...asked(event, facts), ...toPlaces(event, facts)] : [];
    case "request.signed":
      return edits(event, facts);
    case "request.ended":
      return [...edits(event, facts), ...replaced(event, facts), ...toOwner(event, facts)];
  }
}

/** What every message of the event has in common. */
function message(event: NoticeEvent, facts: RoutingFacts, channelId: string): Omit<Added, "id"> {
  const { request, type, at } = event;
  return {
    channelId,
    contactId: null,
    target: null,
    personId: null,
    requestId: request.id,
    agentId: request.agent.id,
    content: { type, at, url: `${facts.origin}/a/${request.id}`, request },
    alike: null,
    edits: null,
    nextAt: timestamp(facts.nowMs),
    givesUpAt: null,
  };
}

/**
 * Only what is said first of a request is folded with others: who is reminded of one has to see which. What is of high or critical risk
 * never is: it would be hidden by asking for many small things before.
 */
const alike = ({ type, request }: NoticeEvent): string | null =>
  type === "request.opened" && !GRAVE.has(request.risk) ? JSON.stringify([request.agent.id, request.action]) : null;
const GRAVE: ReadonlySet<NoticeEvent["request"]["risk"]> = new Set(["high", "critical"]);

/** Systems that want to hear of it. Ends are leaves of the log, which tell of themselves. */
function toSystems(event: NoticeEvent, facts: RoutingFacts): Added[] {
  if (event.type === "request.ended") return [];
  return facts.channels.flatMap(({ id, state, settings }) =>
    settings.kind === "webhook" && state !== "removed" && settings.events.some((pattern) => globTakes(pattern, event.type))
      ? [{ ...message(event, facts, id), id: messageId(event.request.id, event.number, id, null) }]
      : [],
  );
}

/** Everybody who is asked, or is told in the place of one who is. */
function asked(event: NoticeEvent, facts: RoutingFacts): Added[] {
  const waiting = event.type === "request.reminder" ? contactsThatWait(facts.earlier) : new Set<string>();
  return whoHears(event, facts).flatMap((heard) =>
    startsOf(heard, event.request, facts)
      .filter(({ contact }) => !waiting.has(contact.id))
      .map((start) => toContact(event, facts, heard, start)),
  );
}

/** Contacts to which something of this request is still on its way: a reminder beside it would say the same twice. */
const contactsThatWait = (earlier: readonly EarlierMessage[]): Set<string> =>
  new Set(
    earlier.flatMap(({ contactId, state, edits: changed }) =>
      contactId !== null && state === "waiting" && changed === null ? [contactId] : [],
    ),
  );

function toContact(event: NoticeEvent, facts: RoutingFacts, heard: Heard, { contact, atMs }: ReturnType<typeof startsOf>[number]): Added {
  const common = message(event, facts, contact.channelId);
  const isEnd = event.type === "request.ended";
  return {
    ...common,
    id: messageId(event.request.id, event.number, contact.channelId, contact.id),
    contactId: contact.id,
    personId: heard.personId,
    content: heard.insteadOf === null ? common.content : { ...common.content, insteadOf: heard.insteadOf },
    alike: alike(event),
    nextAt: timestamp(atMs),
    givesUpAt: isEnd ? null : event.request.expiresAt,
  };
}

/** Places of groups that are asked, of every request, and all those of channels that the rule names. */
function toPlaces(event: NoticeEvent, facts: RoutingFacts): Added[] {
  return facts.channels.flatMap(({ id, name, state, settings }) => {
    if (state !== "active" || !("places" in settings)) return [];
    const isNamed = event.channels?.includes(name) === true;
    return settings.places
      .filter(({ group }) => isNamed || group === null || event.groups.includes(group))
      .map(({ to }) => ({
        ...message(event, facts, id),
        id: messageId(event.request.id, event.number, id, to),
        target: to,
        alike: alike(event),
        givesUpAt: event.request.expiresAt,
      }));
  });
}

/** The active channel of that kind; what was sent over another one stays as it is. */
const activeOf = (facts: RoutingFacts, channelId: string, kind: Channel["settings"]["kind"]): boolean =>
  facts.channels.some(({ id, state, settings }) => id === channelId && state === "active" && settings.kind === kind);

/** What was said in chats is made to say how it stands. What is on its way is changed after it has arrived, or goes with it. */
function edits(event: NoticeEvent, facts: RoutingFacts): Added[] {
  return facts.earlier
    .filter(({ state, edits: changed, type }) => changed === null && (state === "sent" || state === "waiting") && ASKING.has(type))
    .filter(({ channelId }) => activeOf(facts, channelId, "slack"))
    .map(({ id, channelId, contactId, target, personId }) => ({
      ...message(event, facts, channelId),
      id: messageId(event.request.id, event.number, channelId, id),
      contactId,
      target,
      personId,
      edits: id,
    }));
}

const ASKING: ReadonlySet<string> = new Set(ASKING_TYPES);

/** Every device that was asked shows that it is over, in the place of what it showed; also those of whoever decided, on another one. */
function replaced(event: NoticeEvent, facts: RoutingFacts): Added[] {
  return facts.earlier
    .filter(({ state, type, contactId }) => contactId !== null && state === "sent" && ASKING.has(type))
    .filter(({ channelId }) => activeOf(facts, channelId, "webpush"))
    .map(({ channelId, contactId, personId }) => ({
      ...message(event, facts, channelId),
      id: messageId(event.request.id, event.number, channelId, contactId),
      contactId,
      personId,
    }));
}

/** Who answers for the agent hears how it ended, over what they look at first. */
function toOwner(event: NoticeEvent, facts: RoutingFacts): Added[] {
  if (event.by === event.owner) return [];
  const heard = { personId: event.owner, insteadOf: null };
  const starts = startsOf(heard, event.request, facts);
  return starts.filter(({ step }) => step === 0).map((start) => toContact(event, facts, heard, start));
}

function onceEach(messages: readonly Added[]): Added[] {
  const ids = new Set<string>();
  return messages.filter(({ id }) => !ids.has(id) && ids.add(id).size > 0);
}

/** Whoever signed needs to be asked no more, and once it is over nobody does. What systems are told stays: they hear of all of it. */
function noLongerNeeded(event: NoticeEvent, earlier: readonly EarlierMessage[]): string[] {
  const isOver = event.type === "request.ended";
  if (!isOver && event.type !== "request.signed") return [];
  return earlier
    .filter(({ state, contactId, target }) => state === "waiting" && (contactId !== null || target !== null))
    .filter(({ type, personId }) => (isOver ? type !== "request.ended" : ASKING.has(type) && personId !== null && personId === event.by))
    .map(({ id }) => id);
}
