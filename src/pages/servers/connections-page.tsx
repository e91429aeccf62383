/** `/account/servers`: servers that agents call as somebody, and whom as. What all agents share is there for admins. */
import type { FC } from "hono/jsx";
import type { ConnectableServers } from "#api/servers/connection-data.ts";
import { CONNECTIONS_BLOCK_ID } from "#api/servers/server-shapes.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { ConfirmDialog } from "#pages/kit/dialogs.tsx";
import { Layout, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { MessagePage } from "#pages/kit/message-page.tsx";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { connectionsTexts as texts } from "#texts/servers/connections.ts";
import { connectionCard } from "./connections-view.ts";
import { NoVault } from "./servers-page.tsx";

interface ConnectionsPageProps {
  person: PagePerson;
  own: ConnectableServers;
  /** The server that a link was for; null for none. */
  asked: string | null;
}

export const ConnectionsPage: FC<ConnectionsPageProps> = ({ person, own, asked }) => {
  const sorted = own.items.toSorted((one, other) => Number(other.server.name === asked) - Number(one.server.name === asked));
  const isMissing = asked !== null && !own.items.some(({ server }) => server.name === asked);
  const block = own.items.map(({ server, grants, waiting }) => ({
    server: { id: server.id, name: server.name },
    grants,
    waiting: waiting.map(({ id, issuer, account, made_by: { username } }) => ({ id, issuer, account, username })),
  }));
  return (
    <Layout title={texts.title} sheets={["desk"]} script="connections.js" person={person} here="/account">
      <main id="connections" data-person={person.id} data-username={person.username}>
        <h1>{texts.title}</h1>
        <p>{texts.intro}</p>
        {own.keeps_credentials ? null : <NoVault />}
        <NeedsScript />
        <p id="done" class="done" role="status" tabindex={-1}></p>
        <p id="told" class="message" role="alert" hidden></p>
        {isMissing ? <p class="message">{texts.missing}</p> : null}
        {own.items.length === 0 ? <p class="nothing">{texts.none}</p> : null}
        {own.items.length === 0 ? null : <h2>{texts.list}</h2>}
        <ul class="cards servers" id="connection-list">
          {sorted.map((one) => toJsx(connectionCard(one)))}
        </ul>
        <ConfirmDialog />
      </main>
      <DataBlock id={CONNECTIONS_BLOCK_ID} data={block} />
    </Layout>
  );
};

/** Where an issuer sent somebody back to, and nothing was connected. */
export const NotConnectedPage: FC<{ person: PagePerson; code: string; message: string }> = ({ person, code, message }) => (
  <MessagePage
    title={texts.failed.title}
    message={message}
    code={code}
    person={person}
    link={{ href: "/account/servers", name: texts.failed.back }}
  />
);
