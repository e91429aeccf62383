/** Where `countersign policy init --from` has tools from: a file, an MCP server by its address, or a server behind the gate. */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { isApiKey } from "../../documents/api-key.ts";
import { RESERVED_TOOLS, SERVER_NAME_PATTERN } from "../../documents/words.ts";
import { type JsonObject, parseJson } from "../../json/canonical-json.ts";
import type { InventoryItem } from "../../policy/proposing/server-policy.ts";
import { slug } from "../../policy/proposing/tool-rules.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { readText, type Surroundings } from "../command.ts";
import { originOf } from "../service.ts";
import { visible } from "../visible.ts";
import { MOST_TOOLS, toolsAt, toolsIn } from "./mcp-tools.ts";

export interface FromServer {
  from: string;
  /** What rules call the server; if it is left out, what `from` says. */
  name: string | undefined;
  /** The gate's address; then `from` is the name of a server there. */
  url: string | undefined;
}

interface ListedServer {
  server: string;
  tools: JsonObject[];
}

/** `unusable`: what was given; otherwise what came of it. */
export interface NoTools {
  isUnusable: boolean;
  why: string;
}

const unusable = (why: string): Result<never, NoTools> => refuse({ isUnusable: true, why });
const failed = (why: string): Result<never, NoTools> => refuse({ isUnusable: false, why });

const isAddress = (text: string): boolean => /^https?:\/\//.test(text) && URL.canParse(text);

function nameFrom({ from, name, url }: FromServer): Result<string, NoTools> {
  const told = isAddress(from) ? new URL(from).hostname : basename(from).replace(/\.[^.]*$/, "");
  const server = name ?? (url === undefined ? slug(told).slice(0, 20).replace(/-$/, "") : from);
  return SERVER_NAME_PATTERN.test(server)
    ? accept(server)
    : unusable("--name has to be the server's name at the gate: a-z, 0-9 and -, beginning with a letter, at most 20 characters");
}

export async function listedBy(wanted: FromServer, { environment }: Surroundings): Promise<Result<ListedServer, NoTools>> {
  const named = nameFrom(wanted);
  if (!named.ok) return named;
  const listed = await toolsOf(wanted, environment);
  return listed.ok ? accept({ server: named.value, tools: listed.value }) : listed;
}

async function toolsOf({ from, url }: FromServer, environment: Surroundings["environment"]): Promise<Result<JsonObject[], NoTools>> {
  if (url !== undefined) return throughGate(from, url, environment);
  if (!isAddress(from)) return inFile(from);
  const listed = await toolsAt(from);
  return listed.ok ? listed : failed(`${from}: ${listed.refusal}`);
}

async function throughGate(server: string, url: string, environment: Surroundings["environment"]): Promise<Result<JsonObject[], NoTools>> {
  const origin = originOf({ COUNTERSIGN_URL: url });
  if (!origin.ok) return unusable("--url has to be the gate's address, such as https://gate.example.com");
  const key = environment["COUNTERSIGN_API_KEY"] ?? "";
  if (!isApiKey(key)) return unusable("COUNTERSIGN_API_KEY has to be an agent's key, csk_… as it was shown once");
  if (!SERVER_NAME_PATTERN.test(server)) return unusable("--from has to be the name of a server at the gate");
  const listed = await toolsAt(`${origin.value}/mcp/${server}`, { "x-api-key": key });
  if (!listed.ok) return failed(`${server} at ${origin.value}: ${listed.refusal}`);
  return accept(listed.value.filter(({ name }) => !RESERVED_TOOLS.some((own) => own === name)));
}

async function inFile(file: string): Promise<Result<JsonObject[], NoTools>> {
  if (!existsSync(file)) return unusable(`${file} is no file and no address; for the name of a server at the gate give --url`);
  const text = await readText(file);
  if (!text.ok) return failed(text.refusal);
  const parsed = text.value === null ? null : parseJson(text.value);
  const tools = parsed?.ok === true ? toolsIn(parsed.value) : null;
  if (tools === null) return failed(`${file} holds no answer to tools/list`);
  return tools.length > MOST_TOOLS ? failed(`${file} lists more than ${MOST_TOOLS} tools`) : accept(tools);
}

const HINTS = {
  readOnlyHint: "read-only",
  destructiveHint: "destructive",
  idempotentHint: "idempotent",
  openWorldHint: "open-world",
} as const;
const HEAD = ["Tool", "Hints", "Effect", "Risk", "Why"];

function hintsText(hints: InventoryItem["hints"]): string {
  const said = Object.entries(HINTS).flatMap(([hint, word]) => {
    const value = hints[hint as keyof typeof HINTS];
    return value === undefined ? [] : [value ? word : `not ${word}`];
  });
  return said.length === 0 ? "none" : said.join(", ");
}

/** The inventory as a table, the gravest first. */
export function inventoryTable(inventory: readonly InventoryItem[]): string {
  const rows = [HEAD, ...inventory.map(({ tool, hints, effect, risk, why }) => [visible(tool), hintsText(hints), effect, risk, why])];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `${row.map((cell, column) => (column === HEAD.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join("  ")}\n`)
    .join("");
}
