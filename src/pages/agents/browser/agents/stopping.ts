/** The buttons that stop an agent or everything, and release it (agent-view.ts, stopChoice), on every page that has them. */
import { agentId, personId } from "#countersign/documents/words.ts";
import { integer, nullable, object, type Of, text } from "#countersign/json/shape.ts";
import { type agentsBlockShape, stopsShape } from "#api/people-shapes.ts";
import type { Question } from "#pages/kit/browser/dialogs.ts";
import { byId, onChosen, tell, whileBusy } from "#pages/kit/browser/page.ts";
import { anything, get, post, type Problem } from "#pages/kit/browser/post.ts";
import { toldOf } from "#pages/kit/browser/unknown-answer.ts";
import { authorise } from "#pages/signatures/browser/admin-signature.ts";
import { agentsScriptTexts } from "#texts/browser/agents.ts";

const texts = agentsScriptTexts.stop;

/** What the page shows of agents and stops. */
export type Shown = Of<typeof agentsBlockShape>;

const agentShape = object({ id: agentId, name: text(1), owner: personId });
const released = object({ agent: nullable(agentShape), number: integer(1) });

/** An agent's, or everything's for the empty key. */
const pathOf = (key: string, what: "stop" | "release"): string => (key === "" ? `/api/v1/${what}` : `/api/v1/agents/${key}/${what}`);

/** Whether it is stopped now, read anew; null if that could not be read. */
async function isStopped(key: string): Promise<boolean | null> {
  const stops = await get("/api/v1/stop", new AbortController().signal, stopsShape);
  if (!stops.ok) return null;
  return key === "" ? stops.value.everything !== null : stops.value.agents.some(({ id }) => id === key);
}

/** What to tell after `problem`; null if what was read again shows that it is done. */
const afterLostAnswer = (problem: Problem, key: string, wanted: boolean, messageId: string): Promise<string | null> =>
  toldOf(
    problem,
    async () => {
      const now = await isStopped(key);
      return now === null ? null : now === wanted;
    },
    messageId,
  );

/** Makes them work, wherever they stand in `place`. What is done is shown by the page made anew. */
export function bindStops(place: HTMLElement, shown: Shown, admin: string, ask: (question: Question) => void): void {
  const agentOf = (key: string) => shown.agents.find(({ id }) => id === key) ?? null;

  onChosen(place, "stop", (key) =>
    ask({
      title: key === "" ? texts.stopEverything : texts.title(agentOf(key)?.name ?? texts.unnamed),
      text: key === "" ? texts.everything : texts.one,
      verb: key === "" ? texts.verbEverything : texts.verb,
      async act() {
        const answer = await post(pathOf(key, "stop"), {}, anything);
        const told = answer.ok ? null : await afterLostAnswer(answer.refusal, key, true, "confirm-message");
        if (told === null) location.reload();
        return told ?? "";
      },
    }),
  );

  onChosen(place, "release", (key, button) => void whileBusy(button, () => release(key)));

  async function release(key: string): Promise<void> {
    tell("");
    const agent = agentOf(key);
    const stop = key === "" ? shown.everything : (agent?.stopped ?? null);
    const told = stop === null ? texts.notStopped : await signRelease(key, agent, stop.number, admin);
    if (told === null) return location.reload();
    tell(told);
    byId("message").scrollIntoView({ block: "nearest" });
  }
}

/** Signs for the release of that stop and sends it; null if it is done, or waits for another admin; otherwise what to tell. */
async function signRelease(key: string, agent: Shown["agents"][number] | null, number: number, admin: string): Promise<string | null> {
  const authorised = await authorise({
    path: "/admin/agents/changes/statement",
    body: { operation: "stop.released", agent: key === "" ? null : key },
    operation: "stop.released",
    parameters: released,
    isShown: (signed) =>
      signed.number === number &&
      signed.agent?.id === agent?.id &&
      signed.agent?.name === agent?.name &&
      signed.agent?.owner === agent?.owner,
    admin,
  });
  if (!authorised.ok) return authorised.refusal;
  const answer = await post(pathOf(key, "release"), { number, authorisation: authorised.value }, anything);
  return answer.ok ? null : afterLostAnswer(answer.refusal, key, false, "message");
}
