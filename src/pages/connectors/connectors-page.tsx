/** `/admin/connectors`: which connectors there are, making one (signed with the admin's passkey), and revoking one. Auditors read. */
import type { FC } from "hono/jsx";
import type { ConnectorItem, ProposedConnector } from "#api/connectors/connector-data.ts";
import { ConfirmDialog } from "#pages/kit/dialogs.tsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { Copied, Snippet } from "#pages/kit/snippet.tsx";
import { onlyRead } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
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
    <h2 id="created-title">
      Connector <span id="created-name"></span> is ready
    </h2>
    <p>
      This is the only time its key is shown. Whoever has it can answer in the place of this server: keep it where only that machine reads
      it.
    </p>
    <Snippet id="key" title="Key" copies="Copy key" />
    <Snippet id="command" title="On the machine with the server" copies="Copy command" />
    <Snippet id="address" title="Address of the server here" copies="Copy address" />
    <p class="hint">
      Put the key into a file that only you can read. Then add the server with this address at <a href="/admin/servers">Servers</a>.
    </p>
    <Copied />
  </section>
);

const NewConnector: FC = () => (
  <form id="create" novalidate>
    <h2>New connector</h2>
    <Field
      id="name"
      name="name"
      label="Name"
      hint="Of the machine or the place, such as “laptop”. a–z, digits and hyphens, at most 20."
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
      label="Server"
      hint="The name that the one server has here, or will have, that is reached over it."
      refusable
      required
      maxlength={20}
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
    />
    <Message />
    <button type="submit" class="primary">
      Create connector
    </button>
    <p class="hint">You sign this with your passkey.</p>
  </form>
);

export const ConnectorsPage: FC<ConnectorsPageProps> = ({ person, connectors, waiting, names, origin, isAvailable }) => {
  const { mayAdminister } = person;
  const shown = <View,>(view: View, read: (view: View) => View): View => (mayAdminister ? view : read(view));
  return (
    <Layout title="Connectors" sheets={["desk"]} {...(mayAdminister && { script: "connectors.js" })} person={person} here="/admin/servers">
      <main id="connectors" data-origin={origin} data-person={person.id}>
        <p>
          <a href="/admin/servers">Servers</a>
        </p>
        <h1>Connectors</h1>
        <p>
          A connector is the way to one MCP server that speaks over standard input and output, or that is in a private network. It is a
          program on that machine, <code>countersign connect</code>, which connects to the gate; nothing connects to it.
        </p>
        {isAvailable ? null : <p class="message">This deployment has none: its configuration lacks the binding CONNECTOR.</p>}
        {mayAdminister ? <NeedsScript /> : null}
        {mayAdminister ? <Created /> : null}
        <section id="waiting" aria-labelledby="waiting-title" hidden={waiting.length === 0}>
          <h2 id="waiting-title">Waiting for a second admin’s signature</h2>
          <ul class="cards">{waiting.map((one) => toJsx(shown(proposedConnectorView(one, person.id, names), onlyRead)))}</ul>
        </section>
        <h2>All connectors</h2>
        <p class="nothing" id="no-connectors" hidden={connectors.length > 0}>
          No connector yet. When one is made, it appears here.
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
