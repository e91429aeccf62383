/** `/admin/servers` for auditors: every server and its tools. Nothing on it changes anything. */
import type { FC } from "hono/jsx";
import { Layout } from "#pages/kit/layout.tsx";
import { onlyRead } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { serversTexts as texts } from "#texts/servers.ts";
import { serverCard, waitingServerView } from "./server-view.ts";
import { type KnownServers, NoVault, ToConnectors, ToolsSection } from "./servers-page.tsx";

export const ServersRecordPage: FC<KnownServers> = ({ person, servers, waiting, names, keepsCredentials, shown }) => (
  <Layout title={texts.title} sheets={["desk"]} person={person} here="/admin/servers">
    <main id="servers">
      <h1>{texts.title}</h1>
      <p>{texts.record.intro}</p>
      <ToConnectors />
      {keepsCredentials ? null : <NoVault />}
      {waiting.length === 0 ? null : (
        <section aria-labelledby="waiting-title">
          <h2 id="waiting-title">{texts.waiting.title}</h2>
          <ul class="cards">{waiting.map((one) => toJsx(onlyRead(waitingServerView(one, person.id, names))))}</ul>
        </section>
      )}
      <ToolsSection shown={shown} mayAccept={false} />
      <h2>{texts.list.title}</h2>
      {servers.length === 0 ? <p class="nothing">{texts.record.none}</p> : null}
      <ul class="cards servers">{servers.map((server) => toJsx(onlyRead(serverCard(server))))}</ul>
    </main>
  </Layout>
);
