/** By what a server behind the gate knows the receipt that it was told of (`evidence: receipt`). */
import type { Receipt } from "../documents/receipt.ts";
import { leafEntry } from "../documents/record.ts";
import { hex } from "../encoding/bytes.ts";
import { leafHash } from "../tlog/merkle.ts";

/** RFC 6962 hash of the leaf that the receipt is of, hexadecimal. */
export const finalLeafHash = ({ final: { record, salt } }: Pick<Receipt, "final">): string => hex(leafHash(leafEntry(record, salt)));
