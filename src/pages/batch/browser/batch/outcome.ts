/** What became of each that was signed for, in the place of the requests, and the way on. */
import type { BroughtItem } from "#api/batch/signing-shapes.ts";
import type { Verdict } from "#countersign/documents/statement.ts";
import { showNext } from "#pages/approvals/browser/approval/next-request.ts";
import { byId } from "#pages/kit/browser/page.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import { batchScriptTexts as texts } from "#texts/browser/approvals/batch.ts";
import { broughtRow } from "../../item-view.ts";
import type { ShownItem } from "./item.ts";

const isOpen = ({ problem }: BroughtItem): boolean => problem?.code === "unavailable";

/** True if it is not known of all of them. Those that were not signed for go on waiting, and are what the way on leads to. */
export function showOutcome(decisions: readonly BroughtItem[], items: readonly ShownItem[], verdict: Verdict, personId: string): boolean {
  const rows = decisions.flatMap((one) => {
    const item = items.find(({ id }) => id === one.request);
    return item === undefined ? [] : [broughtRow(one, item.data.request, verdict)];
  });
  byId("outcomes").replaceChildren(...rows.map(toDom));
  const counted = decisions.filter(({ problem }) => problem === null).length;
  byId("done").textContent =
    verdict === "approved"
      ? texts.outcome.approvalsRecorded(counted, decisions.length)
      : texts.outcome.denialsRecorded(counted, decisions.length);
  byId("items").hidden = true;
  byId("heard").textContent = "";
  document.getElementById("decision")?.remove();
  document.getElementById("left-out")?.parentElement?.remove();
  byId("outcome").hidden = false;
  byId("outcome").focus({ preventScroll: true });
  byId("outcome").scrollIntoView({ block: "start" });
  void showNext(new Set(decisions.filter((one) => !isOpen(one)).map(({ request }) => request)), personId);
  return decisions.some(isOpen);
}
