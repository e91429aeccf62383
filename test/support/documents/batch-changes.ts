/** What may be done to the batch of a decision: no receipt stays valid with any of it. */
interface BatchInReceipt {
  nonce: string;
  statements: string[];
}
interface ReceiptWithBatch {
  final: { record: { decisions: { batch: BatchInReceipt | null }[] } };
}

const OTHER = "f".repeat(64);
const changedDigit = (hash: string): string => `${hash.startsWith("0") ? "1" : "0"}${hash.slice(1)}`;

/** Each with what it leaves of the statements; null: of the whole batch. */
const CHANGES: Record<string, (batch: BatchInReceipt) => BatchInReceipt | null> = {
  "a statement changed": ({ statements: [first = "", ...others], nonce }) => ({ nonce, statements: [changedDigit(first), ...others] }),
  "the last statement changed": ({ statements, nonce }) => ({
    nonce,
    statements: [...statements.slice(0, -1), changedDigit(statements.at(-1) ?? "")],
  }),
  "a statement added": ({ statements, nonce }) => ({ nonce, statements: [...statements, OTHER].toSorted() }),
  "a statement taken away": ({ statements, nonce }) => ({ nonce, statements: statements.slice(1) }),
  "its own statement taken away, and another put in": ({ statements, nonce }) => ({
    nonce,
    statements: ["0".repeat(64), ...statements.slice(0, -1)].toSorted(),
  }),
  "its statements in another order": ({ statements, nonce }) => ({ nonce, statements: statements.toReversed() }),
  "a statement twice": ({ statements, nonce }) => ({ nonce, statements: [...statements, statements.at(-1) ?? ""] }),
  "another nonce": ({ statements }) => ({ nonce: "A".repeat(43), statements }),
  "no batch any more": () => null,
};
export const BATCH_CHANGES = Object.keys(CHANGES);

/** The receipt with this change of each batch in it. */
export function withBatchChanged(text: string, change: string): string {
  const receipt = JSON.parse(text) as ReceiptWithBatch;
  const work = CHANGES[change];
  if (work === undefined) throw new Error(`no such change: ${change}`);
  let count = 0;
  for (const decision of receipt.final.record.decisions) {
    if (decision.batch === null) continue;
    decision.batch = work(decision.batch);
    count += 1;
  }
  if (count === 0) throw new Error("the receipt has no batch");
  return JSON.stringify(receipt);
}
