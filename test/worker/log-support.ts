/** A log to test with: writers over the real D1, with faults where D1 is called, and a check of everything that must hold. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { b64u, equal, hex, sha256, utf8 } from "../../src/core/bytes.ts";
import { leafEntry, type LogRecord } from "../../src/core/record.ts";
import type { Anchor, Head } from "../../src/gate/open-log.ts";
import { LeafSequencer } from "../../src/gate/sequence-leaves.ts";
import { type Effect, type Leaf, logErrorCode } from "../../src/gate/transparency-log.ts";
import { logStore } from "../../src/storage/log-store.ts";
import { leafHash } from "../../src/tlog/merkle.ts";
import { makeSigner } from "../../src/tlog/note.ts";
import { appendLeaves, treeFromEdge } from "../../src/tlog/tile.ts";

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
export function leaf(idem: string, what = idem, effect: Effect | null = null): Leaf {
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
export function enrolment(idem: string, username: string): Leaf {
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

/** A writer with its own memory and anchor, over this file's D1 unless told otherwise. */
export async function writer({
  d1 = env.DB,
  anchor = new MemoryAnchor(),
  seed = 1,
  origin = LOG_ORIGIN,
}: { d1?: D1Database; anchor?: Anchor; seed?: number; origin?: string } = {}): Promise<LeafSequencer> {
  let salts = 0;
  return new LeafSequencer({
    signer: await makeSigner(origin, new Uint8Array(32).fill(seed)),
    publicOrigin: PUBLIC_ORIGIN,
    store: logStore(d1, origin),
    anchor,
    now: () => NOW,
    salt: () => b64u(new Uint8Array(32).fill(++salts)),
  });
}

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

/** Builds the whole log again from its leaves and compares every row; returns the keys in the order of the log. */
export async function checkLog(): Promise<string[]> {
  const { leaves, heads, tiles } = await rows();
  leaves.forEach(({ idx, record, salt, entry }, i) => {
    expect(idx).toBe(i);
    expect(equal(leafEntry(JSON.parse(record) as LogRecord, salt), Uint8Array.from(entry))).toBe(true);
  });
  const hashes = leaves.map(({ entry }) => leafHash(Uint8Array.from(entry)));
  heads.forEach(({ size, previous_size, root }, i) => {
    expect(previous_size).toBe(heads[i - 1]?.size ?? 0);
    expect(appendLeaves(treeFromEdge(0, []), hashes.slice(0, size)).tree.root).toEqual(Uint8Array.from(root));
  });
  expect(heads.at(-1)?.size ?? 0).toBe(leaves.length);
  const { changed } = appendLeaves(treeFromEdge(0, []), hashes);
  const expected = changed.map(({ level, n, hashes: bytes }) => ({ level, n, hashes: [...bytes] }));
  expect(tiles.map(({ level, n, hashes: bytes }) => ({ level, n, hashes: bytes }))).toEqual(expected);
  return leaves.map(({ idem }) => idem);
}
