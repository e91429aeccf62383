/** `/admin/servers` for admins: MCP servers behind the gate, and which of their tools may be used (signed with the admin's passkey). */
import type { FC } from "hono/jsx";
import type { ServerItem, ToolItem, WaitingServer } from "#api/servers/server-data.ts";
import { SERVERS_BLOCK_ID } from "#api/servers/server-shapes.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { ConfirmDialog, FormDialog } from "#pages/kit/dialogs.tsx";
import { Layout, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { timeText } from "#pages/kit/time-text.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { serversTexts as texts } from "#texts/servers.ts";
import { CredentialFields, ServerForm } from "./server-form.tsx";
import { serverCard, waitingServerView } from "./server-view.ts";
import { toolCard } from "./tool-view.ts";

export interface KnownServers {
  person: PagePerson;
  servers: readonly ServerItem[];
  waiting: readonly WaitingServer[];
  /** Usernames by id, of the admins who signed for those. */
  names: ReadonlyMap<string, string>;
  /** Whether credentials can be kept here. */
  keepsCredentials: boolean;
  /** Of the server that is looked at; null for none. `draft`: the text of the policy in force with rules for what has none of its own. */
  shown: { server: ServerItem; items: readonly ToolItem[]; policy: number; draft: string | null } | null;
}

export const NoVault: FC = () => <p class="message">{texts.noVault}</p>;

export const ToConnectors: FC = () => (
  <p>
    {texts.toConnectors((name) => (
      <a href="/admin/connectors">{name}</a>
    ))}
  </p>
);

const CHANGED: readonly ToolItem["state"][] = ["changed", "was_otherwise", "gone"];

const tally = (items: readonly ToolItem[]): string => {
  const tools = items.filter(({ kind }) => kind === "tool");
  const may = tools.filter(({ callable }) => callable).length;
  const changed = items.filter(({ state }) => CHANGED.includes(state)).length;
  const added = items.filter(({ state }) => state === "new").length;
  return [
    texts.tools.mayBeCalled(may, tools.length),
    ...(changed > 0 ? [texts.tools.changed(changed)] : []),
    ...(added > 0 ? [texts.tools.added(added)] : []),
  ].join(" ");
};

/** Which tools there are, which rule decides each, and what changed: what is refused comes first. */
export const ToolsSection: FC<{ shown: KnownServers["shown"]; mayAccept: boolean }> = ({ shown, mayAccept }) => {
  if (shown === null) return null;
  const { server, items, policy, draft } = shown;
  const rank = ({ state }: ToolItem): number => ["changed", "was_otherwise", "gone", "new", "not_acceptable", "accepted"].indexOf(state);
  const sorted = items.toSorted((one, other) => rank(one) - rank(other));
  const listedAt = server.health?.listed_at ?? null;
  return (
    <section id="tools" aria-labelledby="tools-title" data-server={server.name}>
      <h2 id="tools-title">{texts.tools.title(server.name)}</h2>
      <p>
        {tally(items)} {listedAt === null ? texts.tools.notListed : texts.tools.listedAt(timeText(listedAt))}{" "}
        {policy === 0 ? texts.tools.noPolicy : texts.tools.policy(policy)}
      </p>
      {items.length === 0 ? <p class="nothing">{texts.tools.nothing}</p> : null}
      <ul class="cards tools">{sorted.map((item) => toJsx(toolCard(item, mayAccept)))}</ul>
      {mayAccept && items.length > 0 ? (
        <>
          <p id="tools-told" class="message" role="alert" hidden></p>
          <div class="ways">
            <button type="button" id="accept" class="primary">
              {texts.tools.accept}
            </button>
          </div>
          <p class="hint">{texts.tools.acceptHint}</p>
        </>
      ) : null}
      {mayAccept && draft !== null ? (
        <form method="post" action="/admin/policy" class="propose">
          <textarea name="policy" hidden readonly>
            {draft}
          </textarea>
          <button type="submit">{texts.tools.propose}</button>
          <p class="hint">{texts.tools.proposeHint}</p>
        </form>
      ) : null}
    </section>
  );
};

const Dialogs: FC = () => (
  <>
    <FormDialog id="give" verb={texts.give.verb} hint={texts.give.hint}>
      <p>{texts.give.text}</p>
      <CredentialFields prefix="given-" />
    </FormDialog>
    <ConfirmDialog />
  </>
);

const settingsOf = ({ id, name, url, authentication, features, limits }: ServerItem) => ({
  id,
  name,
  url,
  authentication,
  features,
  limits,
});

function blockOf({ servers, waiting, shown }: KnownServers) {
  const defined = (of: "listed" | "accepted") =>
    (shown?.items ?? []).flatMap((item) => {
      const it = item[of];
      return it === null ? [] : [{ name: item.name, definition: it.definition }];
    });
  return {
    servers: servers.map(settingsOf),
    tools:
      shown === null
        ? null
        : { server: { id: shown.server.id, name: shown.server.name }, listed: defined("listed"), accepted: defined("accepted") },
    waiting: waiting.map(({ operation, change, id, name, settings, tools }) => ({
      operation,
      change,
      id,
      name,
      settings,
      tools: tools?.map(({ name: tool, definition }) => ({ name: tool, definition })) ?? null,
    })),
  };
}

export const ServersPage: FC<KnownServers> = (props) => {
  const { person, servers, waiting, names, keepsCredentials, shown } = props;
  return (
    <Layout title={texts.title} sheets={["desk"]} script="servers.js" person={person} here="/admin/servers">
      <main id="servers" data-person={person.id}>
        <h1>{texts.title}</h1>
        <p>{texts.intro}</p>
        <ToConnectors />
        {keepsCredentials ? null : <NoVault />}
        <NeedsScript />
        <p id="done" class="done" role="status" tabindex={-1}></p>
        <p id="told" class="message" role="alert" hidden></p>
        <section id="waiting" aria-labelledby="waiting-title" hidden={waiting.length === 0}>
          <h2 id="waiting-title">{texts.waiting.title}</h2>
          <ul class="cards">{waiting.map((one) => toJsx(waitingServerView(one, person.id, names)))}</ul>
        </section>
        <ToolsSection shown={shown} mayAccept />
        <h2>{texts.list.title}</h2>
        {servers.length === 0 ? <p class="nothing">{texts.list.none}</p> : null}
        <ul class="cards servers" id="server-list">
          {servers.map((server) => toJsx(serverCard(server)))}
        </ul>
        <ServerForm />
        <Dialogs />
      </main>
      <DataBlock id={SERVERS_BLOCK_ID} data={blockOf(props)} />
    </Layout>
  );
};
