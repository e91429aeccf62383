/**
 * Whether the page shows what would be signed. The data block is parsed strictly and hashed, the views are made from it
 * again, and the live DOM has to equal them, now, at every change, and before signing. Against a server that renders one
 * thing and hashes another, and against whatever edits the page in the browser. Not in scope: asking for the signature.
 */
import { hex } from "#countersign/encoding/bytes.ts";
import { hashJson, parseJson } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { Misfit } from "#countersign/json/shape.ts";
import { toolPin } from "#countersign/documents/tool-pin.ts";
import { payloadHash } from "#countersign/documents/request.ts";
import { type ApprovalPageData, approvalPageShape, DATA_BLOCK_ID, isFinal } from "#api/approval-page-data.ts";
import { REQUEST_REGIONS, requestViews } from "../../request-view.ts";
import { isShown } from "#pages/kit/browser/view-dom.ts";

/** Why a data block cannot be trusted. */
export type DataBlockRefusal = "not-canonical" | "misfit" | "payload-differs" | "tool-differs" | "preview-differs" | "another-page";

/** Reads the data block: strict JSON of the right shape, for this very page, with a payload that has the request's hash. */
export function readApprovalData(): Result<ApprovalPageData, DataBlockRefusal> {
  const parsed = parseJson(document.getElementById(DATA_BLOCK_ID)?.textContent ?? "");
  if (!parsed.ok) return refuse("not-canonical");
  try {
    const data = approvalPageShape(parsed.value, "");
    const differs = differenceIn(data);
    if (differs !== null) return refuse(differs);
    const here = data.request.origin === location.origin && location.pathname === `/a/${data.request.id}`;
    return here ? accept(data) : refuse("another-page");
  } catch (error) {
    if (error instanceof Misfit) return refuse("misfit");
    throw error;
  }
}

/** What is shown of a request. */
export type ShownRequest = Pick<ApprovalPageData, "request" | "payload" | "aids" | "state">;

/** What of it is not as it is signed; null if all of it is. */
export function differenceIn(data: ShownRequest): "payload-differs" | "tool-differs" | "preview-differs" | null {
  if (!isOfRequest(data)) return "payload-differs";
  if (!isOfTool(data)) return "tool-differs";
  return isOfPreview(data) ? null : "preview-differs";
}

/** A payload that is not there is not of what can be decided: `canDecide` sees to that too. */
const isOfRequest = ({ payload, request, state }: ShownRequest): boolean =>
  payload === null ? isFinal(state) : payloadHash(payload) === request.payload_hash;

/** What is said of a call's tool is what the call is signed under: its pin is in the payload. */
const isOfTool = ({ payload, aids }: ShownRequest): boolean =>
  aids?.call == null || (payload !== null && toolPin(aids.call.definition) === payload["schema_hash"]);

/** What is said to come of it has the signed hash; and there is none where none is signed. What is over may have lost it. */
function isOfPreview({ request, aids, state }: ShownRequest): boolean {
  const { preview_hash: signed } = request.context;
  const preview = aids?.preview;
  if (preview === undefined) return signed === undefined || isFinal(state);
  return typeof signed === "string" && hex(hashJson(preview.shown)) === signed;
}

/** Whether every region of the live page is what `data` says, node by node. */
export function showsExactly(data: ApprovalPageData): boolean {
  const views = requestViews(data.request, data.payload, data.people, data.aids);
  return REQUEST_REGIONS.every((id) => isShown(views[id]));
}

/** Parts of the page that change while it is open, and hold nothing that is signed. */
export const isLive = (node: Node): boolean => (node instanceof Element ? node : node.parentElement)?.closest("[data-live]") != null;

/** Compares again after every change outside the live parts, until it finds a difference and calls `onDifference` once. */
export function watchDisplay(data: ApprovalPageData, onDifference: () => void): void {
  const observer = new MutationObserver((changes) => {
    if (changes.every(({ target }) => isLive(target)) || showsExactly(data)) return;
    observer.disconnect();
    onDifference();
  });
  observer.observe(document.documentElement, { subtree: true, childList: true, attributes: true, characterData: true });
}
