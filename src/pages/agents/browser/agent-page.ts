/** One agent's page: stopping, releasing, groups, renaming, revoking, another key, and the end of one that was replaced. */
import { requestId } from "#countersign/documents/words.ts";
import { object, text } from "#countersign/json/shape.ts";
import { AGENTS_BLOCK_ID, agentsBlockShape } from "#api/people-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { bindCopy } from "#pages/kit/browser/copy.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { confirmDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, onChosen, tell, whileBusy } from "#pages/kit/browser/page.ts";
import { tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { post } from "#pages/kit/browser/post.ts";
import { bindLifting } from "#pages/patterns/browser/lifting.ts";
import { agentsScriptTexts as texts } from "#texts/browser/agents.ts";
import { agentList } from "./agents/agent-list.ts";
import { bindGroups, bindRenaming } from "./agents/groups.ts";
import { bindKeys } from "./agents/keys.ts";
import { bindStops } from "./agents/stopping.ts";

const page = byId("agent");
const person = page.dataset["person"] ?? "";
const ask = confirmDialog();
const agents = agentList(person, ask);

/** Leads to the request that is asked for so, if it is this person's to decide. */
async function sendTest(id: string): Promise<void> {
  tell("");
  const sent = await post(`/api/v1/agents/${id}/test-request`, {}, object({ request_id: requestId, approval_url: text(1) }));
  if (sent.ok) return location.assign(`/a/${sent.value.request_id}`);
  tell(sent.refusal.detail);
  byId("message").scrollIntoView({ block: "nearest" });
}

const shown = readDataBlock(AGENTS_BLOCK_ID, agentsBlockShape);
if (shown.ok) {
  bindStops(page, shown.value, person, ask);
  bindGroups(page, shown.value, person);
  bindRenaming(page, shown.value, person);
  bindKeys(page, shown.value, person, ask);
} else tell(texts.notRead);
onChosen(page, "test", (key, button) => void whileBusy(button, () => sendTest(key)));
agents.bindTakingBack();
agents.bindRevoking(page);
bindCopy();
bindLifting(byId("patterns"));
tellOfPasskeys();
