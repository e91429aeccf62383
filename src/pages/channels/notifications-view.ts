/** What `/account/notifications` lists, as views: made by the server when the page is sent and by its script whenever something changed. Pure. */
import type { OwnNotifications } from "#api/notifications/notification-data.ts";
import { choiceView, dayView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { notificationsScriptTexts } from "#texts/browser/channels/notifications.ts";

type Contact = OwnNotifications["contacts"][number];

const { kinds, contacts: texts, delegations: delegationTexts } = notificationsScriptTexts;

/** The id of the element that says which contact it is. */
const contactNameId = (id: string): string => `contact-${id}`;

function stateOf({ confirmed_at, failing_since, seen_at, kind }: Contact): View[] {
  if (confirmed_at === null) return [texts.waitsForCode];
  if (failing_since !== null) return texts.takesNothing(timeView(failing_since));
  return kind === "webpush" ? texts.seen(dayView(seen_at)) : texts.confirmed(dayView(confirmed_at));
}

function contactView(contact: Contact, own: OwnNotifications, here: string | null): ViewElement {
  const { id, kind, label, confirmed_at } = contact;
  const about = contactNameId(id);
  const channels = own.channels.filter((one) => one.kind === kind);
  const name = own.channels.find((one) => one.id === contact.channel)?.name;
  const over: View[] = name === undefined ? [texts.channelOff] : channels.length > 1 ? texts.over(textView(name)) : [];
  const first =
    confirmed_at === null
      ? choiceView({ kind: "enter-code", key: id, style: "link", about }, texts.enterCode)
      : choiceView({ kind: "test", key: id, style: "link", about }, texts.test);
  const remove = choiceView({ kind: "remove", key: id, style: "link danger", about }, texts.remove);
  return element(
    "li",
    { "data-contact": id },
    element("span", { class: "what", id: about }, textView(label), id === here ? texts.thisOne : null),
    styled("span", "who", kinds[kind], ...over, ", ", ...stateOf(contact)),
    styled("span", "when", first, " ", remove),
  );
}

/** Fills the element with the id `contacts`. `here`: the contact that is this very device. */
export function contactsView(own: OwnNotifications, here: string | null): ViewElement {
  return element(
    "div",
    { id: "contacts" },
    own.contacts.length === 0
      ? styled("p", "quiet", texts.none)
      : styled("ul", "rows stacked", ...own.contacts.map((contact) => contactView(contact, own, here))),
  );
}

/** Fills the element with the id `delegations`. */
export function delegationsView({ delegations }: OwnNotifications): ViewElement {
  const rows = delegations.map(({ id, from, until, to }) =>
    element(
      "li",
      { "data-delegation": id },
      element("span", { class: "what", id: `delegation-${id}` }, ...delegationTexts.told(textView(to.username))),
      styled("span", "who", ...delegationTexts.time(timeView(from), timeView(until))),
      styled(
        "span",
        "when",
        choiceView({ kind: "end-delegation", key: id, style: "link danger", about: `delegation-${id}` }, delegationTexts.end),
      ),
    ),
  );
  return element("div", { id: "delegations" }, rows.length === 0 ? null : styled("ul", "rows stacked", ...rows));
}
