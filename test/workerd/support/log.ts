/** A log to test with: writers over the real D1, with faults where D1 is called, and a check of everything that must hold. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { b64u, type Bytes, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { leafEntry, type LogRecord } from "#countersign/documents/record.ts";
import type { Effect } from "#gate/effects.ts";
import type { KeptRotation, RotationKeeper } from "#gate/log/log-keys.ts";
import type { Anchor, Head } from "#gate/log/open-log.ts";
import { LeafSequencer, type SequencerPorts } from "#gate/log/sequence-leaves.ts";
import { type Leaf, logErrorCode } from "#gate/log/transparency-log.ts";
import { passkeysToEnrol } from "#storage/log/enrol-again.ts";
import { logStore } from "#storage/log/log-store.ts";
import { leafHash, nodeHash } from "#countersign/tlog/merkle.ts";
import { makeSigner } from "#countersign/tlog/note.ts";

export const PUBLIC_ORIGIN = "https://gate.example.com";
export const LOG_ORIGIN = "gate.example.com/log";
const NOW = Date.parse("2026-11-20T09:30:00.000Z");

/** The deployment's log as callers have it. */
export const logObject = (name = LOG_ORIGIN) => env.LOG_SEQUENCER.getByName(name);

/** The same object as the platform's tools for tests want it. */
export const logStub = (name = LOG_ORIGIN): DurableObjectStub => {
  const namespace: unknown = env.LOG_SEQUENCER;
  return (namespace as DurableObjectNamespace).getByName(name);
};

/** The code with which an answer fails; null for an answer, or an error that has none. */
export const codeOf = async (answer: Promise<unknown>) => logErrorCode(await answer.catch((error: unknown) => error));

/** A leaf that differs from all others by `what`; the same `what` gives the same bytes. */
export function leaf(idem: string, what = idem, effect: Effect | null = null): Leaf<Effect> {
  const record: LogRecord = {
    type: "countersign/record@v1",
    kind: "call.succeeded",
    log: LOG_ORIGIN,
    at: "2026-11-20T09:30:00.000Z",
    request_hash: hex(sha256(utf8(what))),
    detail_hash: null,
  };
  return { idem, sealed: { record, salt: b64u(sha256(utf8(`salt of ${what}`))) }, effect };
}

/** A leaf whose effect takes a username. */
export function enrolment(idem: string, username: string): Leaf<Effect> {
  const person = {
    id: `usr_${idem}`,
    username,
    displayName: username,
    roles: ["approver"],
    groups: [],
    createdAt: "2026-11-20T09:30:00.000Z",
  };
  const passkey = {
    credentialId: b64u(utf8(idem)),
    personId: person.id,
    publicKey: "AA",
    alg: -7,
    signCount: 0,
    backupEligible: false,
    transports: [],
    createdAt: person.createdAt,
  };
  return leaf(idem, idem, { kind: "person-enrolled", person, passkey, spends: [] });
}

export class MemoryAnchor implements Anchor {
  head: Head | null = null;
  read(): Head | null {
    return this.head;
  }
  write(head: Head): void {
    this.head = head;
  }
}

export class MemoryRotations implements RotationKeeper {
  readonly kept = new Map<number, KeptRotation>();
  read(n: number): KeptRotation | null {
    return this.kept.get(n) ?? null;
  }
  write(n: number, kept: KeptRotation): void {
    this.kept.set(n, kept);
  }
}

interface WriterOptions {
  d1?: D1Database;
  anchor?: Anchor;
  rotations?: RotationKeeper;
  /** Every byte of its key is this. */
  seed?: number;
  /** And of the next one; null for none. */
  nextSeed?: number | null;
  origin?: string;
  /** The writer of a log before this one. */
  ended?: Pick<LogWriter, "finalCheckpoint">;
}

/** What a writer with its own memory and anchor stands on: this file's D1 unless told otherwise. */
export async function portsOfWriter({
  d1 = env.DB,
  anchor = new MemoryAnchor(),
  rotations = new MemoryRotations(),
  seed = 1,
  nextSeed = null,
  origin = LOG_ORIGIN,
  ended,
}: WriterOptions = {}): Promise<SequencerPorts<Effect>> {
  let salts = 0;
  return {
    signer: await makeSigner(origin, new Uint8Array(32).fill(seed)),
    nextSigner: nextSeed === null ? null : await makeSigner(origin, new Uint8Array(32).fill(nextSeed)),
    publicOrigin: PUBLIC_ORIGIN,
    store: logStore(d1, origin),
    anchor,
    rotations,
    finalCheckpointOf: async (before) => {
      if (ended === undefined) throw new Error(`nobody has ended ${before}`);
      return await ended.finalCheckpoint();
    },
    passkeysToEnrol: (most) => passkeysToEnrol(d1, origin, most),
    now: () => NOW,
    salt: () => b64u(new Uint8Array(32).fill(++salts)),
  };
}

/** A writer of the log with all that this service may put into it. */
export type LogWriter = LeafSequencer<Effect>;

export const writer = async (options: WriterOptions = {}): Promise<LogWriter> => new LeafSequencer(await portsOfWriter(options));

type Batch = () => Promise<D1Result[]>;
/** What happens instead of a call to D1. Both run the call itself, or do not. */
export interface Faults {
  batch?: (run: Batch) => Promise<D1Result[]>;
  /** Before each session of reads. */
  read?: () => void;
}

/** D1 with faults. The object may be changed while it is in use. */
export function faulty(faults: Faults, d1: D1Database = env.DB): D1Database {
  return new Proxy(d1, {
    get(target, name) {
      if (name === "batch") {
        return (statements: D1PreparedStatement[]) => {
          const run = () => target.batch(statements);
          return faults.batch === undefined ? run() : faults.batch(run);
        };
      }
      if (name === "withSession") faults.read?.();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value as () => unknown).bind(target) : value;
    },
  });
}

