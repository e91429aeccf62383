/** `/admin/servers` for auditors: every server and its tools. Nothing on it changes anything. */
import type { FC } from "hono/jsx";
import { Layout } from "#pages/kit/layout.tsx";
import { onlyRead } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { serverCard, waitingServerView } from "./server-view.ts";
import { type KnownServers, NoVault, ToConnectors, ToolsSection } from "./servers-page.tsx";

export const ServersRecordPage: FC<KnownServers> = ({ person, servers, waiting, names, keepsCredentials, shown }) => (
  <Layout title="Servers" sheets={["desk"]} person={person} here="/admin/servers">
    <main id="servers">
      <h1>Servers</h1>
      <p>
        As an auditor you see which MCP servers agents reach through the gate, and which of their tools. Admins add servers and accept
        tools, and sign for it.
      </p>
      <ToConnectors />
      {keepsCredentials ? null : <NoVault />}
      {waiting.length === 0 ? null : (
        <section aria-labelledby="waiting-title">
          <h2 id="waiting-title">Waiting for a second admin’s signature</h2>
          <ul class="cards">{waiting.map((one) => toJsx(onlyRead(waitingServerView(one, person.id, names))))}</ul>
        </section>
      )}
      <ToolsSection shown={shown} mayAccept={false} />
      <h2>All servers</h2>
      {servers.length === 0 ? <p class="nothing">No server yet. When an admin adds one, it appears here.</p> : null}
      <ul class="cards servers">{servers.map((server) => toJsx(onlyRead(serverCard(server))))}</ul>
    </main>
  </Layout>
);
