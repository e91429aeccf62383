/** `/admin/connectors`: which connectors there are, making one (signed with the admin's passkey), and revoking one. Auditors read. */
import type { FC } from "hono/jsx";
import type { ConnectorItem, ProposedConnector } from "#api/connectors/connector-data.ts";
import { ConfirmDialog } from "#pages/kit/dialogs.tsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { Copied, Snippet } from "#pages/kit/snippet.tsx";
import { onlyRead } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { connectorsTexts as texts } from "#texts/servers/connectors.ts";
import { connectorRow, proposedConnectorView } from "./connector-view.ts";

interface ConnectorsPageProps {
  person: PagePerson;
  connectors: readonly ConnectorItem[];
  /** Those that lack another admin's signature. */
  waiting: readonly ProposedConnector[];
  /** Usernames by id, of the admins who signed for those. */
  names: ReadonlyMap<string, string>;
  /** The service's public origin, for the command. */
  origin: string;
  /** Whether the deployment has connectors at all. */
  isAvailable: boolean;
}

/** Filled by the script with the new connector's key, which the server gives out once. */
const Created: FC = () => (
  <section id="created" class="created" aria-labelledby="created-title" tabindex={-1} hidden>
    <h2 id="created-title">{texts.created.title(<span id="created-name"></span>)}</h2>
    <p>{texts.created.once}</p>
    <Snippet id="key" title={texts.created.key} copies={texts.created.copyKey} />
    <Snippet id="command" title={texts.created.command} copies={texts.created.copyCommand} />
    <Snippet id="address" title={texts.created.address} copies={texts.created.copyAddress} />
    <p class="hint">{texts.created.next(<a href="/admin/servers">{texts.servers}</a>)}</p>
    <Copied />
  </section>
);

const NewConnector: FC = () => (
  <form id="create" novalidate>
    <h2>{texts.form.title}</h2>
    <Field
      id="name"
      name="name"
      label={texts.form.name}
      hint={texts.form.nameHint}
      refusable
      required
      maxlength={20}
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
    />
    <Field
      id="server"
      name="server"
      label={texts.form.server}
      hint={texts.form.serverHint}
      refusable
      required
      maxlength={20}
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
    />
    <Message />
    <button type="submit" class="primary">
      {texts.form.create}
    </button>
    <p class="hint">{texts.form.signed}</p>
  </form>
);

export const ConnectorsPage: FC<ConnectorsPageProps> = ({ person, connectors, waiting, names, origin, isAvailable }) => {
  const { mayAdminister } = person;
  const shown = <View,>(view: View, read: (view: View) => View): View => (mayAdminister ? view : read(view));
  return (
    <Layout title={texts.title} sheets={["desk"]} {...(mayAdminister && { script: "connectors.js" })} person={person} here="/admin/servers">
      <main id="connectors" data-origin={origin} data-person={person.id}>
        <p>
          <a href="/admin/servers">{texts.servers}</a>
        </p>
        <h1>{texts.title}</h1>
        <p>{texts.about(<code>countersign connect</code>)}</p>
        {isAvailable ? null : <p class="message">{texts.unavailable}</p>}
        {mayAdminister ? <NeedsScript /> : null}
        {mayAdminister ? <Created /> : null}
        <section id="waiting" aria-labelledby="waiting-title" hidden={waiting.length === 0}>
          <h2 id="waiting-title">{texts.waiting}</h2>
          <ul class="cards">{waiting.map((one) => toJsx(shown(proposedConnectorView(one, person.id, names), onlyRead)))}</ul>
        </section>
        <h2>{texts.all}</h2>
        <p class="nothing" id="no-connectors" hidden={connectors.length > 0}>
          {texts.none}
        </p>
        <ul class="rows wide" id="connector-list" hidden={connectors.length === 0}>
          {connectors.map((connector) => toJsx(shown(connectorRow(connector), onlyRead)))}
        </ul>
        {mayAdminister && isAvailable ? <NewConnector /> : null}
        {mayAdminister ? <ConfirmDialog /> : null}
      </main>
    </Layout>
  );
};
