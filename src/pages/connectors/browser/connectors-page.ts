/** Making a connector, signed with the admin's passkey over a statement that this script checks; and revoking one. */
import type { Of } from "#countersign/json/shape.ts";
import { connectorsShape, createdConnectorShape, type ShownConnector, signedConnectorShape } from "#api/connectors/connector-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { bindCopy } from "#pages/kit/browser/copy.ts";
import { confirmDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, control, explainFields, onChosen, onSubmit, tell, tellField, whileBusy } from "#pages/kit/browser/page.ts";
import { tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { get, post, type Problem, remove } from "#pages/kit/browser/post.ts";
import { toldOf } from "#pages/kit/browser/unknown-answer.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import { plainText } from "#pages/kit/text-view.ts";
import { authorise } from "#pages/signatures/browser/admin-signature.ts";
import { takingBack } from "#pages/signatures/browser/take-back.ts";
import { connectorRow } from "../connector-view.ts";

const KEY_LOST =
  "The connector was made, but its key, which is shown only once, did not arrive here. Reload the page, revoke it and make another.";

type Connectors = Of<typeof connectorsShape>;
interface Wanted {
  name: string;
  server: string;
}

/** What to tell after `problem`; null if the connectors, read again, show that it is done. */
const afterLostAnswer = (problem: Problem, messageId: string, isDone: (connectors: Connectors) => boolean): Promise<string | null> =>
  toldOf(
    problem,
    async () => {
      const connectors = await get("/api/v1/connectors", new AbortController().signal, connectorsShape);
      return connectors.ok ? isDone(connectors.value) : null;
    },
    messageId,
  );

const page = byId("connectors").dataset;
const person = page["person"] ?? "";
const origin = page["origin"] ?? "";

/** What became of making one that did not come back as made: null if it waits for another signature. */
async function lost(problem: Problem, id: string): Promise<{ told: string } | null> {
  if (problem.isKnown) return { told: explainFields(problem) };
  let isMade = false;
  const told = await afterLostAnswer(problem, "message", ({ items, waiting }) => {
    isMade = items.some((one) => one.id === id);
    return isMade || waiting.some((one) => one.id === id && one.signed_by.includes(person));
  });
  if (told !== null) return { told };
  return isMade ? { told: KEY_LOST } : null;
}

/** Signs for a connector: a new one, or the proposed one of that id. Gives it with its key; null if it waits for another signature; or what to tell. */
async function create({ name, server }: Wanted, proposed?: string): Promise<ShownConnector | { told: string } | null> {
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
  if (!created.ok) return lost(created.refusal, signedFor);
  return "key" in created.value ? created.value : null;
}

function showCreated({ id, name, server, key }: ShownConnector): void {
  const address = `connector:${id}`;
  byId("created-name").textContent = plainText(name);
  byId("key").textContent = key;
  byId("command").textContent =
    `COUNTERSIGN_URL=${origin} COUNTERSIGN_CONNECTOR_KEY_FILE=connector.key npx countersign connect ${name} -- COMMAND …`;
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
    for (const field of ["name", "server"] as const) tellField(field, wanted[field] === "" ? "Enter a name." : "");
    const empty = (["name", "server"] as const).find((field) => wanted[field] === "");
    if (empty !== undefined) return fields[empty].focus();
    const outcome = await create(wanted);
    if (outcome === null) return location.reload();
    if ("told" in outcome) return tell(outcome.told);
    form.reset();
    showCreated(outcome);
  });
}

/** The list of what waits, once nothing does. */
function hideNothingWaiting(): void {
  byId("waiting").hidden = document.querySelector("#waiting li") === null;
}

/** Signing as the second admin, which makes the connector. */
async function signProposed(button: HTMLElement): Promise<void> {
  tell("");
  const { sign: id = "", name = "", server = "" } = button.dataset;
  const outcome = await create({ name, server }, id);
  if (outcome === null) return location.reload();
  if ("told" in outcome) {
    tell(outcome.told);
    return byId("message").scrollIntoView({ block: "nearest" });
  }
  button.closest("li")?.remove();
  hideNothingWaiting();
  showCreated(outcome);
}

const ask = confirmDialog();

function bindTakingBack(): void {
  onChosen(byId("waiting"), "take-back", (operation, button) =>
    ask(
      takingBack(operation, async (path) => {
        const answer = await remove(path);
        const isTakenBack = ({ waiting }: Connectors): boolean =>
          !waiting.some((one) => one.operation === operation && one.signed_by.includes(person));
        const told = answer.ok ? null : await afterLostAnswer(answer.refusal, "confirm-message", isTakenBack);
        if (told !== null) return told;
        button.closest("li")?.remove();
        hideNothingWaiting();
        return "";
      }),
    ),
  );
}

function bindRevoke(): void {
  onChosen(byId("connector-list"), "revoke", (id, button) =>
    ask({
      title: `Revoke ${document.getElementById(`name-${id}`)?.textContent ?? ""}`,
      text: "Its key stops working at once, and whoever is connected with it is cut off. Calls that are on their way are not known. This cannot be undone.",
      verb: "Revoke connector",
      async act() {
        const answer = await remove(`/api/v1/connectors/${id}`);
        const isRevoked = ({ items }: Connectors): boolean => items.some((one) => one.id === id && one.revoked_at !== null);
        const told = answer.ok ? null : await afterLostAnswer(answer.refusal, "confirm-message", isRevoked);
        if (told !== null) return told;
        button.parentElement?.replaceChildren("Revoked just now");
        return "";
      },
    }),
  );
}

if (document.getElementById("create") !== null) bindCreate();
onChosen(byId("waiting"), "sign", (_, button) => void whileBusy(button, () => signProposed(button)));
bindCopy();
bindTakingBack();
bindRevoke();
tellOfPasskeys();
