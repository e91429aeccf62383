/** Which of some requests one person may approve together, and why not the others. What they may see and decide is for the requests' objects to say. */
import { MAX_BATCH } from "#countersign/documents/statement.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { PageNonce } from "#gate/approvals/object/object-ports.ts";
import type { BatchRefusal } from "#gate/approvals/object/may-be-in-batch.ts";
import type { PageView } from "#gate/approvals/remote-approval.ts";
import type { DecidingPorts } from "./bring-decisions.ts";
import { nonceIn, type NotDecidable } from "./draft-decisions.ts";
import { overAll } from "./over-all.ts";

export interface NotInBatch {
  reason: (NotDecidable | BatchRefusal)["reason"];
}

/** A request that is not in it. `view` is null where it is not this person's to see. */
export interface LeftOut {
  request: string;
  reason: NotInBatch["reason"] | "too-many";
  view: PageView | null;
}

/** One that is in it, with a nonce of this person's for it. */
export interface InBatch {
  request: string;
  view: PageView;
  nonce: PageNonce;
}

/**
 * The nonce of one that may be in it. An object that does not tell may be of a version that would take what this one refuses. What
 * `isOnly` one is signed as any decision is, in no batch.
 */
function nonceInBatch(view: PageView | null, personId: string, isOnly: boolean): Result<PageNonce, NotInBatch> {
  const nonce = nonceIn(view, personId);
  if (!nonce.ok || view === null) return nonce;
  const { alone } = view;
  if (alone === null || (isOnly && alone === "not-in-batches")) return accept(nonce.value);
  return refuse({ reason: alone ?? "not-in-batches" });
}

/** Each of them as it stands, in their order and each once. Of more than a batch holds the last are not looked at. */
export async function batchRequests(ids: readonly string[], personId: string, ports: DecidingPorts): Promise<(InBatch | LeftOut)[]> {
  const asked = [...new Set(ids)];
  const looked = await overAll(asked.slice(0, MAX_BATCH), async (request): Promise<InBatch | LeftOut> => {
    const view = (await ports.approval(request)?.page(personId)) ?? null;
    const nonce = nonceInBatch(view, personId, asked.length === 1);
    if (nonce.ok && view !== null) return { request, view, nonce: nonce.value };
    const reason = nonce.ok ? "unknown-request" : nonce.refusal.reason;
    return { request, reason, view: reason === "unknown-request" ? null : view };
  });
  const beyond = asked.slice(MAX_BATCH).map((request): LeftOut => ({ request, reason: "too-many", view: null }));
  return [...looked, ...beyond];
}
