/** Servers: adding and changing, accepting tools, signed with the admin's passkey; listing again, removing. */
import type { SignedForServer } from "#countersign/documents/servers/signed-server.ts";
import { refreshedServerShape, SERVERS_BLOCK_ID, serversBlockShape } from "#api/servers/server-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { confirmDialog, formDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, explainFields, onChosen, onClick, tell, tellDone, whileBusy } from "#pages/kit/browser/page.ts";
import { tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { post, remove } from "#pages/kit/browser/post.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import { takingBack } from "#pages/signatures/browser/take-back.ts";
import { serversScriptTexts as texts } from "#texts/browser/servers.ts";
import { waitingContent } from "../server-view.ts";
import { definitionView } from "../tool-view.ts";
import { bindServerForm, showCredential } from "./servers/form.ts";
import { type ShownTool, signForServer, signForServerAgain, signForTools } from "./servers/signing.ts";
import { serverCredentialIn, serverFieldOf } from "./servers/wanted.ts";

const block = readDataBlock(SERVERS_BLOCK_ID, serversBlockShape);
if (!block.ok) throw new Error(block.refusal);
const { servers, tools, waiting } = block.value;
const person = byId("servers").dataset["person"] ?? "";
const ask = confirmDialog();

/** What is said after the page is made anew. */
const AFTER = "countersign-servers-done";

function goTo(name: string | null, text: string): void {
  sessionStorage.setItem(AFTER, text);
  const there = name === null ? "/admin/servers" : `/admin/servers?server=${name}`;
  if (`${location.pathname}${location.search}` === there) location.reload();
  else location.assign(there);
}

function tellWhatWasDone(): void {
  const text = sessionStorage.getItem(AFTER);
  sessionStorage.removeItem(AFTER);
  if (text !== null) tellDone(text);
}

function refuse(text: string): void {
  tell(text, "told");
  byId("told").scrollIntoView({ block: "nearest" });
}

const serverOf = (name: string): SignedForServer | undefined => servers.find((one) => one.name === name);

/** What is shown is made anew from what is signed, and from nothing else. */
function showWhatIsSigned(): void {
  for (const { operation, settings, tools: accepted } of waiting) {
    const content = waitingContent({ settings, tools: accepted?.map((tool) => ({ ...tool, pin: "" })) ?? null });
    document.querySelector(`[data-content="${operation}"]`)?.replaceChildren(toDom(content));
  }
  for (const place of document.querySelectorAll<HTMLElement>("[data-definition]")) {
    const name = place.dataset["definition"];
    const found = [...(tools?.listed ?? []), ...(tools?.accepted ?? [])].find((one) => one.name === name);
    if (found !== undefined) place.replaceChildren(toDom(definitionView(found.definition)));
  }
}

/** All that is ticked, as it is listed. */
function tickedTools(): ShownTool[] {
  const ticked = document.querySelectorAll<HTMLInputElement>("#tools input[data-tool]:checked");
  const names = new Set(Array.from(ticked, ({ dataset }) => dataset["tool"]));
  return (tools?.listed ?? []).filter(({ name }) => names.has(name));
}

function bindAcceptance(): void {
  const button = document.getElementById("accept");
  if (button === null || tools === null) return;
  const { server } = tools;
  onClick(button, () =>
    whileBusy(button, async () => {
      tell("", "tools-told");
      const done = await signForTools(server, tickedTools(), null, person);
      if ("told" in done) return tell(done.told, "tools-told");
      goTo(server.name, done.waits ? texts.accepting.waits : texts.accepting.done);
    }),
  );
}

async function signAgain(operation: string): Promise<{ waits: boolean } | { told: string } | null> {
  const draft = waiting.find((one) => one.operation === operation);
  if (draft === undefined) return null;
  const { change, id, name, settings, tools: accepted } = draft;
  if (change === "tools.accepted") return accepted === null ? null : signForTools({ id, name }, accepted, operation, person);
  return settings === null ? null : signForServerAgain(settings, change, operation, person);
}

/** As the second admin. */
function bindSecondSignature(): void {
  onChosen(
    byId("waiting"),
    "sign",
    (operation, button) =>
      void whileBusy(button, async () => {
        tell("", "told");
        const done = await signAgain(operation);
        if (done === null) return;
        if ("told" in done) return refuse(done.told);
        goTo(waiting.find((one) => one.operation === operation)?.name ?? null, done.waits ? texts.signing.signed : texts.signing.done);
      }),
  );
  onChosen(byId("waiting"), "take-back", (operation) =>
    ask(
      takingBack(operation, async (path) => {
        const answer = await remove(path);
        if (answer.ok) location.reload();
        return answer.ok ? "" : answer.refusal.detail;
      }),
    ),
  );
}

function bindCredential(): void {
  const open = formDialog("give", async (name) => {
    const server = serverOf(name);
    if (server === undefined) return "";
    const credential = serverCredentialIn(server.authentication.kind, "given-");
    if (credential === null) return texts.giving.none;
    const { id, credential_hash: _, authentication, url, features, limits } = { credential_hash: null, ...server };
    const { credential_hash: __, ...shown } = authentication;
    const done = await signForServer(
      {
        change: "server.changed",
        id,
        wanted: { name, url, authentication: shown, features, limits },
        credential: "given",
        body: { draft: "credential", server: name, credential },
        path: `/api/v1/servers/${name}/credential`,
      },
      person,
      (problem) => explainFields(problem, (member) => serverFieldOf(member, "given-")),
    );
    if ("told" in done) return done.told === "" ? null : done.told;
    goTo(name, done.waits ? texts.signing.waits : texts.giving.done);
    return "";
  });
  onChosen(byId("server-list"), "credential", (name) => {
    const server = serverOf(name);
    if (server === undefined) return;
    byId("give-title").textContent = texts.giving.title(name);
    showCredential(server.authentication.kind, "given-");
    open(name);
  });
}

const removal = (title: string, text: string, verb: string, path: string, said: string) => ({
  title,
  text,
  verb,
  async act() {
    const answer = await remove(path);
    if (!answer.ok) return answer.refusal.detail;
    goTo(null, said);
    return "";
  },
});

function bindList(): void {
  const list = byId("server-list");
  onChosen(
    list,
    "refresh",
    (name, button) =>
      void whileBusy(button, async () => {
        tell("", "told");
        const answer = await post(`/api/v1/servers/${name}/tools/refresh`, {}, refreshedServerShape);
        if (!answer.ok) return refuse(answer.refusal.detail);
        if (answer.value.listed) return goTo(name, texts.listing.done);
        refuse(texts.listing.failed(answer.value.code ?? texts.listing.noAnswer));
      }),
  );
  onChosen(list, "remove", (name) => {
    const { title, text, verb, done } = texts.removal;
    ask(removal(title(name), text, verb, `/api/v1/servers/${name}`, done));
  });
  onChosen(list, "forget", (name) => {
    const { title, text, verb, done } = texts.forgetting;
    ask(removal(title(name), text, verb, `/api/v1/servers/${name}/credential`, done));
  });
}

bindServerForm(servers, person, (name, waits) => goTo(waits ? null : name, waits ? texts.signing.waits : texts.signing.added));
showWhatIsSigned();
bindAcceptance();
bindSecondSignature();
bindCredential();
bindList();
tellWhatWasDone();
tellOfPasskeys();
