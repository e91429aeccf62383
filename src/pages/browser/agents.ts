/** Making an agent, signed with the admin's passkey over a statement that this script checks; and revoking one. */
import { ceremonyChallenge } from "../../core/ceremony.ts";
import { object, type Of, oneOf, text } from "../../core/shape.ts";
import { agentId, base64url, personId } from "../../core/words.ts";
import { agentView } from "../agent-view.ts";
import { plainText } from "../text-view.ts";
import { byId, control, onClick, onSubmit, tell, tellField } from "./parts/page.ts";
import { browserSupportsWebAuthn, credentialsShape, NO_PASSKEYS, sign } from "./parts/passkey.ts";
import { post, type Problem, remove } from "./parts/post.ts";
import { bindSignOut } from "./parts/sign-out.ts";
import { toDom } from "./parts/view-dom.ts";

/** The one admin statement that this page signs. */
const agentStatementShape = object({
  type: oneOf("countersign/admin@v1"),
  origin: text(1),
  operation: oneOf("agent.created"),
  parameters: object({ agent: object({ id: agentId, name: text(1), owner: personId }) }),
  admin: personId,
  nonce: base64url(32),
});
const statementShape = object({ statement: agentStatementShape, credentials: credentialsShape, rp_id: text(1) });
const createdShape = object({ id: agentId, name: text(1), key: text(1) });

const page = byId("agents").dataset;
const person = page["person"] ?? "";
const origin = page["origin"] ?? "";

/** Whether the statement makes an agent of this name, of and by this person, here, and nothing else. */
function saysWhatWasTyped({ origin: here, parameters: { agent }, admin }: Of<typeof agentStatementShape>, name: string): boolean {
  return here === location.origin && admin === person && agent.name === name && agent.owner === person;
}

function explain(problem: Problem): string {
  const unplaced = problem.errors.filter(({ field, message }) => !tellField(field, message));
  return problem.errors.length === 0 ? problem.detail : unplaced.map(({ message }) => message).join(" ");
}

/** Gives the new agent with its key, or what to tell. */
async function create(name: string): Promise<Of<typeof createdShape> | { told: string }> {
  const begun = await post("/admin/agents/statement", { name }, statementShape);
  if (!begun.ok) return { told: explain(begun.refusal) };
  const { statement, credentials, rp_id } = begun.value;
  if (!saysWhatWasTyped(statement, name)) return { told: "Nothing was signed: the service asked for another agent than the one named." };
  const signed = await sign(ceremonyChallenge(statement), credentials, rp_id);
  if (!signed.ok) return { told: signed.refusal };
  const created = await post("/api/v1/agents", { name, authorisation: [{ statement, ...signed.value }] }, createdShape);
  return created.ok ? created.value : { told: explain(created.refusal) };
}

function showCreated({ id, name, key }: Of<typeof createdShape>): void {
  const url = `${origin}/mcp`;
  byId("created-name").textContent = plainText(name);
  byId("key").textContent = key;
  byId("claude-code").textContent = `claude mcp add --transport http countersign ${url} --header "X-Api-Key: ${key}"`;
  byId("mcp-servers").textContent = JSON.stringify(
    { mcpServers: { countersign: { type: "http", url, headers: { "X-Api-Key": key } } } },
    null,
    2,
  );
  byId("copied").textContent = "";
  byId("created").hidden = false;
  byId("created").focus();
  const ownerName = page["personName"] ?? "";
  byId("agent-list").prepend(toDom(agentView({ id, name, ownerName, createdAt: new Date().toISOString(), revokedAt: null })));
  byId("agent-list").hidden = false;
  byId("no-agents").hidden = true;
}

function bindCreate(): void {
  const form = control("create", HTMLFormElement);
  const input = control("name", HTMLInputElement);
  onSubmit(form, async () => {
    const name = input.value.trim();
    tell("");
    tellField("name", name === "" ? "Enter a name." : "");
    if (name === "") return input.focus();
    const outcome = await create(name);
    if ("told" in outcome) return tell(outcome.told);
    form.reset();
    showCreated(outcome);
  });
}

function bindCopy(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
    onClick(button, async () => {
      const source = byId(button.dataset["copy"] ?? "");
      try {
        await navigator.clipboard.writeText(source.textContent ?? "");
        byId("copied").textContent = "Copied.";
      } catch {
        getSelection()?.selectAllChildren(source);
        byId("copied").textContent = "Selected. Copy it with your keyboard.";
      }
    });
  }
}

function bindRevoke(): void {
  const dialog = control("revoke", HTMLDialogElement);
  let chosen = "";
  byId("agent-list").addEventListener("click", ({ target }) => {
    const button = target instanceof HTMLElement ? target.closest<HTMLElement>("[data-revoke]") : null;
    if (button === null) return;
    chosen = button.dataset["revoke"] ?? "";
    byId("revoke-name").textContent = document.getElementById(`name-${chosen}`)?.textContent ?? "";
    tell("", "revoke-message");
    dialog.showModal();
  });
  byId("revoke-keep").addEventListener("click", () => dialog.close());
  onClick(byId("revoke-confirm"), async () => {
    const answer = await remove(`/api/v1/agents/${chosen}`);
    if (!answer.ok) return tell(answer.refusal.detail, "revoke-message");
    dialog.close();
    document.querySelector(`[data-revoke="${chosen}"]`)?.replaceWith("Revoked just now");
  });
}

bindSignOut();
bindCreate();
bindCopy();
bindRevoke();
if (!browserSupportsWebAuthn()) tell(NO_PASSKEYS);
