/** `/stop`: its buttons (agents/stopping.ts). */
import { AGENTS_BLOCK_ID, agentsBlockShape } from "#api/people-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { confirmDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, tell } from "#pages/kit/browser/page.ts";
import { agentsScriptTexts } from "#texts/browser/agents.ts";
import { bindStops } from "./agents/stopping.ts";

const page = byId("stops");
const shown = readDataBlock(AGENTS_BLOCK_ID, agentsBlockShape);
if (shown.ok) bindStops(page, shown.value, page.dataset["person"] ?? "", confirmDialog());
else tell(agentsScriptTexts.notRead);
