/** How many have to sign, of whom, and how many have, in one line above everything else. Pure; changes while the page is open. */
import { type ApprovalPageData, type ApprovalPageState, isFinal, signaturesGiven, signaturesNeeded } from "#api/approval-page-data.ts";
import { slotsOf } from "#countersign/documents/request.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, type View, type ViewElement } from "#pages/kit/view.ts";
import { requestTexts as texts } from "#texts/browser/approvals/request.ts";

/** `Signatures: 1 of 3, 2 of release, 1 of dba`; empty once nobody is awaited. */
export function quorumView(data: ApprovalPageData, state: ApprovalPageState): ViewElement {
  if (isFinal(state)) return element("p", { id: "quorum", class: "quorum" });
  const slots = slotsOf(data.request);
  const [only] = slots;
  const names: View[] =
    slots.length === 1 && only !== undefined
      ? [", ", textView(only.name)]
      : slots.flatMap(({ name, required }): View[] => texts.quorum.slot(required, textView(name)));
  return element(
    "p",
    { id: "quorum", class: "quorum" },
    texts.quorum.signatures(signaturesGiven(state), signaturesNeeded(data.request)),
    ...names,
  );
}
