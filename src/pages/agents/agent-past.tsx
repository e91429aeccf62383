/** What one agent did lately, and the keys that it had: parts of its page. */
import type { Child, FC } from "hono/jsx";
import type { AgentDetail } from "#api/agents/agent-data.ts";
import { choiceView, dayView, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { agentsTexts } from "#texts/agents.ts";
import { agentsScriptTexts } from "#texts/browser/agents.ts";

const texts = agentsTexts.one;

function requestRow({ id, action, requested_at: at, status }: AgentDetail["recent_requests"][number]): ViewElement {
  const what = action === null ? texts.past.hidden : element("a", { href: `/a/${id}` }, textView(action));
  return element(
    "li",
    {},
    styled("span", "what", what),
    styled("span", "who", ...texts.past.asked<View>(timeView(at))),
    styled("span", "when", status === null ? texts.past.erased : texts.past.ends[status]),
  );
}

function callRow({ at, server, tool, status, request_id: request }: NonNullable<AgentDetail["recent_calls"]>[number]): ViewElement {
  const way = request === null ? null : element("a", { href: `/a/${request}` }, texts.calls.request);
  return element(
    "li",
    {},
    styled("span", "what", textView(`${server}.${tool}`)),
    styled("span", "who", ...texts.calls.row<View>(timeView(at), status)),
    styled("span", "when", way),
  );
}

export const DoneLately: FC<{ agent: AgentDetail }> = ({ agent: { requests, recent_requests: asked, recent_calls: calls } }) => (
  <>
    <section aria-labelledby="past-title">
      <h2 id="past-title">{texts.past.title}</h2>
      {asked.length === 0 ? (
        <p class="nothing">{texts.past.none}</p>
      ) : (
        <>
          <p id="counts">
            {(requests.more ? texts.past.ofNewest : texts.past.ofAll)(requests.looked_at)}
            {texts.past.counts(requests)}
          </p>
          <ul class="rows" id="asked">
            {asked.map((request) => toJsx(requestRow(request)))}
          </ul>
        </>
      )}
    </section>
    <section aria-labelledby="calls-title">
      <h2 id="calls-title">{texts.calls.title}</h2>
      {calls === null || calls.length === 0 ? (
        <p class="nothing">{calls === null ? texts.calls.unknown : texts.calls.none}</p>
      ) : (
        <ul class="rows" id="called">
          {calls.map((call) => toJsx(callRow(call)))}
        </ul>
      )}
    </section>
  </>
);

type OldKey = AgentDetail["old_keys"][number];

/** A key that was replaced; one that goes on has a button that ends it. */
function oldKeyRow({ number, prefix, made_at: made, replaced_at: replaced, ends_at: ends }: OldKey, now: string): ViewElement {
  const { key } = agentsScriptTexts;
  const id = `key-${number}`;
  const end = choiceView({ kind: "end-key", key: String(number), style: "link danger", about: id }, key.end);
  return element(
    "li",
    { "data-key": String(number) },
    element("span", { class: "what", id }, key.row(number, prefix)),
    styled("span", "who", ...key.made<View>(dayView(made)), ...key.replaced<View>(timeView(replaced))),
    ends > now
      ? styled("span", "when", ...key.serves<View>(timeView(ends)), " ", end)
      : styled("span", "when", styled("span", "gone", ...key.ended<View>(timeView(ends)))),
  );
}

export const OldKeys: FC<{ keys: readonly OldKey[]; now: string; shown: (view: ViewElement) => Child }> = ({ keys, now, shown }) => (
  <section aria-labelledby="keys-title">
    <h2 id="keys-title">{texts.keys.title}</h2>
    {keys.length === 0 ? (
      <p class="nothing">{texts.keys.none}</p>
    ) : (
      <ul class="rows wide" id="old-keys">
        {keys.map((key) => shown(oldKeyRow(key, now)))}
      </ul>
    )}
  </section>
);
