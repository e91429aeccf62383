/**
 * The log alone, at several sizes: what an append costs and whether that grows, how many leaves come in from one writer, ten and
 * a hundred at once, how long proofs and tiles take, and memory. The service is the uploaded one; its log is first grown while it
 * is stopped (log/grown-log.ts). Arguments: the sizes (100 10000 1000000), and after `--seconds` how long each number of writers
 * writes (3).
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type TileAddress, tilePath, tileWidth } from "#countersign/tlog/tile.ts";
import { begin, tell } from "./begin.ts";
import { Gate } from "./gate.ts";
import { growLog, type LogFile, readLog } from "./log/grown-log.ts";
import { LogService } from "./log/log-service.ts";
import { median, number, printTable, quantile } from "./statistics.ts";

const { positionals, values } = parseArgs({ allowPositionals: true, options: { seconds: { type: "string", default: "3" } } });
const SIZES = (positionals.length === 0 ? [100, 10_000, 1_000_000] : positionals.map(Number)).toSorted((a, b) => a - b);
const WRITING_MS = 1_000 * Number(values.seconds);
const WRITERS = [1, 10, 100];
/** Appends whose cost is counted, and reads of each kind. */
const EACH = 200;
const NO_END = Number.MAX_SAFE_INTEGER;

type Row = Record<string, string | number>;
const tables: Record<"cost" | "writers" | "reading" | "memory", Row[]> = { cost: [], writers: [], reading: [], memory: [] };

const ms = (eachMs: readonly number[]): Row => ({ "p50 ms": number(median(eachMs)), "p99 ms": number(quantile(eachMs, 0.99)) });
const leaves = (size: number): string => size.toLocaleString("en-GB");

/** The first leaves are those of one approval by the whole service; all others are like them. */
async function beginLog(folder: string): Promise<LogFile> {
  const gate = await Gate.start({ folder });
  try {
    const approval = await gate.askAndSign();
    await gate.decide(approval);
    await gate.redeem(approval.id);
    await gate.report(approval.id);
  } finally {
    await gate.stop();
  }
  return readLog(folder);
}

async function measureCost(service: LogService, { size, bytes, records }: LogFile): Promise<void> {
  await service.use();
  const { eachMs } = await service.write({ records, writers: 1, leaves: EACH, ms: NO_END });
  const use = await service.use();
  const each = (total: number): string => number(total / EACH);
  tables.cost.push({
    leaves: leaves(size),
    "D1 trips": each(use.d1Trips),
    "D1 rows written": each(use.d1RowsWritten),
    "D1 rows read": each(use.d1RowsRead),
    "object rows written": each(use.objectRowsWritten),
    ...ms(eachMs),
    "bytes in D1 a leaf": number(bytes / size),
  });
}

async function measureWriters(service: LogService, { size, records }: LogFile): Promise<void> {
  for (const writers of WRITERS) {
    await service.use();
    const { tookMs, eachMs } = await service.write({ records, writers, leaves: NO_END, ms: WRITING_MS });
    const use = await service.use();
    const each = (total: number): string => number(total / eachMs.length);
    tables.writers.push({
      leaves: leaves(size),
      "writers at once": writers,
      "appends a second": number((1_000 * eachMs.length) / tookMs),
      ...ms(eachMs),
      "leaves a commit": number(eachMs.length / use.d1Trips),
      "D1 rows written a leaf": each(use.d1RowsWritten),
      "D1 rows read a leaf": each(use.d1RowsRead),
    });
  }
}

const anyBelow = (count: number): number => Math.floor(Math.random() * count);

/** Anywhere in the log: what was asked for before is seldom asked for again. */
async function measureReading(service: LogService, { size: grownTo }: LogFile): Promise<void> {
  const size = await service.size();
  const tile = (): string => {
    const address: TileAddress = { level: 0, n: anyBelow(Math.ceil(grownTo / 256)) };
    return tilePath(address, tileWidth(address, grownTo));
  };
  const reads: Record<string, () => string> = {
    checkpoint: () => "checkpoint",
    "proof of inclusion": () => `proof/inclusion?index=${anyBelow(size)}&size=${size}`,
    "proof of consistency": () => `proof/consistency?from=${1 + anyBelow(size - 1)}&to=${size}`,
    "tile of hashes": tile,
    "bundle of entries": () => tile().replace("tile/0/", "tile/entries/"),
  };
  for (const [what, path] of Object.entries(reads)) {
    const eachMs: number[] = [];
    for (let i = 0; i < EACH; i++) eachMs.push(await service.read(path()));
    const use = await service.use();
    tables.reading.push({
      leaves: leaves(grownTo),
      what,
      ...ms(eachMs),
      "D1 trips": number(use.d1Trips / EACH),
      "D1 rows read": number(use.d1RowsRead / EACH),
    });
  }
}

async function noteMemory(service: LogService, { size }: LogFile, when: string): Promise<void> {
  const heap = await service.heapMib();
  tables.memory.push({ leaves: leaves(size), when, "JavaScript heap": number(heap), "whole process": number(service.memoryMib()) });
}

/** Everything about one size. The storage is used up: writers make it larger than that. */
async function measure(folder: string, log: LogFile): Promise<void> {
  const service = await LogService.start(folder, log.origin);
  try {
    await service.size();
    await noteMemory(service, log, "started");
    await measureCost(service, log);
    await measureReading(service, log);
    await noteMemory(service, log, "read from");
    await measureWriters(service, log);
    await noteMemory(service, log, "written to");
  } finally {
    await service.stop();
  }
}

begin();
const folder = mkdtempSync(join(tmpdir(), "countersign-log-"));
try {
  const [grown, measured] = [join(folder, "grown"), join(folder, "measured")];
  mkdirSync(grown);
  const { records } = await beginLog(grown);
  for (const size of SIZES) {
    growLog(grown, size, records);
    const log = readLog(grown);
    tell(`${leaves(log.size)} leaves`);
    cpSync(grown, measured, { recursive: true });
    await measure(measured, log);
    rmSync(measured, { recursive: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
printTable(`An append by one writer: means of ${EACH}, and the whole database's bytes`, tables.cost);
printTable(`Writers at once, for ${WRITING_MS / 1_000} s each`, tables.writers);
printTable(`Reading anywhere in the log, one after the other: n = ${EACH} each`, tables.reading);
printTable("Memory in MiB", tables.memory);
