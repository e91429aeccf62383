/** One agent's page: stopping, releasing, groups, revoking, another key, and the end of one that was replaced. */
import { AGENTS_BLOCK_ID, agentsBlockShape, agentsShape } from "#api/people-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { bindCopy } from "#pages/kit/browser/copy.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { confirmDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, tell } from "#pages/kit/browser/page.ts";
import { tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { bindLifting } from "#pages/patterns/browser/lifting.ts";
import { KeyedList } from "#pages/signatures/browser/keyed-list.ts";
import { agentsScriptTexts as texts } from "#texts/browser/agents.ts";
import { bindGroups } from "./agents/groups.ts";
import { bindKeys } from "./agents/keys.ts";
import { bindStops } from "./agents/stopping.ts";

const page = byId("agent");
const person = page.dataset["person"] ?? "";
const ask = confirmDialog();
const agents = new KeyedList({
  path: "/api/v1/agents",
  shape: agentsShape,
  person,
  keyLost: texts.create.keyLost,
  noun: texts.noun,
  revoking: texts.revoking,
  ask,
  alsoWaiting: ({ changes, releases, rotations }) => [...changes, ...releases, ...rotations],
});

const shown = readDataBlock(AGENTS_BLOCK_ID, agentsBlockShape);
if (shown.ok) {
  bindStops(page, shown.value, person, ask);
  bindGroups(page, shown.value, person);
  bindKeys(page, shown.value, person, ask);
} else tell(texts.notRead);
agents.bindTakingBack();
agents.bindRevoking(page);
bindCopy();
bindLifting(byId("patterns"));
tellOfPasskeys();
