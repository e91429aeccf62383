/** `/admin/channels` for admins: over what people and systems are told, adding and changing (signed with the admin's passkey), and every message. */
import type { FC } from "hono/jsx";
import type { ChannelItem, WaitingChannel } from "#api/channel-data.ts";
import { CHANNELS_BLOCK_ID } from "#api/channel-shapes.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { ConfirmDialog, FormDialog } from "#pages/kit/dialogs.tsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { Copied, Snippet } from "#pages/kit/snippet.tsx";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { channelsTexts as texts } from "#texts/channels.ts";
import { ChannelForm, KeyCredential, SlackCredential } from "./channel-form.tsx";
import { channelCard, waitingChannelView } from "./channel-view.ts";
import { type KnownMessages, MessageTable } from "./messages.tsx";

export interface KnownChannels {
  person: PagePerson;
  channels: readonly ChannelItem[];
  waiting: readonly WaitingChannel[];
  /** Usernames by id, of the admins who signed for those. */
  names: ReadonlyMap<string, string>;
  /** Whether channels can be added here. */
  available: boolean;
  known: KnownMessages;
}

export const NotAvailable: FC = () => <p class="message">{texts.notAvailable}</p>;

/** Filled by the script with what is made for a new channel or a rotated one, and is shown this once. */
const MadeKey: FC = () => (
  <section id="made" class="created" aria-labelledby="made-title" tabindex={-1} hidden>
    <h2 id="made-title"></h2>
    <p id="made-text"></p>
    <Snippet id="made-key" title={texts.made.key} copies={texts.made.copy} />
    <Copied />
    <p>
      <a href="/admin/channels">{texts.made.show}</a>
    </p>
  </section>
);

const Dialogs: FC = () => (
  <>
    <FormDialog id="rotate" verb={texts.rotation.verb} hint={texts.rotation.hint}>
      <p id="rotate-text"></p>
      <div id="rotate-slack" hidden>
        <SlackCredential prefix="rotated-slack" />
      </div>
      <div id="rotate-email" hidden>
        <KeyCredential prefix="rotated-email" />
      </div>
    </FormDialog>
    <FormDialog id="replay" title={texts.replay.title} verb={texts.replay.verb}>
      <Field id="replay-from" {...texts.replay.from} type="datetime-local" refusable />
    </FormDialog>
    <ConfirmDialog />
  </>
);

const blockOf = ({ channels, waiting }: KnownChannels) => ({
  channels: channels.map(({ id, name, state, settings }) => ({ id, name, state, settings })),
  waiting: waiting.map(({ operation, change, id, name, settings }) => ({ operation, change, id, name, settings })),
});

export const ChannelsPage: FC<KnownChannels> = (props) => {
  const { person, channels, waiting, names, available, known } = props;
  return (
    <Layout title={texts.title} sheets={["desk"]} script="channels.js" person={person} here="/admin/channels">
      <main id="channels" data-person={person.id}>
        <h1>{texts.title}</h1>
        <p>{texts.intro}</p>
        {available ? null : <NotAvailable />}
        <NeedsScript />
        <p id="done" class="done" role="status" tabindex={-1}></p>
        <p id="told" class="message" role="alert" hidden></p>
        <MadeKey />
        <section id="waiting" aria-labelledby="waiting-title" hidden={waiting.length === 0}>
          <h2 id="waiting-title">{texts.waiting.title}</h2>
          <ul class="cards">{waiting.map((one) => toJsx(waitingChannelView(one, person.id, names)))}</ul>
        </section>
        <h2>{texts.list.title}</h2>
        {channels.length === 0 ? <p class="nothing">{texts.list.none}</p> : null}
        <ul class="cards channels" id="channel-list">
          {channels.map((channel) => toJsx(channelCard(channel)))}
        </ul>
        {available ? <ChannelForm /> : null}
        <MessageTable {...known} canResend />
        <Dialogs />
      </main>
      <DataBlock id={CHANNELS_BLOCK_ID} data={blockOf(props)} />
    </Layout>
  );
};
