/** Making an agent, signed with the admin's passkey over a statement that this script checks; and revoking one. */
import { isObject, object, type Of, type Shape, text } from "#countersign/json/shape.ts";
import { agentId, count, personId } from "#countersign/documents/words.ts";
import { AGENTS_BLOCK_ID, agentsBlockShape, agentsShape } from "#api/people-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
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
import { bindLifting } from "#pages/patterns/browser/lifting.ts";
import { agentRow } from "../agent-view.ts";
import { bindGroups } from "./agents/groups.ts";
import { bindStops } from "./agents/stopping.ts";

/** The parameters of the one statement that this page signs. */
const parameters = object({ agent: object({ id: agentId, name: text(1), owner: personId }) });
const createdShape = object({ id: agentId, name: text(1), key: text(1) });
type Created = Of<typeof createdShape>;
/** The new agent, or how many of the admins who must have signed for it. */
const outcomeShape: Shape<Created | { signatures: number; required: number }> = (value, path) =>
  isObject(value) && "signatures" in value ? object({ signatures: count, required: count })(value, path) : createdShape(value, path);

const PAGE_NOT_KNOWN = "This page could not be read. Reload it.";
const KEY_LOST =
  "The agent was made, but its key, which is shown only once, did not arrive here. Reload the page, revoke the agent and make another.";

type Agents = Of<typeof agentsShape>;

/** What to tell after `problem`; null if the agents, read again, show that it is done. */
const afterLostAnswer = (problem: Problem, messageId: string, isDone: (agents: Agents) => boolean): Promise<string | null> =>
  toldOf(
    problem,
    async () => {
      const agents = await get("/api/v1/agents", new AbortController().signal, agentsShape);
      return agents.ok ? isDone(agents.value) : null;
    },
    messageId,
  );

const page = byId("agents").dataset;
const person = page["person"] ?? "";
const origin = page["origin"] ?? "";

/** What became of making an agent that did not come back as made: null if it waits for another signature. */
async function lost(problem: Problem, id: string): Promise<{ told: string } | null> {
  if (problem.isKnown) return { told: explainFields(problem) };
  let isMade = false;
  const told = await afterLostAnswer(problem, "message", ({ items, waiting }) => {
    isMade = items.some((agent) => agent.id === id);
    return isMade || waiting.some((agent) => agent.id === id && agent.signed_by.includes(person));
  });
  if (told !== null) return { told };
  return isMade ? { told: KEY_LOST } : null;
}

/**
 * Signs for an agent of this name: a new one of this person's, or the proposed one, which another admin has signed for. Gives it
 * with its key; null if it waits for another signature; or what to tell.
 */
async function create(name: string, proposed?: { id: string; owner: string }): Promise<Created | { told: string } | null> {
  let signedFor = "";
  const authorised = await authorise(
    {
      path: "/admin/agents/statement",
      body: proposed === undefined ? { name } : { name, id: proposed.id },
      operation: "agent.created",
      parameters,
      isShown({ agent }) {
        signedFor = agent.id;
        return agent.name === name && agent.owner === (proposed?.owner ?? person) && agent.id === (proposed?.id ?? agent.id);
      },
      admin: person,
    },
    explainFields,
  );
  if (!authorised.ok) return { told: authorised.refusal };
  const created = await post("/api/v1/agents", { name, authorisation: authorised.value }, outcomeShape);
  if (!created.ok) return lost(created.refusal, signedFor);
  return "key" in created.value ? created.value : null;
}

function showCreated({ id, name, key }: Created): void {
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
  byId("agent-list").prepend(
    toDom(
      agentRow({ id, name, owner: person, ownerName, groups: [], createdAt: new Date().toISOString(), revokedAt: null, stopped: null }),
    ),
  );
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

/** Signing as the second admin, which makes the agent. */
async function signProposed(button: HTMLElement): Promise<void> {
  tell("");
  const { sign: id = "", name = "", owner = "" } = button.dataset;
  const outcome = await create(name, { id, owner });
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

/** What was there when the page was made; of an agent made since, the page knows nothing until it is made anew. */
function bindStopsAndGroups(): void {
  const shown = readDataBlock(AGENTS_BLOCK_ID, agentsBlockShape);
  if (!shown.ok) return tell(PAGE_NOT_KNOWN);
  bindStops(byId("agents"), shown.value, person, ask);
  bindGroups(byId("agents"), shown.value, person);
}

/** Taking back one's own signature, which leaves nothing that waits: an agent is signed for by two at most. */
function bindTakingBack(): void {
  onChosen(byId("waiting"), "take-back", (operation, button) =>
    ask(
      takingBack(operation, async (path) => {
        const answer = await remove(path);
        const isTakenBack = ({ waiting, changes, releases }: Agents): boolean =>
          ![...waiting, ...changes, ...releases].some((agent) => agent.operation === operation && agent.signed_by.includes(person));
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
  onChosen(byId("agent-list"), "revoke", (id, button) =>
    ask({
      title: `Revoke ${document.getElementById(`name-${id}`)?.textContent ?? ""}`,
      text: "Its key stops working at once, and so do those of all agents below it; its waiting calls end, and its pending requests are cancelled. This cannot be undone.",
      verb: "Revoke agent",
      async act() {
        const answer = await remove(`/api/v1/agents/${id}`);
        const isRevoked = ({ items }: Agents): boolean => items.some((agent) => agent.id === id && agent.revoked_at !== null);
        const told = answer.ok ? null : await afterLostAnswer(answer.refusal, "confirm-message", isRevoked);
        if (told !== null) return told;
        button.parentElement?.replaceChildren("Revoked just now");
        return "";
      },
    }),
  );
}

bindCreate();
onChosen(byId("waiting"), "sign", (_, button) => void whileBusy(button, () => signProposed(button)));
bindCopy();
bindTakingBack();
bindRevoke();
bindLifting(byId("patterns"));
bindStopsAndGroups();
tellOfPasskeys();
