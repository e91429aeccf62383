/** `/verify#request=<id>`: the receipt of a request of this service, for who is signed in and may have it. Nothing else is ever fetched. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { MAX_RECEIPT_BYTES } from "#countersign/verifier.ts";

const PATIENCE_MS = 30_000;

/** What is told where the service gives no receipt, by the status of its answer. */
const REFUSALS: Readonly<Record<number, string>> = {
  401: "You are not signed in, so this receipt could not be fetched. Sign in, then open the link again.",
  404: "There is no receipt for this request that you may see.",
  409: "This request has not ended yet, so it has no receipt.",
};
const NOT_FETCHED = "The receipt could not be fetched. Try again, or choose its file here.";

/** The request that a page's fragment names, null if it names none. */
export const namedRequest = (fragment: string): string | null => /^#request=(apr_[\w-]{32})$/.exec(fragment)?.[1] ?? null;

/** The receipt as it is served, or what to tell. */
export async function fetchReceipt(requestId: string): Promise<Result<string, string>> {
  try {
    const answer = await fetch(`/api/v1/approvals/${requestId}/receipt`, {
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await answer.text();
    if (!answer.ok || text.length > MAX_RECEIPT_BYTES) return refuse(REFUSALS[answer.status] ?? NOT_FETCHED);
    return accept(text);
  } catch {
    return refuse(NOT_FETCHED);
  }
}
