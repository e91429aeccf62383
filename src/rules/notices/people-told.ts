/** Which people hear of an event, over which of their contacts, and from when on. */
import { BY_ITSELF, type PersonSettings } from "./person-settings.ts";
import { afterQuiet } from "./quiet-hours.ts";
import type { NoticeEvent, RoutingFacts } from "./routing.ts";

const MINUTE_MS = 60_000;
/** What quiet hours have to leave of the time until the deadline: a request that would have less is told of at once. */
const LEAST_LEFT_MS = 15 * MINUTE_MS;

type Contact = RoutingFacts["contacts"][number];

/** Somebody who is told. */
export interface Heard {
  personId: string;
  /** Username of whom they are told in the place of. */
  insteadOf: string | null;
}

/** When a contact is told first; contacts of one `step`, counted from 0, at once. */
export interface Start {
  contact: Contact;
  step: number;
  atMs: number;
}

/**
 * Who is asked; in the place of one who is out of office, the person whom they named, once, and as who they are if they are asked too. That
 * goes one step and no further: where the person named is away as well, or nothing reaches them, the one who is asked is told after all.
 */
export function whoHears({ asks }: NoticeEvent, facts: RoutingFacts): Heard[] {
  const heard = new Map<string, Heard>();
  const standIns: Heard[] = [];
  for (const personId of new Set(asks)) {
    const to = standInOf(personId, facts);
    if (to === null) heard.set(personId, { personId, insteadOf: null });
    else standIns.push({ personId: to, insteadOf: facts.people.get(personId)?.username ?? null });
  }
  for (const one of standIns) if (!heard.has(one.personId)) heard.set(one.personId, one);
  return [...heard.values()];
}

function standInOf(personId: string, facts: RoutingFacts): string | null {
  const to = awayTo(personId, facts);
  if (to === null || to === personId || awayTo(to, facts) !== null) return null;
  return stepsOf(to, facts).length === 0 ? null : to;
}

function awayTo(personId: string, { people, nowMs }: RoutingFacts): string | null {
  const away = people.get(personId)?.away ?? null;
  return away === null || Date.parse(away.until) <= nowMs ? null : away.to;
}

const settingsOf = (personId: string, { people }: RoutingFacts): PersonSettings => people.get(personId)?.settings ?? BY_ITSELF;

/** A person's contacts, those of one kind together, in the order that they want; those that fail once more after all others. */
function stepsOf(personId: string, facts: RoutingFacts): Contact[][] {
  const kinds = new Map(facts.channels.flatMap(({ id, state, settings }) => (state === "active" ? [[id, settings.kind] as const] : [])));
  const own = facts.contacts.filter((contact) => contact.personId === personId);
  const { order } = settingsOf(personId, facts);
  const inOrder = (contacts: Contact[]) => order.map((kind) => contacts.filter(({ channelId }) => kinds.get(channelId) === kind));
  const steps = [...inOrder(own.filter(({ failing }) => !failing)), ...inOrder(own.filter(({ failing }) => failing))];
  return steps.filter((step) => step.length > 0);
}

/**
 * When each contact of somebody is told: the first kind at once, each further one as many minutes later as they want, and so that all come
 * before the deadline while it is open. Quiet hours put it off, unless the risk is critical, or too little time would be left.
 */
export function startsOf({ personId }: Heard, request: NoticeEvent["request"], facts: RoutingFacts): Start[] {
  const steps = stepsOf(personId, facts);
  const settings = settingsOf(personId, facts);
  const deadlineMs = request.status === "pending" ? Date.parse(request.expiresAt) : Number.POSITIVE_INFINITY;
  const awake = (ms: number): number => {
    if (request.risk === "critical") return ms;
    const over = afterQuiet(settings, ms);
    return over > deadlineMs - LEAST_LEFT_MS ? ms : over;
  };
  const firstMs = awake(facts.nowMs);
  const apartMs = Math.min(settings.nextAfterMinutes * MINUTE_MS, (deadlineMs - firstMs) / Math.max(1, steps.length));
  return steps.flatMap((contacts, step) => {
    const atMs = step === 0 ? firstMs : awake(Math.floor(firstMs + step * apartMs));
    return contacts.map((contact) => ({ contact, step, atMs }));
  });
}
