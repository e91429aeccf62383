/** The buttons "Lift" (pattern-view.ts), on every page that has them. */
import { patternsShape } from "#api/patterns/alike-shapes.ts";
import { byId, onChosen, tell, whileBusy } from "#pages/kit/browser/page.ts";
import { get, type Problem, remove } from "#pages/kit/browser/post.ts";
import { toldOf } from "#pages/kit/browser/unknown-answer.ts";
import { patternsScriptTexts as texts } from "#texts/browser/approvals/patterns.ts";

/** What to tell after `problem`; null if those in force, read again, show that it is lifted. */
const afterLostAnswer = (problem: Problem, id: string): Promise<string | null> =>
  toldOf(
    problem,
    async () => {
      const now = await get("/api/v1/patterns", new AbortController().signal, patternsShape);
      return now.ok ? !now.value.items.some((one) => one.id === id) : null;
    },
    "message",
  );

async function lift(id: string, button: HTMLElement): Promise<void> {
  tell("");
  const answer = await remove(`/api/v1/patterns/${id}`);
  const told = answer.ok ? null : await afterLostAnswer(answer.refusal, id);
  if (told === null) return button.parentElement?.replaceChildren(texts.lifting.liftedJustNow);
  tell(told);
  byId("message").scrollIntoView({ block: "nearest" });
}

/** Makes them work, wherever they stand in `place`. */
export const bindLifting = (place: HTMLElement): void =>
  onChosen(place, "lift", (id, button) => void whileBusy(button, () => lift(id, button)));
