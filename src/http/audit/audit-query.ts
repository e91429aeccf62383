/** What somebody looks for in the record, as they wrote it and as it is looked for: names become ids, and days become times. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { AuditFilter } from "#api/audit/audit-data.ts";
import type { Failure } from "#rules/failure.ts";
import { entryPlaceIn } from "#rules/audit/entry-place.ts";
import { momentIn } from "#rules/audit/moment.ts";
import { agentsCalled, type EntryQuery } from "#storage/audit/entries.ts";
import { personNamed } from "#storage/audit/person-named.ts";
import type { Reads } from "#storage/near/near-reads.ts";
import { auditFailure } from "./audit-failures.ts";

/** Without who looks for it. */
export type WantedEntries = Omit<EntryQuery, "readsActions">;

export async function readEntryQuery(
  { from, to, agent, person, ...filter }: AuditFilter,
  audit: D1Database,
  reads: Reads,
): Promise<Result<WantedEntries, Failure>> {
  const [fromMs, toMs] = [momentIn(from, false), momentIn(to, true)];
  if (fromMs === null) return refuse(auditFailure({ reason: "no-such-time-from" }));
  if (toMs === null) return refuse(auditFailure({ reason: "no-such-time-to" }));
  const [agents, personId] = await Promise.all([
    agent === undefined || agent.startsWith("agt_") ? agent && [agent] : agentsCalled(audit, agent),
    person === undefined || person.startsWith("usr_") ? person : personNamed(reads, person),
  ]);
  return accept({
    ...filter,
    fromMs,
    toMs,
    agents: agents === "" ? undefined : agents,
    // Nobody of that name: then nothing is found.
    person: personId ?? (person === undefined ? undefined : "nobody"),
  });
}

/** Undefined for a text that is no place; null where none is given. */
export const placeAt = (cursor: string | undefined): number | null | undefined =>
  cursor === undefined ? null : (entryPlaceIn(cursor) ?? undefined);
