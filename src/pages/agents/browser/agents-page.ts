/** Making an agent, signed with the admin's passkey over a statement that this script checks; and revoking one. */
import { isObject, object, type Of, type Shape, text } from "#countersign/json/shape.ts";
import { agentId, count, personId } from "#countersign/documents/words.ts";
import { AGENTS_BLOCK_ID, agentsBlockShape } from "#api/people-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { bindCopy } from "#pages/kit/browser/copy.ts";
import { confirmDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, control, explainFields, onSubmit, tell, tellField } from "#pages/kit/browser/page.ts";
import { tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { post } from "#pages/kit/browser/post.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import { plainText } from "#pages/kit/text-view.ts";
import { authorise } from "#pages/signatures/browser/admin-signature.ts";
import type { Making } from "#pages/signatures/browser/keyed-list.ts";
import { bindLifting } from "#pages/patterns/browser/lifting.ts";
import { agentRow } from "../agent-view.ts";
import { agentsScriptTexts as texts } from "#texts/browser/agents.ts";
import { agentList } from "./agents/agent-list.ts";
import { bindGroups } from "./agents/groups.ts";
import { fillKey } from "./agents/shown-key.ts";
import { bindStops } from "./agents/stopping.ts";

/** The parameters of the one statement that this page signs. */
const parameters = object({ agent: object({ id: agentId, name: text(1), owner: personId }) });
const createdShape = object({ id: agentId, name: text(1), key: text(1) });
type Created = Of<typeof createdShape>;
/** The new agent, or how many of the admins who must have signed for it. */
const outcomeShape: Shape<Created | { signatures: number; required: number }> = (value, path) =>
  isObject(value) && "signatures" in value ? object({ signatures: count, required: count })(value, path) : createdShape(value, path);

const page = byId("agents").dataset;
const person = page["person"] ?? "";
const origin = page["origin"] ?? "";

const ask = confirmDialog();
const agents = agentList(person, ask);

/**
 * Signs for an agent of this name: a new one of this person's, or the proposed one, which another admin has signed for. Gives it
 * with its key; null if it waits for another signature; or what to tell.
 */
async function create(name: string, proposed?: { id: string; owner: string }): Promise<Making<Created>> {
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
  if (!created.ok) return agents.lost(created.refusal, signedFor);
  return "key" in created.value ? created.value : null;
}

function showCreated({ id, name, key }: Created): void {
  byId("created-name").textContent = plainText(name);
  fillKey(origin, key);
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
    tellField("name", name === "" ? texts.create.enterName : "");
    if (name === "") return input.focus();
    const outcome = await create(name);
    if (outcome === null) return location.reload();
    if ("told" in outcome) return tell(outcome.told);
    form.reset();
    showCreated(outcome);
  });
}

/** What was there when the page was made; of an agent made since, the page knows nothing until it is made anew. */
function bindStopsAndGroups(): void {
  const shown = readDataBlock(AGENTS_BLOCK_ID, agentsBlockShape);
  if (!shown.ok) return tell(texts.notRead);
  bindStops(byId("agents"), shown.value, person, ask);
  bindGroups(byId("agents"), shown.value, person);
}

bindCreate();
agents.bindSigning(({ sign: id = "", name = "", owner = "" }) => create(name, { id, owner }), showCreated);
agents.bindTakingBack();
agents.bindRevoking(byId("agent-list"));
bindCopy();
bindLifting(byId("patterns"));
bindStopsAndGroups();
tellOfPasskeys();
