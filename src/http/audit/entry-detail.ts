/** One entry of the record with all there is: what the log commits to, for whoever may read that, and where its proof is. */
import type { Context } from "hono";
import type { AuditDetail } from "#api/audit/audit-data.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { audits, visibleRequest } from "#gate/approvals/visible-request.ts";
import { readPrivate } from "#gate/log/reading/private-leaf.ts";
import type { App } from "#http/context.ts";
import { entryPlaceIn } from "#rules/audit/entry-place.ts";
import { entryAt, type RecordEntry } from "#storage/audit/entries.ts";
import { loggedCall } from "#storage/calls/call-lists.ts";
import { withNames } from "./audit-items.ts";

interface Committed {
  record: JsonObject;
  salt: string;
}

/** Null for what is no entry. */
export async function detailOf(c: Context<App>, audit: D1Database, id: string): Promise<AuditDetail | null> {
  const place = entryPlaceIn(id);
  const entry = place === null ? null : await entryAt(audit, place);
  if (entry === null) return null;
  const [[item], { committed, isOfThisLog }] = await Promise.all([withNames(c, [entry]), committedTo(c, audit, entry)]);
  if (item === undefined) return null;
  const { agent, call, leaf, request } = entry;
  const mayLook = request !== null && (await mayRead(c, request));
  return {
    ...item,
    record: committed?.record ?? null,
    salt: committed?.salt ?? null,
    links: {
      // The pages of the log show the one that is written now.
      entry: leaf === null || !isOfThisLog ? null : `/log/entry/${leaf.index}`,
      proof: call === null || agent === null ? null : `/api/v1/calls/${agent.id}/${call.number}/proof`,
      receipt: mayLook ? `/api/v1/approvals/${request}/receipt` : null,
      request: mayLook ? `/a/${request}` : null,
      session: call?.session == null ? null : `/audit/sessions/${encodeURIComponent(call.session)}`,
    },
  };
}

const mayRead = async (c: Context<App>, request: string): Promise<boolean> =>
  (await visibleRequest(request, c.var.person, c.var.ports.agentApprovals())).ok;

/** Of a leaf, for those whom the log's own page tells it; a call, for all who see the record of calls. */
async function committedTo(
  c: Context<App>,
  audit: D1Database,
  { leaf, agent, call }: RecordEntry,
): Promise<{ committed: Committed | null; isOfThisLog: boolean }> {
  if (call !== null && agent !== null) {
    const logged = await loggedCall(audit, agent.id, call.number);
    return { committed: logged === null ? null : { record: { ...logged.record }, salt: logged.salt }, isOfThisLog: false };
  }
  if (leaf === null) return { committed: null, isOfThisLog: false };
  try {
    const { origin } = await c.var.ports.log();
    if (leaf.log !== origin) return { committed: null, isOfThisLog: false };
    const found = await readPrivate(leaf.index, await c.var.ports.explore());
    const isTold = found !== null && (found.requestId === null ? audits(c.var.person) : await mayRead(c, found.requestId));
    return { committed: isTold ? { record: { ...found.sealed.record }, salt: found.sealed.salt } : null, isOfThisLog: true };
  } catch (error) {
    logLine("log-unavailable", { path: c.req.path, error: errorText(error) });
    return { committed: null, isOfThisLog: false };
  }
}
