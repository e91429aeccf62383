/** `GET /api/v1/audit/export`: the record as a file, a page of the database at a time, however long it is. */
import type { Context } from "hono";
import { auditExportQuery, type TakenInItem } from "#api/audit/audit-data.ts";
import { checkInput } from "#api/check-input.ts";
import { utf8 } from "#countersign/encoding/bytes.ts";
import { auditOf } from "#config/audit.ts";
import { errorText, logLine } from "#config/log-line.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { entryPlaceIn } from "#rules/audit/entry-place.ts";
import { auditFailure } from "./audit-failures.ts";
import { entryPage } from "./audit-items.ts";
import { placeAt, readEntryQuery, type WantedEntries } from "./audit-query.ts";
import { EXPORT_FORMATS, type ExportFormat } from "./export-lines.ts";
import { recordStanding } from "./record-standing.ts";

/** Entries that are read at a time; */
const ROWS = 500;
/** and so often for one answer: a Worker may ask its databases a thousand times. */
const MOST_PAGES = 400;

/**
 * 1. Lines come with their cursor, so that whoever was cut off goes on behind the last whole one.
 * 2. The last line says that nothing is missing of the leaves that were taken in when the answer began, or where the next answer goes on; a
 *    file without one was cut off.
 */
export async function exportRecord(c: Context<App>): Promise<Response> {
  const audit = auditOf(c.env);
  if (audit === null) return problem(c, auditFailure({ reason: "record-off" }));
  const checked = checkInput(auditExportQuery, c.req.query());
  if (!checked.ok) return problem(c, checked.refusal);
  const { format: name, cursor, ...filter } = checked.value;
  const beyond = placeAt(cursor);
  if (beyond === undefined) return problem(c, auditFailure({ reason: "no-such-place" }));
  const query = await readEntryQuery(filter, audit, c.var.near.read);
  if (!query.ok) return problem(c, query.refusal);
  const format = EXPORT_FORMATS[name];
  logLine("record-exported", { person: c.var.person.id });
  return c.body(streamOf(c, { audit, format, query: query.value, beyond }), 200, {
    "content-type": format.contentType,
    "content-disposition": `attachment; filename="${format.fileName}"`,
  });
}

interface Exported {
  audit: D1Database;
  format: ExportFormat;
  query: WantedEntries;
  beyond: number | null;
}

function streamOf(c: Context<App>, { audit, format, query, beyond }: Exported): ReadableStream<Uint8Array> {
  let [place, pages, rows] = [beyond, 0, 0];
  let takenIn: TakenInItem | null = null;
  return new ReadableStream({
    async pull(controller) {
      try {
        // Before the first page: entries of what comes in meanwhile may belong where the list has been already.
        takenIn ??= await recordStanding(c, audit, 0);
        const listing = { beyond: place, most: ROWS, order: "oldest-first" } as const;
        const { items, next } = await entryPage(c, audit, query, listing);
        const head = pages === 0 && beyond === null ? format.head : "";
        rows += items.length;
        place = next === null ? place : entryPlaceIn(next);
        pages += 1;
        const isLast = next === null || pages === MOST_PAGES;
        const end = isLast ? format.end({ rows, cursor: next, takenIn }) : "";
        controller.enqueue(utf8(`${head}${items.map((entry) => format.line(entry)).join("")}${end}`));
        if (isLast) controller.close();
      } catch (error) {
        // Cut off without a last line, by which whoever reads knows that it is.
        logLine("export-broken-off", { error: errorText(error) });
        controller.error(error);
      }
    },
  });
}
