/** Leaves as approvals make them: those of one real approval, over and over, each time of another request. For Node and for Workers. */
import { b64u, hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import { type RequestFact, requestKey } from "#countersign/documents/leaf-key.ts";
import type { LogRecord, RecordOf } from "#countersign/documents/record.ts";
import type { Leaf } from "#gate/log/transparency-log.ts";

/** What an approval leaves in the log that was decided, redeemed and reported on. */
export interface ApprovalRecords {
  approved: RecordOf<"approval.approved">;
  redeemed: RecordOf<"approval.redeemed">;
  succeeded: RecordOf<"call.succeeded">;
}

const random = (length: number): string => b64u(crypto.getRandomValues(new Uint8Array(length)));

/** One approval's leaves after the other's, without end. They have no effect but to be in the log. */
export function* leavesLike(records: ApprovalRecords): Generator<Leaf, never> {
  for (;;) yield* approvalLike(records);
}

/** The signatures in it are of the first approval's request. */
function approvalLike({ approved, redeemed, succeeded }: ApprovalRecords): Leaf[] {
  const id = `apr_${random(24)}`;
  const request = { ...approved.request, id };
  const request_hash = hex(hashJson(request));
  const decisions = approved.decisions.map((decision) => ({ ...decision, statement: { ...decision.statement, request_hash } }));
  const leaf = (fact: RequestFact, record: LogRecord): Leaf => ({
    idem: requestKey(id, fact),
    sealed: { record, salt: random(32) },
    effect: null,
  });
  return [
    leaf("final", { ...approved, request, decisions }),
    leaf("redeemed", { ...redeemed, request_hash }),
    leaf("outcome", { ...succeeded, request_hash }),
  ];
}