export const LOST_CONNECTION = "D1_ERROR: Network connection lost.";

interface Rows {
  leaves: { idx: number; idem: string; entry: number[]; record: string; salt: string }[];
  heads: { size: number; previous_size: number; root: number[] }[];
  tiles: { level: number; n: number; hashes: number[] }[];
}

export async function rows(): Promise<Rows> {
  const [leaves, heads, tiles] = await env.DB.batch([
    env.DB.prepare("SELECT * FROM log_leaf ORDER BY idx"),
    env.DB.prepare("SELECT * FROM log_head ORDER BY size"),
    env.DB.prepare("SELECT * FROM log_tile ORDER BY level, n"),
  ]);
  return { leaves: leaves?.results, heads: heads?.results, tiles: tiles?.results } as Rows;
}

/** A leaf, or the text of another row. */
interface TextRow {
  idx: number;
  idem: string;
  entry: string;
  record: string | null;
  salt: string | null;
  text: string;
}

/** As `rows`, but quick to compare. */
async function textRows(): Promise<{ leaves: TextRow[]; heads: string[]; tiles: string[] }> {
  const [leaves, heads, tiles] = await env.DB.batch<TextRow>([
    env.DB.prepare("SELECT idx, idem, lower(hex(entry)) AS entry, record, salt FROM log_leaf ORDER BY idx"),
    env.DB.prepare("SELECT previous_size || ' to ' || size || ': ' || lower(hex(root)) AS text FROM log_head ORDER BY size"),
    env.DB.prepare("SELECT level || '/' || n || ': ' || lower(hex(hashes)) AS text FROM log_tile ORDER BY level, n"),
  ]);
  const texts = (table: D1Result<TextRow> | undefined) => (table?.results ?? []).map(({ text }) => text);
  return { leaves: leaves?.results ?? [], heads: texts(heads), tiles: texts(tiles) };
}

/** By the texts of both: the trees of many logs are derived again thousands of times, and most of each is as it was. */
const nodes = new Map<string, string>();

function nodeOf(left: string, right: string): string {
  const known = nodes.get(left + right);
  if (known !== undefined) return known;
  const node = hex(nodeHash(bytesOf(left), bytesOf(right)));
  nodes.set(left + right, node);
  return node;
}

const bytesOf = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** The complete subtrees of a tree that grows leaf by leaf, the largest first; what they hash to is its root. Hashes are text here. */
class Peaks {
  readonly #peaks: { level: number; hash: string }[] = [];

  add(hash: string): void {
    let peak = { level: 0, hash };
    for (let last = this.#peaks.at(-1); last?.level === peak.level; last = this.#peaks.at(-1)) {
      this.#peaks.pop();
      peak = { level: peak.level + 1, hash: nodeOf(last.hash, peak.hash) };
    }
    this.#peaks.push(peak);
  }

  get root(): string {
    return this.#peaks.map(({ hash }) => hash).reduceRight((right, left) => nodeOf(left, right));
  }
}

/** The tiles of one level, and then of those above: 256 hashes become one. */
function tilesOf(hashes: readonly string[], level = 0): string[] {
  if (hashes.length === 0) return [];
  const groups = Array.from({ length: Math.ceil(hashes.length / 256) }, (_, n) => hashes.slice(256 * n, 256 * n + 256));
  const above = groups.filter((group) => group.length === 256).map(rootOf);
  return [...groups.map((group, n) => `${level}/${n}: ${group.join("")}`), ...tilesOf(above, level + 1)];
}

function rootOf(hashes: readonly string[]): string {
  const peaks = new Peaks();
  for (const hash of hashes) peaks.add(hash);
  return peaks.root;
}

/** By record and salt as they are stored: the whole log is derived again thousands of times, and most of it is as it was. */
const derived = new Map<string, { entry: string; hash: string }>();

function derivedFrom({ entry: stored, record, salt }: TextRow): { entry: string; hash: string } {
  // Of what is withheld nothing but the entry is left.
  if (record === null || salt === null) return { entry: stored, hash: hex(leafHash(bytesOf(stored))) };
  const text = `${salt} ${record}`;
  const known = derived.get(text);
  if (known !== undefined) return known;
  const entry = leafEntry(JSON.parse(record) as LogRecord, salt);
  const made = { entry: hex(entry), hash: hex(leafHash(entry)) };
  derived.set(text, made);
  return made;
}

/** As one text: to compare lists line by line takes longer than to make them. */
const expectLines = (lines: readonly string[], expected: readonly string[]): void => expect(lines.join("\n")).toBe(expected.join("\n"));

/** Derives the whole log again from its leaves, without the code that made it, and compares every row; the keys in the order of the log. */
export async function checkLog(): Promise<string[]> {
  const { leaves, heads, tiles } = await textRows();
  const again = leaves.map(derivedFrom);
  expectLines(
    leaves.map(({ idx, entry }) => `${idx}: ${entry}`),
    again.map(({ entry }, i) => `${i}: ${entry}`),
  );

  const hashes = again.map(({ hash }) => hash);
  const sizes = [0, ...heads.map((text) => Number(/ to ([0-9]+):/.exec(text)?.[1]))];
  const peaks = new Peaks();
  const expected = sizes.slice(1).map((size, i) => {
    for (const hash of hashes.slice(sizes[i], size)) peaks.add(hash);
    return `${sizes[i]} to ${size}: ${peaks.root}`;
  });
  expectLines(heads, expected);
  expect(sizes.at(-1)).toBe(leaves.length);
  expectLines(tiles, tilesOf(hashes));
  return leaves.map(({ idem }) => idem);
}
