/** What an invitation says of itself, to whoever opens its link. The link is all that is known of it, and anybody could have written that. Pure. */
import type { InviteTerms } from "#api/invite-link.ts";
import { term, termList } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import type { View, ViewElement } from "#pages/kit/view.ts";
import { joiningScriptTexts as texts } from "#texts/browser/joining.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const joined = (names: readonly string[]): View[] => names.flatMap((name, i) => (i === 0 ? [textView(name)] : [", ", textView(name)]));

export function invitationView({ by, roles, groups, until }: InviteTerms): ViewElement {
  return termList(
    ...(by === "" ? [] : [term(texts.invitation.by, textView(by))]),
    ...(roles.length === 0 ? [] : [term(texts.invitation.toBe, ...joined(roles))]),
    ...(groups.length === 0 ? [] : [term(groups.length === 1 ? texts.invitation.group : texts.invitation.groups, ...joined(groups))]),
    ...(TIME.test(until) ? [term(texts.invitation.until, timeText(until))] : []),
  );
}
