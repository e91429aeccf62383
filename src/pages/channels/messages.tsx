/** The messages of the channels' page, a part of them at a time. */
import type { FC } from "hono/jsx";
import type { MessageItem } from "#api/channel-data.ts";
import { onlyRead } from "#pages/kit/view.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { channelsTexts as texts } from "#texts/channels.ts";
import { messageRow } from "./message-view.ts";

export interface KnownMessages {
  messages: readonly MessageItem[];
  /** Which are shown. */
  channel: { id: string; name: string } | null;
  state: string | null;
  /** Where older ones begin; null if there are none. */
  older: string | null;
}

const STATES = ["waiting", "sent", "failed", "dropped", "folded"] as const;

const addressOf = (query: Readonly<Record<string, string | null | undefined>>): string => {
  const given = Object.entries(query).flatMap(([name, value]) => (value == null ? [] : [[name, value]]));
  const text = new URLSearchParams(given).toString();
  return `/admin/channels${text === "" ? "" : `?${text}`}#messages`;
};

const Choices: FC<KnownMessages> = ({ channel, state }) => (
  <p class="choices">
    {[null, ...STATES].map((one, at) => (
      <>
        {at === 0 ? "" : " · "}
        <a href={addressOf({ channel: channel?.id, state: one })} aria-current={one === state ? "true" : undefined}>
          {one === null ? texts.messages.all : texts.messages.states[one]}
        </a>
      </>
    ))}
  </p>
);

/** `canResend`: whether the reader may send again. */
export const MessageTable: FC<KnownMessages & { canResend: boolean }> = ({ canResend, ...known }) => {
  const { messages, channel, state, older } = known;
  return (
    <section id="messages" aria-labelledby="messages-title">
      <h2 id="messages-title">{texts.messages.title}</h2>
      {channel === null ? null : (
        <p>{texts.messages.ofChannel(<Text value={channel.name} />, <a href={addressOf({ state })}>{texts.messages.ofAll}</a>)}</p>
      )}
      <Choices {...known} />
      {messages.length === 0 ? (
        <p class="nothing">{texts.messages.none}</p>
      ) : (
        <table class="messages" aria-labelledby="messages-title">
          <thead>
            <tr>
              {Object.values(texts.messages.columns).map((name) => (
                <th scope="col">{name}</th>
              ))}
              <td></td>
            </tr>
          </thead>
          <tbody>{messages.map((message) => toJsx(canResend ? messageRow(message) : onlyRead(messageRow(message))))}</tbody>
        </table>
      )}
      {older === null ? null : (
        <p>
          <a href={addressOf({ channel: channel?.id, state, cursor: older })}>{texts.messages.older}</a>
        </p>
      )}
    </section>
  );
};
