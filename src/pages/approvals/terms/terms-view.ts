/**
 * The terms of a request: what they come to in one sentence, and behind it every member that is signed, with its id, hash and version. Pure;
 * made by the browser again. Printed, all of it stands open.
 */
import { type QuorumSlot, type RequestDocument, slotsOf } from "#countersign/documents/request.ts";
import type { MentionedPerson } from "#api/approval-page-data.ts";
import { textView } from "#pages/kit/text-view.ts";
import { exactTimeView, hashView, personView, term, timeView } from "#pages/kit/row-view.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

const NUMBERS = ["Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"];

const idView = (id: string): ViewElement => textView(id, "id");

/** A person by name and id; somebody who is not known here has no name. */
const personWithId = (id: string, people: readonly MentionedPerson[]): View[] =>
  people.some((one) => one.id === id) ? [personView(id, people), " ", idView(id)] : [idView(id)];

function slotView(slot: QuorumSlot, people: readonly MentionedPerson[]): ViewElement {
  const eligible = slot.eligible.map((id) => element("li", {}, ...personWithId(id, people)));
  const later = slot.escalations.flatMap(({ from, eligible: ids }) =>
    ids.map((id) => element("li", {}, ...personWithId(id, people), ", from ", exactTimeView(from))),
  );
  return element("li", {}, textView(slot.name), `, ${slot.required} of ${slot.eligible.length}:`, element("ul", {}, ...eligible, ...later));
}

const isSameDay = (one: string, other: string): boolean => one.slice(0, 10) === other.slice(0, 10);

/** The time alone, where the day was said. */
const clockView = (time: string): ViewElement => element("time", { datetime: time }, `${time.slice(11, 16)} UTC`);

/** `Two of release and one of dba, until 30 Nov 2026, 17:00 UTC; then once, by 18:00 UTC.` */
function sentenceView(request: RequestDocument): ViewElement {
  const { expires_at: end, use_by: use } = request;
  const slots = slotsOf(request);
  const who = slots.flatMap(({ name, required }, i): View[] => {
    const word = NUMBERS[required] ?? String(required);
    const between = i === 0 ? "" : i === slots.length - 1 ? " and " : ", ";
    return [`${between}${i === 0 ? word : word.toLowerCase()} of `, textView(name)];
  });
  const signs: View[] = slots.length === 0 ? ["Nobody has to sign"] : who;
  return styled(
    "p",
    "sum",
    ...signs,
    ", until ",
    timeView(end),
    "; then once, by ",
    isSameDay(end, use) ? clockView(use) : timeView(use),
    ".",
  );
}

/** Every member that is signed, beside what stands above it. */
export function signedTerms(request: RequestDocument, people: readonly MentionedPerson[]): ViewElement[] {
  const { requested_by: agent, policy } = request;
  return [
    term("Must sign", element("ul", { class: "slots" }, ...slotsOf(request).map((slot) => slotView(slot, people)))),
    term("Agent", textView(agent.name), ", owner ", personView(agent.owner, people), ", ", idView(agent.id), " ", idView(agent.owner)),
    term("Rule", textView(policy.rule), `, version ${policy.version}, hash `, hashView(policy.hash)),
    term("Asked", exactTimeView(request.requested_at)),
    term("Expires", exactTimeView(request.expires_at)),
    term("To be used by", exactTimeView(request.use_by)),
    term("Context", objectView(request.context)),
    term("Request", idView(request.id), " at ", textView(request.origin, "id"), ", ", textView(request.type, "id")),
  ];
}

/** The element that holds them. */
export const termsView = (request: RequestDocument, terms: readonly View[]): ViewElement =>
  element(
    "div",
    { id: "terms" },
    sentenceView(request),
    element("details", {}, element("summary", {}, "Everything that is signed with it"), element("dl", { class: "object terms" }, ...terms)),
  );
