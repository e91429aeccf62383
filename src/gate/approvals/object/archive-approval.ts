/**
 * The end of an object: what it holds goes to the archive, its id is known as spent, and only then it is emptied. Each step is there
 * before the next begins, and all can be done again: whatever breaks, the alarm begins anew.
 */
import { timestamp } from "#countersign/documents/words.ts";
import type { ApprovalState } from "#rules/approval.ts";
import { archivedFrom } from "#rules/archive-time.ts";
import { ArchiveConflict, type ArchivingPorts, findInArchive, keepInArchive } from "../archive/request-archive.ts";
import type { ApprovalStore } from "./object-ports.ts";

/**
 * 1. It is time; 2. all of it is in the archive, as read back; 3. its id is known as over for ever; 4. it is as it was archived, and is
 * emptied. Throws if a step fails, and at 2 if the archive holds something else: then the object stays as it is, unless it was emptied
 * before and put back to an earlier state: from then on it has only what the log has, and the archive has the words too. If it broke off
 * after 3, and somebody who decided it was erased since, it is only emptied: the archive has let go of it, or is about to.
 */
export async function archiveApproval(store: ApprovalStore, ports: ArchivingPorts): Promise<void> {
  const approval = store.read();
  if (approval === null || store.isArchived()) return;
  const due = archivedFrom(approval, ports.times.afterMs);
  if (due === null || ports.now() < due) return; // 1
  if (await ports.isWithheld(approval.request.id)) return store.empty();
  try {
    await keepInArchive(approval, ports); // 2
  } catch (error) {
    if (error instanceof ArchiveConflict && (await wasEmptiedBefore(approval, ports))) return store.empty();
    throw error;
  }
  await ports.markOver(approval.request, timestamp(ports.now())); // 3
  if (JSON.stringify(store.read()) !== JSON.stringify(approval))
    throw new Error(`${approval.request.id} has changed while it was archived`);
  await store.empty(); // 4
}

/** Whether this id is over for ever, and the archive knows each fact that the object knows. */
async function wasEmptiedBefore(approval: ApprovalState, ports: ArchivingPorts): Promise<boolean> {
  if (!(await ports.isOver(approval.request.id))) return false;
  const found = await findInArchive(approval.request.id, ports);
  if (found?.log !== approval.log) return false;
  const known = leavesOf(found);
  return leavesOf(approval).every((leaf, i) => leaf === null || leaf === known[i]);
}

/** Where the facts of an approval stand in its log. */
const leavesOf = ({ ending, redemption, unknown, outcome }: ApprovalState): (number | null)[] =>
  [ending, redemption, unknown, outcome].map((fact) => fact?.logged ?? null);
