/** What an agent's object keeps of its past, in its SQL storage; nothing is made there before a policy asks. */
import type { KeptEntry, PastState, PastStore, PastWrites } from "#gate/calls/activity/past/kept-past.ts";

const STATE = "past";
const PROFILE = "past-profile";

/** One row each and no index: they are read once a start, and found by their keys. */
const TABLE = `
  CREATE TABLE IF NOT EXISTS past (
    key TEXT PRIMARY KEY, at INTEGER NOT NULL, server TEXT, tool TEXT NOT NULL, scalars TEXT, cut INTEGER NOT NULL, watched TEXT,
    learnt INTEGER NOT NULL) WITHOUT ROWID`;

interface Row extends Record<string, SqlStorageValue> {
  key: string;
  at: number;
  server: string | null;
  tool: string;
  scalars: string | null;
  cut: number;
  watched: string | null;
  learnt: number;
}

const written = (kept: object | null): string | null => (kept === null ? null : JSON.stringify(kept));

const entryOf = ({ key, at, server, tool, scalars, cut, watched, learnt }: Row): KeptEntry => ({
  key,
  atMs: at,
  server,
  tool,
  scalars: scalars === null ? null : (JSON.parse(scalars) as KeptEntry["scalars"]),
  isCut: cut === 1,
  watched: watched === null ? null : (JSON.parse(watched) as KeptEntry["watched"]),
  isLearnt: learnt === 1,
});

const rowOf = ({ key, atMs, server, tool, scalars, isCut, watched, isLearnt }: KeptEntry): SqlStorageValue[] => [
  key,
  atMs,
  server,
  tool,
  written(scalars),
  isCut ? 1 : 0,
  written(watched),
  isLearnt ? 1 : 0,
];

export class KeptPast implements PastStore {
  readonly #storage: DurableObjectStorage;
  /** As it is stored; undefined until it is read. */
  #state: PastState | null | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  state(): PastState | null {
    if (this.#state === undefined) this.#state = this.#storage.kv.get<PastState>(STATE) ?? null;
    return this.#state;
  }

  entries(): KeptEntry[] {
    return this.state() === null ? [] : this.#storage.sql.exec<Row>("SELECT * FROM past").toArray().map(entryOf);
  }

  profile(): ReturnType<PastStore["profile"]> {
    return this.#storage.kv.get<NonNullable<ReturnType<PastStore["profile"]>>>(PROFILE) ?? null;
  }

  write(work: (to: PastWrites) => void): void {
    try {
      this.#storage.transactionSync(() => {
        if (this.state() === null) this.#storage.sql.exec(TABLE);
        work(this.#writes);
      });
    } catch (error) {
      // What was noted beside it may not be so.
      this.#state = undefined;
      throw error;
    }
  }

  readonly #writes: PastWrites = {
    state: (state) => {
      this.#storage.kv.put(STATE, state);
      this.#state = state;
    },
    profile: (profile) => this.#storage.kv.put(PROFILE, profile),
    add: (entries) => {
      for (const entry of entries)
        this.#storage.sql.exec(
          "INSERT OR IGNORE INTO past (key, at, server, tool, scalars, cut, watched, learnt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          ...rowOf(entry),
        );
    },
    learn: (key) => void this.#storage.sql.exec("UPDATE past SET learnt = 1 WHERE key = ?", key),
    drop: (keys) => {
      if (keys.length > 0) this.#storage.sql.exec("DELETE FROM past WHERE key IN (SELECT value FROM json_each(?))", JSON.stringify(keys));
    },
    end: () => {
      this.#storage.sql.exec("DROP TABLE past");
      for (const key of [STATE, PROFILE]) this.#storage.kv.delete(key);
      this.#state = null;
    },
  };
}
