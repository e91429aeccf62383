/**
 * Entries as lines that are exported. CSV is of RFC 4180: every cell is quoted where it has to be, every row has as many cells, also the
 * last one, which says that the rows before it are all. A cell that a spreadsheet would take for a formula begins with an apostrophe.
 */
import type { AuditEntry, TakenInItem } from "#api/audit/audit-data.ts";

/** What an export ends with. `cursor`: it has become too long for one answer, and goes on from there; null if nothing is missing. */
export interface ExportEnd {
  rows: number;
  cursor: string | null;
  takenIn: TakenInItem;
}

export interface ExportFormat {
  contentType: string;
  fileName: string;
  /** Before the first line, but for what goes on from a cursor. */
  head: string;
  line(entry: AuditEntry): string;
  end(end: ExportEnd): string;
}

const COLUMNS = "entry,at,kind,status,agent_id,agent_name,people,rule,server,tool,request_id,log,leaf,call,session,text,cursor".split(",");

/** Signs that a spreadsheet begins a formula with, or that lead to one. */
const FORMULA = /^[=+\-@\t\r]/;

export function csvCell(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csvRow = (cells: Readonly<Record<string, string>>): string => `${COLUMNS.map((name) => csvCell(cells[name] ?? "")).join(",")}\r\n`;

const csv: ExportFormat = {
  contentType: "text/csv; charset=utf-8; header=present",
  fileName: "countersign-record.csv",
  head: `${COLUMNS.join(",")}\r\n`,
  line: ({ id, at, kind, status, agent, people, rule, server, tool, request_id: request, text, leaf, call }) =>
    csvRow({
      entry: id,
      at,
      kind,
      status: status ?? "",
      agent_id: agent?.id ?? "",
      agent_name: agent?.name ?? "",
      people: people.map(({ username }) => username).join(" "),
      rule: rule ?? "",
      server: server?.name ?? "",
      tool: tool ?? "",
      request_id: request ?? "",
      log: leaf?.log ?? "",
      leaf: leaf === null ? "" : String(leaf.index),
      call: call === null ? "" : String(call.number),
      session: call?.session ?? "",
      text,
      cursor: id,
    }),
  end: ({ rows, cursor, takenIn: { leaves, of } }) =>
    csvRow({
      kind: cursor === null ? "end" : "more",
      text: `rows ${rows}, leaves ${leaves} of ${of}`,
      cursor: cursor ?? "",
    }),
};

const ndjson: ExportFormat = {
  contentType: "application/x-ndjson; charset=utf-8",
  fileName: "countersign-record.ndjson",
  head: "",
  line: (entry) => `${JSON.stringify({ ...entry, cursor: entry.id })}\n`,
  end: ({ rows, cursor, takenIn }) =>
    `${JSON.stringify({ end: cursor === null, rows, taken_in: takenIn, ...(cursor !== null && { cursor }) })}\n`,
};

export const EXPORT_FORMATS: Readonly<Record<"csv" | "ndjson", ExportFormat>> = { csv, ndjson };
