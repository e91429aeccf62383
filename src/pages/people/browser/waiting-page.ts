/** `/enrol/waiting`: shows the digits of the passkey that this browser made. */
import { newPasskeyView } from "../new-passkey-view.ts";
import { keptPasskey } from "./joining/kept-passkey.ts";
import { byId } from "#pages/kit/browser/page.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";

const kept = keptPasskey();
if (kept !== null) {
  byId("waiting").replaceChildren(toDom(newPasskeyView(kept)));
  byId("waiting").hidden = false;
  byId("unknown").hidden = true;
}
