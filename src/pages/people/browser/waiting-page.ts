/** `/enrol/waiting`: shows the digits of the passkey that this browser made, and says when it is confirmed. */
import { keptPasskey } from "./joining/kept-passkey.ts";
import { showWaiting } from "./joining/new-passkey.ts";
import { byId } from "#pages/kit/browser/page.ts";

const kept = keptPasskey();
if (kept !== null) {
  byId("unknown").hidden = true;
  showWaiting(kept);
}
