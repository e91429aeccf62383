/** Making a connector, signed with the admin's passkey over a statement that this script checks; and revoking one. */
import { connectorsShape, createdConnectorShape, type ShownConnector, signedConnectorShape } from "#api/connectors/connector-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { bindCopy } from "#pages/kit/browser/copy.ts";
import { confirmDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, control, explainFields, onSubmit, tell, tellField } from "#pages/kit/browser/page.ts";
import { tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { post } from "#pages/kit/browser/post.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import { plainText } from "#pages/kit/text-view.ts";
import { authorise } from "#pages/signatures/browser/admin-signature.ts";
import { KeyedList, type Making } from "#pages/signatures/browser/keyed-list.ts";
import { connectorsScriptTexts as texts } from "#texts/browser/servers/connectors.ts";
import { connectorRow } from "../connector-view.ts";

interface Wanted {
  name: string;
  server: string;
}

const page = byId("connectors").dataset;
const person = page["person"] ?? "";
const origin = page["origin"] ?? "";

const connectors = new KeyedList({
  path: "/api/v1/connectors",
  shape: connectorsShape,
  person,
  keyLost: texts.keyLost,
  noun: texts.noun,
  revoking: texts.revoking,
  ask: confirmDialog(),
});

/** Signs for a connector: a new one, or the proposed one of that id. Gives it with its key; null if it waits for another signature; or what to tell. */
async function create({ name, server }: Wanted, proposed?: string): Promise<Making<ShownConnector>> {
  let signedFor = "";
  const authorised = await authorise(
    {
      path: "/admin/connectors/statement",
      body: proposed === undefined ? { name, server } : { name, server, id: proposed },
      operation: "connector.created",
      parameters: signedConnectorShape,
      isShown({ connector }) {
        signedFor = connector.id;
        return connector.name === name && connector.server === server && connector.id === (proposed ?? connector.id);
      },
      admin: person,
    },
    explainFields,
  );
  if (!authorised.ok) return { told: authorised.refusal };
  const created = await post("/api/v1/connectors", { name, server, authorisation: authorised.value }, createdConnectorShape);
  if (!created.ok) return connectors.lost(created.refusal, signedFor);
  return "key" in created.value ? created.value : null;
}

function showCreated({ id, name, server, key }: ShownConnector): void {
  const address = `connector:${id}`;
  byId("created-name").textContent = plainText(name);
  byId("key").textContent = key;
  byId("command").textContent = texts.command(origin, name);
  byId("address").textContent = address;
  byId("copied").textContent = "";
  byId("created").hidden = false;
  byId("created").focus();
  const made = { id, name, server, address, created_at: new Date().toISOString(), revoked_at: null, connected_since: null, serves: false };
  byId("connector-list").prepend(toDom(connectorRow(made)));
  byId("connector-list").hidden = false;
  byId("no-connectors").hidden = true;
}

function bindCreate(): void {
  const form = control("create", HTMLFormElement);
  const fields = { name: control("name", HTMLInputElement), server: control("server", HTMLInputElement) };
  onSubmit(form, async () => {
    tell("");
    const wanted = { name: fields.name.value.trim(), server: fields.server.value.trim() };
    for (const field of ["name", "server"] as const) tellField(field, wanted[field] === "" ? texts.enterName : "");
    const empty = (["name", "server"] as const).find((field) => wanted[field] === "");
    if (empty !== undefined) return fields[empty].focus();
    const outcome = await create(wanted);
    if (outcome === null) return location.reload();
    if ("told" in outcome) return tell(outcome.told);
    form.reset();
    showCreated(outcome);
  });
}

if (document.getElementById("create") !== null) bindCreate();
connectors.bindSigning(({ sign: id = "", name = "", server = "" }) => create({ name, server }, id), showCreated);
connectors.bindTakingBack();
connectors.bindRevoking(byId("connector-list"));
bindCopy();
tellOfPasskeys();
