/** What passed with a notice, as cards: what was called by which agent, what was unusual about it, and what may be done. */
import type { NoticeItem } from "#api/calls/notice-data.ts";
import { choiceView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, onlyRead, styled, type ViewElement } from "#pages/kit/view.ts";
import { callsTexts as texts } from "#texts/calls.ts";

const keyOf = ({ agent, number }: NoticeItem): string => `${agent.id}/${number}`;

/** `mayMark`: whether its buttons are this person's to press. Reasons are the service's own sentences. */
export function noticeView(notice: NoticeItem, mayMark: boolean): ViewElement {
  const { agent, number, at, server, tool, rule, score, reasons } = notice;
  const about = `notice-${agent.id}-${number}`;
  const facts = texts.notice.passed(textView(agent.name), timeView(at), textView(rule), score);
  const view = element(
    "li",
    { "data-notice": keyOf(notice) },
    element("h2", { id: about }, textView(`${server}.${tool}`)),
    styled("p", "quiet", ...facts),
    styled("ul", "reasons", ...reasons.map((reason) => element("li", {}, reason))),
    styled(
      "div",
      "ways",
      choiceView({ kind: "fine", key: keyOf(notice), style: "primary", about }, texts.notice.fine),
      mayMark
        ? element(
            "a",
            { class: "stop", href: `/stop?agent=${encodeURIComponent(agent.id)}`, "aria-describedby": about },
            texts.notice.stopThisAgent,
          )
        : null,
    ),
  );
  return mayMark ? view : onlyRead(view);
}
