/** One receipt out of a log that grows, and the log: the same request, proven under the checkpoint that then is. */
import { leafEntry, type LogRecord } from "#countersign/documents/record.ts";
import { AGENT, LOG_ORIGIN, makeReceipt, type Recipe, type World } from "./sealed-receipt.ts";
import { ServedLog } from "../log/served-log.ts";

/** From leaf `forkAt` on, it is another log. */
export type LoggedRecipe = Partial<Recipe> & { forkAt?: number };

/** The receipt of a cancelled request when its log has `size` leaves, at least 7, and that log. */
export async function loggedReceipt(world: World, size: number, { forkAt = size, ...recipe }: LoggedRecipe = {}) {
  const log = new ServedLog(LOG_ORIGIN, world.signer);
  const filler = (index: number): LogRecord => {
    const agent = { ...AGENT, name: index < forkAt ? "one" : "other" };
    return {
      type: "countersign/record@v1",
      kind: "agent.revoked",
      log: LOG_ORIGIN,
      at: "2026-11-20T11:00:00.000Z",
      agent,
      authorised_by: [],
    };
  };
  const { text } = await makeReceipt(world, {
    status: "cancelled",
    ...recipe,
    log: (leaves) => {
      for (const leaf of leaves) if (leaves.length < size) leaves.push({ ...leaf, record: filler(leaves.length) });
      log.append(...leaves.map(({ record, salt }) => leafEntry(record, salt)));
    },
  });
  return { text, log };
}
