/** The page of channels and messages, for admins, and for auditors to read. */
import type { Context } from "hono";
import { checkInput } from "#api/check-input.ts";
import { messagesQuery } from "#api/channel-data.ts";
import { ChannelsPage, type KnownChannels } from "#pages/channels/channels-page.tsx";
import { ChannelsRecordPage } from "#pages/channels/channels-record-page.tsx";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { listMessages } from "#storage/channels/message-lists.ts";
import { namesOf } from "#storage/people.ts";
import { channelsAsTheyAre, messageAnswer, messagePlaceIn, messagePlaceText } from "./channel-items.ts";

/** Messages on the page. */
const PAGE = 20;

/** What the address asks for; what it says that is no question is left out. */
async function knownMessages(c: Context<App>, channels: KnownChannels["channels"]): Promise<KnownChannels["known"]> {
  const query = checkInput(messagesQuery, c.req.query());
  const { cursor, ...asked } = query.ok ? query.value : {};
  const channel = channels.find(({ id }) => id === asked.channel) ?? null;
  const from = cursor === undefined ? null : messagePlaceIn(cursor);
  const found = await listMessages(c.env.DB, { ...asked, channel: channel?.id }, from, PAGE + 1);
  const shown = found.slice(0, PAGE);
  const last = shown.at(-1);
  return {
    messages: shown.map(messageAnswer),
    channel,
    state: asked.state ?? null,
    older: found.length > PAGE && last !== undefined ? messagePlaceText(last) : null,
  };
}

/** `GET /admin/channels?channel=&state=&cursor=`: all channels, and those messages. */
export async function channelsPage(c: Context<App>): Promise<Response> {
  const [{ vault }, { items, waiting }] = await Promise.all([
    c.var.ports.channels(),
    channelsAsTheyAre(c.env.DB, c.var.config.adminsRequired, Date.now()),
  ]);
  const [known, names] = await Promise.all([
    knownMessages(c, items),
    namesOf(
      c.var.near.read,
      waiting.flatMap(({ signed_by }) => signed_by),
    ),
  ]);
  const shown: KnownChannels = {
    person: pagePerson(c.var.person),
    channels: items,
    waiting,
    names: new Map(names.map(({ id, username }) => [id, username])),
    available: vault !== null,
    known,
  };
  return c.html(shown.person.mayAdminister ? <ChannelsPage {...shown} /> : <ChannelsRecordPage {...shown} />);
}
