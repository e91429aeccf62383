/** A session in a list: when somebody signed in, with which passkey, and until when. Pure. */
import type { SessionItem } from "#api/people/session-data.ts";
import { dayView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { sessionsScriptTexts as texts } from "#texts/browser/sessions.ts";

/** The id of the element that says which session it is. */
export const sessionNameId = (id: string): string => `session-${id}`;

/** `passkeys`: those of its person; `ways`: what can be done with it. */
export function sessionRow(
  { id, credential_id, created_at, last_seen_at, ends_at, current, command_line }: SessionItem,
  passkeys: readonly { credential_id: string; name: string }[],
  ...ways: readonly View[]
): ViewElement {
  const passkey = passkeys.find((one) => one.credential_id === credential_id);
  const name: View = passkey === undefined || passkey.name === "" ? texts.unnamed : textView(passkey.name);
  return element(
    "li",
    { "data-session": id },
    element(
      "span",
      { class: "what", id: sessionNameId(id) },
      ...(command_line === null
        ? texts.signedIn<View>(timeView(created_at))
        : texts.commandLine<View>(textView(command_line), timeView(created_at))),
      current ? texts.thisOne : null,
    ),
    styled("span", "who", ...texts.with<View>(name, timeView(last_seen_at), dayView(ends_at))),
    ways.length === 0 ? null : styled("span", "when", ...ways),
  );
}
