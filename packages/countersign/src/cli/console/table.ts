/** Documents of the service for people: lists as columns, one thing as its members. Everything in them may be strangers' text. */
import type { JsonObject, JsonValue } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { visible } from "../visible.ts";

const GAP = "  ";
/** Of one cell: a terminal breaks longer lines, and then no column is one. */
const WIDEST = 60;

/** A value in a few words; what is not there is a dash. */
export function cellOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null || value === "") return "-";
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.map(cellOf).join(", ");
  if (!isObject(value)) return String(value);
  const name = value["username"] ?? value["name"] ?? value["id"];
  return typeof name === "string" ? name : JSON.stringify(value);
}

/** What stands at a path such as `agent.name`. */
export const at = (item: JsonObject, path: string): JsonValue | undefined =>
  path.split(".").reduce<JsonValue | undefined>((value, name) => (value !== undefined && isObject(value) ? value[name] : undefined), item);

const cut = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text);

export interface Column {
  title: string;
  of: (item: JsonObject) => string;
}

/** A column of what stands at a path. */
export const column = (title: string, path: string): Column => ({ title, of: (item) => cellOf(at(item, path)) });

/** With the titles; a line that says so where there is nothing. */
export function tableOf(columns: readonly Column[], items: readonly JsonObject[]): string {
  if (items.length === 0) return "Nothing is there.\n";
  const rows = [columns.map(({ title }) => title), ...items.map((item) => columns.map(({ of }) => cut(visible(of(item)))))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join(GAP)
          .trimEnd()}\n`,
    )
    .join("");
}

/** One thing, a member a line, what is inside another indented. */
export function membersOf(document: JsonObject, indent = ""): string {
  return Object.entries(document)
    .map(([name, value]) => {
      const said = `${indent}${visible(name)}:`;
      if (isObject(value) && Object.keys(value).length > 0) return `${said}\n${membersOf(value, `${indent}  `)}`;
      if (Array.isArray(value) && value.some((one) => isObject(one))) {
        return `${said}\n${value.map((one) => (isObject(one) ? `${indent}  -\n${membersOf(one, `${indent}    `)}` : `${indent}  - ${visible(cellOf(one))}\n`)).join("")}`;
      }
      return `${said} ${visible(cellOf(value))}\n`;
    })
    .join("");
}
