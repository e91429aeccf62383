/** Who was told that somebody asks, over which channel, and how that went: with no address in it. Script-free. */
import { timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

/** A message to a person, or to a place where a group hears of requests. */
export interface ToldOf {
  /** Username; null of a place. */
  person: string | null;
  /** The channel's name. */
  channel: string;
  type: string;
  state: "waiting" | "sent" | "failed" | "dropped" | "folded";
  sentAt: string | null;
  /** Of a waiting one. */
  nextAt: string | null;
}

const VERBS: Readonly<Record<string, string>> = {
  "request.opened": "told",
  "request.escalated": "told, as it now waits for them too",
  "request.reminder": "reminded",
};

function stateViews({ type, state, sentAt, nextAt }: ToldOf): View[] {
  switch (state) {
    case "sent":
      return [VERBS[type] ?? "told", ...(sentAt === null ? [] : [", ", timeView(sentAt)])];
    case "waiting":
      return ["not yet told", ...(nextAt === null ? [] : [": next try ", timeView(nextAt)])];
    case "failed":
      return ["could not be reached"];
    case "folded":
      return ["told of it together with other requests"];
    case "dropped":
      return ["no longer needed to be told"];
  }
}

function toldList(told: readonly ToldOf[]): ViewElement | null {
  const shown = told.filter(({ type }) => Object.hasOwn(VERBS, type));
  if (shown.length === 0) return null;
  const rows = shown.map((one) => {
    const whom: View[] =
      one.person === null ? ["A place of ", textView(one.channel)] : [textView(one.person), " over ", textView(one.channel)];
    return styled("li", one.state === "waiting" ? "awaited" : one.state, ...whom, ": ", ...stateViews(one));
  });
  return styled("ul", "signatures", ...rows);
}

/** The region of the page; null where there is nothing in it. */
export function toldSection(told: readonly ToldOf[]): ViewElement | null {
  const list = toldList(told);
  if (list === null) return null;
  return element(
    "section",
    { "aria-labelledby": "told-title", class: "timeline", "data-live": "" },
    element("h2", { id: "told-title" }, "Who was told"),
    list,
  );
}
