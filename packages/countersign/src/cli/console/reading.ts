/** Commands that read: a list, page by page, or one thing; as a table, or as the service's own document. */
import type { JsonObject, JsonValue } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { accept, type Result } from "../../result.ts";
import { type Command, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { type CallFailed, documentOf } from "../people/call-service.ts";
import { onPage } from "../people/open-page.ts";
import { callFailed, type Reader, READER_USAGE, readerOf } from "../people/reader.ts";
import { numberOf } from "../service.ts";
import { asciiJson } from "../visible.ts";
import { type Column, membersOf, tableOf } from "./table.ts";

/** What is listed if nothing is said. */
const USUAL = 50;
const MOST = 1_000_000;

export interface ListOf {
  path: string;
  /** Options by what the service calls them. */
  filters: Readonly<Record<string, string>>;
  /** Sent with every page. */
  always?: Readonly<Record<string, string>>;
  columns: readonly Column[];
}

type Part = (args: string[], surroundings: Surroundings, said: { command: string; usage: string }) => Promise<Outcome> | Outcome;

const LIST_OPTIONS = { json: { type: "boolean" }, all: { type: "boolean" }, limit: { type: "string" } } as const;

export const LIST_USAGE = `  --limit N                  goes on until there are N (50)
  --all                      goes on until there is nothing more
  --json                     the service's own document, whole pages
  --help                     this text`;

/** Until there are as many as wanted: the document of the first page with the items of all, and where the next one goes on. */
async function pagesOf(
  reader: Reader,
  { path, always }: ListOf,
  query: URLSearchParams,
  most: number,
): Promise<Result<JsonObject, CallFailed>> {
  for (const [name, value] of Object.entries(always ?? {})) if (!query.has(name)) query.set(name, value);
  const items: JsonValue[] = [];
  let first: JsonObject | null = null;
  for (;;) {
    const page = await documentOf({ ...reader, path: `${path}?${query.toString()}` });
    if (!page.ok) return page;
    const { items: found, next_cursor: next, ...rest } = page.value;
    first ??= rest;
    items.push(...(Array.isArray(found) ? found : []));
    if (typeof next !== "string") return accept({ ...first, items });
    if (items.length >= most) return accept({ ...first, items, next_cursor: next });
    query.set("cursor", next);
  }
}

/** Lists; `--json` says all of it. */
export const listing =
  (list: ListOf): Part =>
  async (args, surroundings, { command, usage }) => {
    const named = Object.fromEntries(Object.keys(list.filters).map((name) => [name, { type: "string" } as const]));
    const parsed = parseStrictly(args, { ...named, ...LIST_OPTIONS });
    if (!parsed.ok) return unusable(command, parsed.refusal, usage);
    const values: Readonly<Record<string, string | boolean | undefined>> = parsed.value.values;
    const limit = numberOf(typeof values["limit"] === "string" ? values["limit"] : undefined, "--limit", { least: 1, most: MOST });
    if (!limit.ok) return unusable(command, limit.refusal, usage);
    if (parsed.value.positionals.length > 0) return unusable(command, "it takes options alone", usage);
    const reader = await readerOf(surroundings);
    if (!reader.ok) return reader.refusal;
    const query = new URLSearchParams();
    for (const [option, name] of Object.entries(list.filters)) {
      const value = values[option];
      if (typeof value === "string") query.set(name, value);
    }
    const most = values["all"] === true ? MOST : (limit.value ?? USUAL);
    const found = await pagesOf(reader.value, list, query, most);
    if (!found.ok) return callFailed(found.refusal);
    if (values["json"] === true) return { exitCode: 0, stdout: asciiJson(found.value) };
    const items = (Array.isArray(found.value["items"]) ? found.value["items"] : []).filter((item) => isObject(item));
    const isMore = items.length > most || found.value["next_cursor"] !== undefined;
    const table = tableOf(list.columns, items.slice(0, most));
    return { exitCode: 0, stdout: table, ...(isMore && { stderr: "There is more: --limit N or --all.\n" }) };
  };

/** Shows one, by what it is called. */
export const showing =
  (pathOf: (name: string) => string, what: string): Part =>
  async (args, surroundings, { command, usage }) => {
    const parsed = parseStrictly(args, { json: { type: "boolean" } });
    if (!parsed.ok) return unusable(command, parsed.refusal, usage);
    const [name, ...more] = parsed.value.positionals;
    if (name === undefined || more.length > 0) return unusable(command, `name ${what}`, usage);
    const reader = await readerOf(surroundings);
    if (!reader.ok) return reader.refusal;
    const found = await documentOf({ ...reader.value, path: pathOf(encodeURIComponent(name)) });
    if (!found.ok) return callFailed(found.refusal);
    return { exitCode: 0, stdout: parsed.value.values.json === true ? asciiJson(found.value) : membersOf(found.value) };
  };

/** What is signed: names the page that does it. */
export const signing =
  (path: string, what: string): Part =>
  (_, surroundings) =>
    onPage(path, what, surroundings);

export function commandOf(command: string, usage: string, parts: Readonly<Record<string, Part>>): Command {
  const whole = `${usage}\n${READER_USAGE}`;
  return {
    usage: whole,
    run: async ([name = "", ...args], surroundings) => {
      const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
      const said = { command, usage: whole };
      return part === undefined
        ? unusable(command, `name one of ${Object.keys(parts).join(", ")}`, whole)
        : await part(args, surroundings, said);
    },
  };
}
