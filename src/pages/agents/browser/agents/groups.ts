/** Changing an agent's groups or its name, signed: by the dialogs "Change groups" and "Rename", and as the second admin. */
import { agentId, personId } from "#countersign/documents/words.ts";
import { object, text } from "#countersign/json/shape.ts";
import { agentsShape, groups as groupsShape } from "#api/people-shapes.ts";
import { formDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, control, explainFields, onChosen, tell, tellField, whileBusy } from "#pages/kit/browser/page.ts";
import { anything, get, put } from "#pages/kit/browser/post.ts";
import { toldOf } from "#pages/kit/browser/unknown-answer.ts";
import { authorise } from "#pages/signatures/browser/admin-signature.ts";
import { agentsScriptTexts as texts } from "#texts/browser/agents.ts";
import type { Shown } from "./stopping.ts";

type ShownAgent = Shown["agents"][number];

const changed = object({ agent: object({ id: agentId, name: text(1), owner: personId }), groups: groupsShape });

const same = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((name) => other.includes(name));

/** What an agent shall be called, and which groups it shall be in. */
interface WantedStanding {
  name: string;
  groups: readonly string[];
}

/** The field that a refusal is about: of whichever dialog is open. */
const fieldOf = (field: string): string => (field === "name" ? "rename-name" : field.replace(/^groups.*$/, "change-groups"));

/** Signs that this is what the agent is from now on; null if it is done, or waits for another admin; otherwise what to tell. */
async function signChange(agent: ShownAgent, { name, groups }: WantedStanding, admin: string, messageId: string): Promise<string | null> {
  const wanted = { ...(name !== agent.name && { name }), groups: [...groups] };
  const authorised = await authorise(
    {
      path: "/admin/agents/changes/statement",
      body: { operation: "agent.changed", agent: agent.id, ...wanted },
      operation: "agent.changed",
      parameters: changed,
      isShown: (signed) =>
        signed.agent.id === agent.id && signed.agent.name === name && signed.agent.owner === agent.owner && same(signed.groups, groups),
      admin,
    },
    (problem) => explainFields(problem, fieldOf),
  );
  if (!authorised.ok) return authorised.refusal;
  const answer = await put(`/api/v1/agents/${agent.id}`, { ...wanted, authorisation: authorised.value }, anything);
  if (answer.ok) return null;
  const isMade = async (): Promise<boolean | null> => {
    const agents = await get("/api/v1/agents", new AbortController().signal, agentsShape);
    if (!agents.ok) return null;
    const now = [...agents.value.items, ...agents.value.changes.filter(({ signed_by }) => signed_by.includes(admin))];
    return now.some((one) => one.id === agent.id && one.name === name && same(one.groups, groups));
  };
  return toldOf(answer.refusal, isMade, messageId);
}

/** Each name once, as the service keeps them. */
const readGroups = (value: string): string[] => [
  ...new Set(
    value
      .split(",")
      .map((group) => group.trim())
      .filter((group) => group !== ""),
  ),
];

/** Makes the buttons "Change groups" work, and those that sign what another admin has signed. */
export function bindGroups(place: HTMLElement, shown: Shown, admin: string): void {
  const agentOf = (key: string) => shown.agents.find(({ id }) => id === key);
  const input = control("change-groups", HTMLInputElement);

  const open = formDialog("change", async (key) => {
    const agent = agentOf(key);
    tell("", "change-message");
    tellField("change-groups", "");
    const groups = readGroups(input.value);
    if (agent === undefined || same(groups, agent.groups)) return "";
    const told = await signChange(agent, { name: agent.name, groups }, admin, "change-message");
    if (told === null) location.reload();
    // What a field says needs no message besides.
    return told === "" ? null : (told ?? "");
  });
  onChosen(place, "groups", (key) => {
    const agent = agentOf(key);
    if (agent === undefined) return;
    byId("change-title").textContent = texts.groups.title(agent.name);
    input.value = agent.groups.join(", ");
    tellField("change-groups", "");
    open(key);
  });

  onChosen(place, "sign-groups", (key, button) => {
    void whileBusy(button, async () => {
      const agent = agentOf(key);
      const groups: unknown = JSON.parse(button.dataset["wanted"] ?? "[]");
      const wanted = { name: button.dataset["name"] ?? "", groups: groupsShape(groups as string[], "groups") };
      const told = agent === undefined ? texts.groups.unknown : await signChange(agent, wanted, admin, "message");
      if (told === null) return location.reload();
      tell(told);
      byId("message").scrollIntoView({ block: "nearest" });
    });
  });
}

/** Makes the button "Rename" work. */
export function bindRenaming(place: HTMLElement, shown: Shown, admin: string): void {
  const agentOf = (key: string) => shown.agents.find(({ id }) => id === key);
  const input = control("rename-name", HTMLInputElement);
  const open = formDialog("rename", async (key) => {
    const agent = agentOf(key);
    const name = input.value.trim();
    tell("", "rename-message");
    tellField("rename-name", name === "" ? texts.create.enterName : "");
    if (name === "") return null;
    if (agent === undefined || name === agent.name) return "";
    const told = await signChange(agent, { name, groups: agent.groups }, admin, "rename-message");
    if (told === null) location.reload();
    return told === "" ? null : (told ?? "");
  });
  onChosen(place, "rename", (key) => {
    const agent = agentOf(key);
    if (agent === undefined) return;
    byId("rename-title").textContent = texts.groups.rename(agent.name);
    input.value = agent.name;
    tellField("rename-name", "");
    open(key);
  });
}
