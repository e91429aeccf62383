/** Connecting servers: to the issuer and back, and the signature without which nothing is called. */
import { begunConnectionShape, CONNECTIONS_BLOCK_ID, connectionsBlockShape, signedGrantShape } from "#api/servers/server-shapes.ts";
import { ceremonyChallenge, ownShape } from "#countersign/documents/ceremony.ts";
import { fit, nullable, object, type Of, text } from "#countersign/json/shape.ts";
import { serverGrantId, serverId } from "#countersign/documents/words.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { confirmDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, onChosen, tell, tellDone, whileBusy } from "#pages/kit/browser/page.ts";
import { credentialsShape, sign, tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { post, remove } from "#pages/kit/browser/post.ts";
import { authorise } from "#pages/signatures/browser/admin-signature.ts";
import { connectionsScriptTexts as texts } from "#texts/browser/servers/connections.ts";

const block = readDataBlock(CONNECTIONS_BLOCK_ID, connectionsBlockShape);
if (!block.ok) throw new Error(block.refusal);
const servers = block.value;
type Server = (typeof servers)[number];
type Grant = Server["waiting"][number];

const { person = "", username = "" } = byId("connections").dataset;
const ask = confirmDialog();

const named = object({ id: serverId, name: text(1) });
const granted = object({ id: serverGrantId, issuer: text(1), account: nullable(text(1)) });
const sharedShape = object({ server: named, grant: granted });
const ownTermsShape = object({ server: named, grant: granted, person: object({ id: text(1), username: text(1) }) });
const ownDraftShape = object({ statement: ownShape, credentials: credentialsShape, rp_id: text(1) });

/** What is said after the page is made anew. */
const AFTER = "countersign-connections-done";

function again(said: string): void {
  sessionStorage.setItem(AFTER, said);
  location.reload();
}

function refuse(words: string): void {
  tell(words, "told");
  byId("told").scrollIntoView({ block: "nearest" });
}

/** Whether what is to be signed is what stands on the page. */
const isShown = ({ server }: Server, grant: Grant, terms: Of<typeof sharedShape>): boolean =>
  terms.server.id === server.id &&
  terms.server.name === server.name &&
  terms.grant.id === grant.id &&
  terms.grant.issuer === grant.issuer &&
  terms.grant.account === grant.account;

const bodyOf = ({ server }: Server, { id }: Grant) => ({ server: server.name, grant: id });

/** Gives what to tell; or whether another admin has to sign as well. */
type Outcome = { told: string } | { waits: boolean };

async function signShared(server: Server, grant: Grant): Promise<Outcome> {
  const authorised = await authorise({
    path: "/admin/servers/connections/statement",
    body: bodyOf(server, grant),
    operation: "server.connected",
    parameters: sharedShape,
    isShown: (terms) => isShown(server, grant, terms),
    admin: person,
  });
  if (!authorised.ok) return { told: authorised.refusal };
  const path = `/api/v1/servers/${server.server.name}/grants`;
  const answer = await post(path, { authorisation: authorised.value }, signedGrantShape);
  return answer.ok ? { waits: answer.value.signatures !== undefined } : { told: answer.refusal.detail };
}

async function signOwn(server: Server, grant: Grant): Promise<Outcome> {
  const drafted = await post("/account/servers/statement", bodyOf(server, grant), ownDraftShape);
  if (!drafted.ok) return { told: drafted.refusal.detail };
  const { statement, credentials, rp_id: rpId } = drafted.value;
  const terms = fit(ownTermsShape, statement.parameters);
  const isOwn = statement.origin === location.origin && statement.person === person && statement.operation === "account.connected";
  if (!terms.ok || !isOwn || terms.value.person.id !== person || terms.value.person.username !== username) return { told: texts.otherwise };
  if (!isShown(server, grant, terms.value)) return { told: texts.otherwise };
  const signed = await sign(ceremonyChallenge(statement), credentials, rpId);
  if (!signed.ok) return { told: signed.refusal };
  const path = `/api/v1/me/servers/${server.server.name}/grants`;
  const answer = await post(path, { signature: { statement, ...signed.value } }, signedGrantShape);
  return answer.ok ? { waits: false } : { told: answer.refusal.detail };
}

const list = byId("connection-list");

onChosen(
  list,
  "connect",
  (name, button) =>
    void whileBusy(button, async () => {
      tell("", "told");
      const begun = await post(`/api/v1/servers/${name}/connect`, {}, begunConnectionShape);
      if (!begun.ok) return refuse(begun.refusal.detail);
      location.assign(begun.value.authorization_url);
    }),
);

onChosen(
  list,
  "sign",
  (id, button) =>
    void whileBusy(button, async () => {
      tell("", "told");
      const server = servers.find(({ waiting }) => waiting.some((grant) => grant.id === id));
      const grant = server?.waiting.find((one) => one.id === id);
      if (server === undefined || grant === undefined) return;
      const done = await (server.grants === "shared" ? signShared(server, grant) : signOwn(server, grant));
      if ("told" in done) return refuse(done.told);
      again(done.waits ? texts.waits : texts.connected(server.server.name));
    }),
);

onChosen(list, "drop", (id, button) => {
  const name = button.closest<HTMLElement>("[data-server]")?.dataset["server"] ?? "";
  ask({
    title: texts.disconnecting.title(name),
    text: texts.disconnecting.text,
    verb: texts.disconnecting.verb,
    async act() {
      const answer = await remove(`/api/v1/servers/${name}/grants/${id}`);
      if (!answer.ok) return answer.refusal.detail;
      again(texts.disconnecting.done);
      return "";
    },
  });
});

const said = sessionStorage.getItem(AFTER);
sessionStorage.removeItem(AFTER);
if (said !== null) tellDone(said);
tellOfPasskeys();
