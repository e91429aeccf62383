/** What becomes of a passkey that was just made, while its owner waits: the digits, and whether an admin has confirmed them. */
import { hash } from "#countersign/documents/words.ts";
import { object, oneOf, type Shape, text } from "#countersign/json/shape.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { Result } from "#countersign/result.ts";
import { byId, untilVisible } from "#pages/kit/browser/page.ts";
import { post, type Problem } from "#pages/kit/browser/post.ts";
import { joiningScriptTexts as texts } from "#texts/browser/joining.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import { newPasskeyView } from "../../joining/new-passkey-view.ts";
import type { RememberedPasskey } from "./kept-passkey.ts";

/** Stops to ask for what is not there, or is done. */
type HowItStands = { state: "waiting"; fingerprint: string; words: string } | { state: "confirmed" } | { state: "gone" };

const waitingShape = object({ state: oneOf("waiting"), fingerprint: hash, words: text(1) });
const overShape = object({ state: oneOf("confirmed", "gone") });
const stateShape: Shape<HowItStands> = (value, path) =>
  (value as JsonObject | undefined)?.["state"] === "waiting" ? waitingShape(value, path) : overShape(value, path);

/** `code`: of the invitation that it was made with; `credential_id`: b64u. */
export const askHowItStands = (made: Pick<RememberedPasskey, "code" | "credential_id">): Promise<Result<HowItStands, Problem>> =>
  post("/enrol/state", { code: made.code, credential_id: made.credential_id }, stateShape);

const ASK_EVERY_MS = 5_000;

/** Asks how it stands until that is settled, while somebody looks. */
async function follow(kept: RememberedPasskey): Promise<void> {
  for (;;) {
    await untilVisible();
    const now = await askHowItStands(kept);
    // What is not understood is asked again; an invitation that is no longer known tells nothing of its passkey.
    if (!now.ok && now.refusal.code === "invite_invalid") return;
    if (now.ok && now.value.state !== "waiting") {
      byId("stands").textContent = texts[now.value.state];
      byId("stands").dataset["state"] = now.value.state;
      document.querySelector(".new-passkey")?.remove();
      if (now.value.state === "confirmed") byId("go-in").classList.replace("quiet", "primary");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

/** Shows its digits, and says by itself when it is confirmed. */
export function showWaiting(kept: RememberedPasskey): void {
  byId("waiting").replaceChildren(toDom(newPasskeyView(kept)));
  byId("waiting").hidden = false;
  byId("stands").hidden = false;
  if (kept.code !== "") void follow(kept);
}
