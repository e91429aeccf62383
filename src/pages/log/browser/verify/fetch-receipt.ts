/** `/verify#request=<id>`: the receipt of a request of this service, for who is signed in and may have it. Nothing else is ever fetched. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { MAX_RECEIPT_BYTES } from "#countersign/verifier.ts";
import { verifyTexts as texts } from "#texts/browser/log/verify.ts";

const PATIENCE_MS = 30_000;

/** What is told where the service gives no receipt, by the status of its answer. */
const REFUSALS: Readonly<Record<number, string>> = texts.fetch.refusals;
const NOT_FETCHED = texts.fetch.notFetched;

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
