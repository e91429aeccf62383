/** What an approved call tells its server of its receipt, where a rule says so (`evidence: receipt`). */
import { hex } from "#countersign/encoding/bytes.ts";
import { leafEntry } from "#countersign/documents/record.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import type { ApprovalState } from "#rules/approval.ts";
import type { ReceiptPointer } from "#rules/calls/run/call-message.ts";

/** Null where no rule says so. The receipt itself goes on: more of it is in the log later. The leaf that approved the call stays. */
export function receiptPointer({ request, call, ending }: ApprovalState): ReceiptPointer | null {
  if (call?.handling.receipt !== true || ending === null) return null;
  const { record, salt } = ending.sealed;
  return {
    url: `${request.origin}/api/v1/approvals/${request.id}/receipt`,
    leaf_hash: hex(leafHash(leafEntry(record, salt))),
  };
}
