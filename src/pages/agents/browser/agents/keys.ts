/** Another key for the agent of the page, signed: by the dialog "Replace the key", and as the second admin; and the end of one that was replaced. */
import { agentId, count, personId, time } from "#countersign/documents/words.ts";
import { isObject, object, type Of, type Shape, text } from "#countersign/json/shape.ts";
import { formDialog, type Question } from "#pages/kit/browser/dialogs.ts";
import { byId, control, explainFields, onChosen, tell, tellField, whileBusy } from "#pages/kit/browser/page.ts";
import { post, remove } from "#pages/kit/browser/post.ts";
import { authorise } from "#pages/signatures/browser/admin-signature.ts";
import { agentsScriptTexts } from "#texts/browser/agents.ts";
import { fillKey } from "./shown-key.ts";
import type { Shown } from "./stopping.ts";

const texts = agentsScriptTexts.key;

const signedFor = object({ agent: object({ id: agentId, name: text(1), owner: personId }), number: count, overlap_hours: count });
const rotatedShape = object({ key: text(1), number: count, old_key_ends_at: time });
type Rotated = Of<typeof rotatedShape>;
/** The new key, or how many of the admins who must have signed for it. */
const outcomeShape: Shape<Rotated | { signatures: number; required: number }> = (value, path) =>
  isObject(value) && "signatures" in value ? object({ signatures: count, required: count })(value, path) : rotatedShape(value, path);

type ShownAgent = Shown["agents"][number];

/** Signs for another key; gives it, null where it waits for another admin, or what to tell. */
async function rotate(agent: ShownAgent, number: number, hours: number, admin: string): Promise<Rotated | { told: string } | null> {
  const explained = (problem: Parameters<typeof explainFields>[0]) => explainFields(problem, () => "rotate-hours");
  const authorised = await authorise(
    {
      path: "/admin/agents/changes/statement",
      body: { operation: "agent.key_rotated", agent: agent.id, overlap_hours: hours },
      operation: "agent.key_rotated",
      parameters: signedFor,
      isShown: (signed) =>
        signed.agent.id === agent.id &&
        signed.agent.name === agent.name &&
        signed.agent.owner === agent.owner &&
        signed.number === number &&
        signed.overlap_hours === hours,
      admin,
    },
    explained,
  );
  if (!authorised.ok) return { told: authorised.refusal };
  const body = { number, overlap_hours: hours, authorisation: authorised.value };
  const answer = await post(`/api/v1/agents/${agent.id}/keys`, body, outcomeShape);
  if (!answer.ok) return { told: answer.refusal.isKnown ? explained(answer.refusal) : texts.lost };
  return "key" in answer.value ? answer.value : null;
}

/** 0 to 168 whole hours; null for anything else. */
function hoursIn(value: string): number | null {
  const hours = /^\d{1,3}$/.test(value.trim()) ? Number(value) : NaN;
  return hours >= 0 && hours <= 168 ? hours : null;
}

/** Makes the buttons work. After a new key was shown, the rest of the page is as it was before it. */
export function bindKeys(place: HTMLElement, shown: Shown, admin: string, ask: (question: Question) => void): void {
  const { agent: id = "", keyNumber = "", origin = "" } = place.dataset;
  const agent = shown.agents.find((one) => one.id === id);
  let number = Number(keyNumber);

  function show({ key, number: newest }: Rotated): void {
    number = newest;
    fillKey(origin, key);
    byId("created").hidden = false;
    byId("created").focus();
  }

  const input = control("rotate-hours", HTMLInputElement);
  const open = formDialog("rotate", async () => {
    const hours = hoursIn(input.value);
    tell("", "rotate-message");
    tellField("rotate-hours", hours === null ? texts.hours : "");
    if (hours === null || agent === undefined) return null;
    const outcome = await rotate(agent, number, hours, admin);
    if (outcome === null) {
      location.reload();
      return "";
    }
    if ("told" in outcome) return outcome.told === "" ? null : outcome.told;
    show(outcome);
    return "";
  });
  onChosen(place, "rotate", (key) => open(key));

  onChosen(place, "sign-key", (_, button) => {
    void whileBusy(button, async () => {
      const hours = hoursIn(button.dataset["hours"] ?? "");
      if (hours === null || agent === undefined) return;
      tell("");
      const outcome = await rotate(agent, number, hours, admin);
      if (outcome === null) return location.reload();
      if (!("told" in outcome)) {
        button.closest("li")?.remove();
        byId("waiting").hidden = document.querySelector("#waiting li") === null;
        return show(outcome);
      }
      tell(outcome.told);
      byId("message").scrollIntoView({ block: "nearest" });
    });
  });

  onChosen(place, "end-key", (key) =>
    ask({
      title: texts.endTitle(Number(key)),
      text: texts.ending,
      verb: texts.endVerb,
      async act() {
        const answer = await remove(`/api/v1/agents/${id}/keys/${key}`);
        if (!answer.ok) return answer.refusal.detail;
        location.reload();
        return "";
      },
    }),
  );
}
