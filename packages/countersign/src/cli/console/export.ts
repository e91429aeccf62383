/** `countersign audit export`: the record as a file, which is there whole or not at all. */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { fromUtf8 } from "../../encoding/bytes.ts";
import { isObject } from "../../json/shape.ts";
import { parseJson } from "../../json/canonical-json.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { fetchFailure } from "../../sdk/fetch-failure.ts";
import { type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { complaintOf, hasPlainFile } from "../files/plain-file.ts";
import { type CallFailed, callService } from "../people/call-service.ts";
import { callFailed, type Reader, readerOf } from "../people/reader.ts";
import { visible } from "../visible.ts";

export const EXPORT_USAGE = `Options of export:
  --format FORMAT            csv, ndjson, or bundle: a signed zip file that proves itself (countersign verify-bundle)
  --from TIME, --to TIME     the period
  -o, --output FILE          the file; it is replaced`;

const FORMATS = ["csv", "ndjson", "bundle"];

/** As much of the end as holds the last line of either format. */
const TAIL_BYTES = 4_096;

export async function exportCommand(
  filters: readonly string[],
  args: string[],
  surroundings: Surroundings,
  { command, usage }: { command: string; usage: string },
): Promise<Outcome> {
  const named = Object.fromEntries(filters.map((name) => [name, { type: "string" } as const]));
  const parsed = parseStrictly(args, { ...named, format: { type: "string" }, output: { type: "string", short: "o" } });
  if (!parsed.ok) return unusable(command, parsed.refusal, usage);
  const values: Readonly<Record<string, string | undefined>> = parsed.value.values;
  const { format = "", output: file } = values;
  if (parsed.value.positionals.length > 0 || !FORMATS.includes(format))
    return unusable(command, "give --format csv, ndjson or bundle", usage);
  if (file === undefined) return unusable(command, "give -o FILE", usage);
  const reader = await readerOf(surroundings);
  if (!reader.ok) return reader.refusal;
  const query = new URLSearchParams({ format });
  for (const name of filters) if (values[name] !== undefined) query.set(name, values[name]);
  try {
    hasPlainFile(file);
    const saved = await replacing(file, (handle) => writeAll(reader.value, query, handle));
    return saved.ok ? { exitCode: 0, stdout: `${visible(file)} is written.\n` } : callFailed(saved.refusal);
  } catch (error) {
    return { exitCode: 1, stderr: `countersign: ${visible(complaintOf(error))}\n` };
  }
}

/** Written beside it under a name that nobody knows, and put in its place once it is whole. */
async function replacing(
  file: string,
  write: (handle: FileHandle) => Promise<Result<null, CallFailed>>,
): Promise<Result<null, CallFailed>> {
  const draft = `${file}.${randomBytes(6).toString("hex")}.new`;
  const handle = await open(draft, "wx", 0o600);
  try {
    const written = await write(handle);
    await handle.sync();
    await handle.close();
    if (written.ok) await rename(draft, file);
    return written;
  } finally {
    await rm(draft, { force: true });
  }
}

/** What is too long for one answer goes on in the next. */
async function writeAll(reader: Reader, query: URLSearchParams, handle: FileHandle): Promise<Result<null, CallFailed>> {
  for (;;) {
    const path = `/api/v1/audit/export?${query.toString()}`;
    // No limit of time: it takes as long as there is something to export.
    const answer = await callService({ ...reader, path }, 0);
    if (!answer.ok) return answer;
    const written = await writeBody(answer.value, handle);
    if (!written.ok || query.get("format") === "bundle") return written.ok ? accept(null) : written;
    const next = nextOf(query.get("format") === "csv", written.value);
    if (next === undefined) return refuse({ code: "unreachable", message: "The answer was cut off, and nothing was written. Try again." });
    if (next === null) return accept(null);
    query.set("cursor", next);
  }
}

/** Gives the end of what was written. */
async function writeBody(answer: Response, handle: FileHandle): Promise<Result<Uint8Array, CallFailed>> {
  let tail: Uint8Array = new Uint8Array();
  try {
    const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = answer.body?.getReader();
    for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
      await handle.write(part.value);
      tail = Buffer.concat([tail, part.value]).subarray(-TAIL_BYTES);
    }
    return accept(tail);
  } catch (error) {
    return refuse({ code: "unreachable", message: `The answer was cut off (${fetchFailure(error)}), and nothing was written. Try again.` });
  }
}

/** Where the next answer goes on, by the last line; null if that says that nothing is missing, undefined if it says neither. */
function nextOf(isCsv: boolean, tail: Uint8Array): string | null | undefined {
  const text = fromUtf8(new Uint8Array(tail).slice(tail.lastIndexOf(0x0a, tail.length - 2) + 1));
  if (text === null || !text.endsWith("\n")) return undefined;
  const line = text.trimEnd();
  if (isCsv) {
    const [, , kind] = line.split(",");
    return kind === "end" ? null : kind === "more" ? line.slice(line.lastIndexOf(",") + 1) : undefined;
  }
  const json = parseJson(line);
  const { end, cursor } = json.ok && isObject(json.value) ? json.value : {};
  return end === true ? null : end === false && typeof cursor === "string" ? cursor : undefined;
}
