/** What a command line asks for, as the person reads it before they sign. Pure. */
import { term, termList, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, type ViewElement } from "#pages/kit/view.ts";
import { sessionsScriptTexts as texts } from "#texts/browser/sessions.ts";

export interface AskedFor {
  code: string;
  name: string;
  asked_at: string;
  ends_at: string;
}

/** The name is the machine's own word. */
export const askedForView = ({ code, name, asked_at, ends_at }: AskedFor): ViewElement =>
  element(
    "div",
    { id: "what" },
    termList(
      term(texts.pairing.code, element("code", {}, code)),
      term(texts.pairing.calls, textView(name)),
      term(texts.pairing.asked, timeView(asked_at)),
      term(texts.pairing.until, timeView(ends_at)),
      term(texts.pairing.may, texts.pairing.reads),
    ),
  );
