/** `/admin/channels` for auditors: every channel and every message. Nothing on it changes anything. */
import type { FC } from "hono/jsx";
import { Layout } from "#pages/kit/layout.tsx";
import { onlyRead } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { channelsTexts as texts } from "#texts/channels.ts";
import { channelCard, waitingChannelView } from "./channel-view.ts";
import { type KnownChannels, NotAvailable } from "./channels-page.tsx";
import { MessageTable } from "./messages.tsx";

export const ChannelsRecordPage: FC<KnownChannels> = ({ person, channels, waiting, names, available, known }) => (
  <Layout title={texts.title} sheets={["desk"]} person={person} here="/admin/channels">
    <main id="channels">
      <h1>{texts.title}</h1>
      <p>{texts.record.intro}</p>
      {available ? null : <NotAvailable />}
      {waiting.length === 0 ? null : (
        <section aria-labelledby="waiting-title">
          <h2 id="waiting-title">{texts.waiting.title}</h2>
          <ul class="cards">{waiting.map((one) => toJsx(onlyRead(waitingChannelView(one, person.id, names))))}</ul>
        </section>
      )}
      <h2>{texts.list.title}</h2>
      {channels.length === 0 ? <p class="nothing">{texts.record.none}</p> : null}
      <ul class="cards channels">{channels.map((channel) => toJsx(onlyRead(channelCard(channel))))}</ul>
      <MessageTable {...known} canResend={false} />
    </main>
  </Layout>
);
