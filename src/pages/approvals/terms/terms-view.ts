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
import { requestTexts as texts } from "#texts/browser/approvals/request.ts";

const idView = (id: string): ViewElement => textView(id, "id");

/** A person by name and id; somebody who is not known here has no name. */
const personWithId = (id: string, people: readonly MentionedPerson[]): View[] =>
  people.some((one) => one.id === id) ? [personView(id, people), " ", idView(id)] : [idView(id)];

function slotView(slot: QuorumSlot, people: readonly MentionedPerson[]): ViewElement {
  const eligible = slot.eligible.map((id) => element("li", {}, ...personWithId(id, people)));
  const later = slot.escalations.flatMap(({ from, eligible: ids }) =>
    ids.map((id) => element("li", {}, ...texts.terms.from(personWithId(id, people), exactTimeView(from)))),
  );
  return element(
    "li",
    {},
    ...texts.terms.slot(textView(slot.name), slot.required, slot.eligible.length),
    element("ul", {}, ...eligible, ...later),
  );
}

const isSameDay = (one: string, other: string): boolean => one.slice(0, 10) === other.slice(0, 10);

/** The time alone, where the day was said. */
const clockView = (time: string): ViewElement => element("time", { datetime: time }, texts.terms.clock(time.slice(11, 16)));

/** `Two of release and one of dba, until 30 Nov 2026, 17:00 UTC; then once, by 18:00 UTC.` */
function sentenceView(request: RequestDocument): ViewElement {
  const { expires_at: end, use_by: use } = request;
  const slots = slotsOf(request);
  const who = slots.flatMap(({ name, required }, i): View[] => {
    const number = texts.terms.numbers[required] ?? String(required);
    const whom = textView(name);
    return i === 0 ? texts.terms.firstOf(number, whom) : texts.terms.nextOf(number, whom, i === slots.length - 1);
  });
  const signs: View[] = slots.length === 0 ? [texts.terms.nobody] : who;
  return styled("p", "sum", ...texts.terms.until(signs, timeView(end), isSameDay(end, use) ? clockView(use) : timeView(use)));
}

/** Every member that is signed, beside what stands above it. */
export function signedTerms(request: RequestDocument, people: readonly MentionedPerson[]): ViewElement[] {
  const { requested_by: agent, policy } = request;
  return [
    term(texts.terms.mustSign, element("ul", { class: "slots" }, ...slotsOf(request).map((slot) => slotView(slot, people)))),
    term(
      texts.terms.agent,
      ...texts.terms.agentOf(textView(agent.name), personView(agent.owner, people), idView(agent.id), idView(agent.owner)),
    ),
    term(texts.terms.rule, ...texts.terms.ruleOf(textView(policy.rule), policy.version, hashView(policy.hash))),
    term(texts.terms.asked, exactTimeView(request.requested_at)),
    term(texts.terms.expires, exactTimeView(request.expires_at)),
    term(texts.terms.toBeUsedBy, exactTimeView(request.use_by)),
    term(texts.terms.context, objectView(request.context)),
    term(texts.terms.request, ...texts.terms.requestAt(idView(request.id), textView(request.origin, "id"), textView(request.type, "id"))),
  ];
}

/** The element that holds them. */
export const termsView = (request: RequestDocument, terms: readonly View[]): ViewElement =>
  element(
    "div",
    { id: "terms" },
    sentenceView(request),
    element("details", {}, element("summary", {}, texts.terms.everything), element("dl", { class: "object terms" }, ...terms)),
  );
