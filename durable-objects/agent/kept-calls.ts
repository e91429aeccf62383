/** What an agent's object keeps of calls, in its SQL storage; nothing is made there before the first of them. */
import type { CallsState, CallStore, CallWrites, Spent } from "#gate/calls/activity/kept-calls.ts";
import type { CallEnd, KeptCall, KeptFacts, KeptText } from "#rules/calls/record/kept-call.ts";

const STATE = "calls";

const TABLES = `
  CREATE TABLE IF NOT EXISTS call (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, ends_by INTEGER, count INTEGER NOT NULL, kept TEXT NOT NULL, arguments TEXT,
    ending TEXT, result TEXT, number INTEGER, request TEXT);
  CREATE INDEX IF NOT EXISTS call_of_request ON call (request) WHERE request IS NOT NULL;
  CREATE TABLE IF NOT EXISTS joined (key TEXT PRIMARY KEY, request TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS spent (rule TEXT, at INTEGER, calls INTEGER NOT NULL, credits INTEGER NOT NULL, PRIMARY KEY (rule, at)) WITHOUT ROWID;`;

const END_SENT = `UPDATE call SET ends_by = NULL, ending = ?, result = ? WHERE id = ? AND ends_by IS NOT NULL AND request IS NULL`;
const CHARACTERS = "coalesce(sum(coalesce(length(arguments), 0) + coalesce(length(result), 0)), 0) AS characters";

interface Row extends Record<string, SqlStorageValue> {
  id: number;
  at: number;
  ends_by: number | null;
  count: number;
  kept: string;
  arguments: string | null;
  ending: string | null;
  result: string | null;
  number: number | null;
}

/** A text that was cut begins with a sign that no JSON begins with. */
const CUT = "\u0000";
const textIn = (kept: KeptText | null): string | null => (kept === null ? null : kept.isCut ? `${CUT}${kept.text}` : kept.text);
const textOf = (stored: string | null): KeptText | null =>
  stored === null ? null : stored.startsWith(CUT) ? { text: stored.slice(1), isCut: true } : { text: stored, isCut: false };

const callOf = (row: Row): KeptCall => ({
  ...(JSON.parse(row.kept) as Omit<KeptFacts, "arguments">),
  id: row.id,
  atMs: row.at,
  endsByMs: row.ends_by,
  count: row.count,
  arguments: textOf(row.arguments),
  end: row.ending === null ? null : { ...(JSON.parse(row.ending) as Omit<CallEnd, "result">), result: textOf(row.result) },
  number: row.number,
});

interface Size {
  calls: number;
  characters: number;
  waiting: number;
  lastId: number;
}

export class KeptCalls implements CallStore {
  readonly #storage: DurableObjectStorage;
  #hasTables = false;
  #isWriting = false;
  /** As they are stored; null until they are read again. */
  #state: CallsState | null = null;
  #size: Size | null = null;
  /** When the alarm is known to come. */
  #alarmAtMs: number | null = null;
  #starting: Promise<void> | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Before anything is written in this start: an alarm that is set already is not put off. */
  started(): Promise<void> {
    this.#starting ??= this.#storage.getAlarm().then((at) => void (this.#alarmAtMs ??= at));
    return this.#starting;
  }

  /** The alarm has come. */
  woken(): void {
    this.#alarmAtMs = null;
  }

  state(): CallsState | null {
    this.#state ??= this.#storage.kv.get<CallsState>(STATE) ?? null;
    return this.#state;
  }

  nextId({ handed }: CallsState): number {
    const { lastId, waiting } = this.size();
    return Math.max(lastId, handed + waiting) + 1;
  }

  call(id: number): KeptCall | null {
    const [row] = this.#calls("WHERE id = ?", id);
    return row ?? null;
  }

  notHandedOver(most: number): KeptCall[] {
    return this.#calls("WHERE number IS NULL ORDER BY id LIMIT ?", most);
  }

  calls(ids: readonly number[]): KeptCall[] {
    return this.#calls("WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id", JSON.stringify(ids));
  }

  lateEnds(most: number): KeptCall[] {
    return this.#calls("WHERE number IS NOT NULL AND ends_by IS NULL ORDER BY id LIMIT ?", most);
  }

  since(atMs: number, most: number): KeptCall[] {
    return this.#calls("WHERE at >= ? ORDER BY id DESC LIMIT ?", atMs, most);
  }

  idsSince(atMs: number): number[] {
    return this.#rows<{ id: number }>("SELECT id FROM call WHERE at >= ? ORDER BY id DESC", atMs).map(({ id }) => id);
  }

  overdue(nowMs: number, most: number): KeptCall[] {
    return this.#calls("WHERE ends_by <= ? ORDER BY id LIMIT ?", nowMs, most);
  }

  openOf(request: string): KeptCall[] {
    return this.#calls("WHERE request = ? AND ends_by IS NOT NULL ORDER BY id", request);
  }

  nextEndMs(): number | null {
    return this.#rows<{ next: number | null }>("SELECT min(ends_by) AS next FROM call")[0]?.next ?? null;
  }

  size(): Size {
    this.#size ??= this.#rows<Size & Record<string, number>>(
      `SELECT count(*) AS calls, count(*) FILTER (WHERE number IS NULL) AS waiting, coalesce(max(id), 0) AS lastId, ${CHARACTERS} FROM call`,
    )[0] ?? { calls: 0, characters: 0, waiting: 0, lastId: 0 };
    return this.#size;
  }

  joined(key: string): string | null {
    return this.#rows<{ request: string }>("SELECT request FROM joined WHERE key = ?", key)[0]?.request ?? null;
  }

  spent(rule: string, afterMs: number): Spent[] {
    return this.#rows<{ at: number; calls: number; credits: number }>(
      "SELECT at, calls, credits FROM spent WHERE rule = ? AND at > ? ORDER BY at",
      rule,
      afterMs,
    );
  }

  write<Done>(work: (to: CallWrites) => Done): Done {
    if (this.#isWriting) return work(this.#writes);
    this.#isWriting = true;
    try {
      return this.#storage.transactionSync(() => {
        this.#makeTables();
        return work(this.#writes);
      });
    } catch (error) {
      // What was noted beside it may not be so.
      [this.#state, this.#size, this.#alarmAtMs, this.#hasTables] = [null, null, null, false];
      throw error;
    } finally {
      this.#isWriting = false;
    }
  }

  readonly #writes: CallWrites = {
    state: (state) => {
      this.#storage.kv.put(STATE, state);
      this.#state = state;
    },
    add: ({ id, atMs, endsByMs, arguments: args, ...kept }) => {
      const request = kept.facts.status === "pending_approval" ? kept.facts.request : null;
      this.#run(
        "INSERT INTO call (id, at, ends_by, count, kept, arguments, request) VALUES (?, ?, ?, 1, ?, ?, ?)",
        id,
        atMs,
        endsByMs,
        JSON.stringify(kept),
        textIn(args),
        request,
      );
      this.#grow({ calls: 1, waiting: 1, characters: args?.text.length ?? 0 });
      if (this.#size !== null) this.#size.lastId = Math.max(this.#size.lastId, id);
    },
    countOneMore: (id) => this.#run("UPDATE call SET count = count + 1 WHERE id = ?", id),
    end: (id, end) => {
      if (end === null) {
        this.#run("UPDATE call SET ends_by = NULL WHERE id = ?", id);
        return;
      }
      const { result, ...ending } = end;
      this.#run("UPDATE call SET ends_by = NULL, ending = ?, result = ? WHERE id = ?", JSON.stringify(ending), textIn(result), id);
      this.#grow({ characters: result?.text.length ?? 0 });
    },
    endSent: (id, { result, ...ending }) => {
      const ended = this.#run(END_SENT, JSON.stringify(ending), textIn(result), id);
      if (ended > 0) this.#grow({ characters: result?.text.length ?? 0 });
      return ended > 0;
    },
    handedOver: (id, number) => {
      const { characters } = this.#sizeOf([id]);
      this.#run("UPDATE call SET number = ?, arguments = NULL WHERE id = ?", number, id);
      this.#grow({ waiting: -1, characters: this.#sizeOf([id]).characters - characters });
    },
    drop: (ids) => {
      if (ids.length === 0) return;
      const { calls, waiting, characters } = this.#sizeOf(ids);
      this.#run("DELETE FROM call WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(ids));
      this.#grow({ calls: -calls, waiting: -waiting, characters: -characters });
      // The last one may have gone: what comes next follows what was handed over.
      if (this.#size !== null) this.#size.lastId = this.#rows<{ last: number | null }>("SELECT max(id) AS last FROM call")[0]?.last ?? 0;
    },
    join: (key, request, atMs) => this.#run("INSERT OR REPLACE INTO joined (key, request, at) VALUES (?, ?, ?)", key, request, atMs),
    unjoin: (key, request) => this.#run("DELETE FROM joined WHERE key = ? AND request = ?", key, request),
    unjoinBefore: (atMs) => this.#run("DELETE FROM joined WHERE at < ?", atMs),
    spend: (rule, { at, calls, credits }) =>
      this.#run(
        `INSERT INTO spent (rule, at, calls, credits) VALUES (?, ?, ?, ?)
         ON CONFLICT (rule, at) DO UPDATE SET calls = calls + excluded.calls, credits = credits + excluded.credits`,
        rule,
        at,
        calls,
        credits,
      ),
    forgetSpent: (beforeMs) => this.#run("DELETE FROM spent WHERE at <= ?", beforeMs),
    wakeBy: (atMs) => {
      if (this.#alarmAtMs !== null && this.#alarmAtMs <= atMs) return;
      // Part of the transaction: set and not awaited, it is rolled back with the rest.
      void this.#storage.setAlarm(atMs);
      this.#alarmAtMs = atMs;
    },
  };

  #calls(which: string, ...values: SqlStorageValue[]): KeptCall[] {
    return this.#rows<Row>(`SELECT * FROM call ${which}`, ...values).map(callOf);
  }

  #rows<Found extends Record<string, SqlStorageValue>>(sql: string, ...values: SqlStorageValue[]): Found[] {
    return this.state() === null && !this.#isMade() ? [] : this.#storage.sql.exec<Found>(sql, ...values).toArray();
  }

  /** How many rows it has written. */
  #run(sql: string, ...values: SqlStorageValue[]): number {
    return this.#storage.sql.exec(sql, ...values).rowsWritten;
  }

  #isMade(): boolean {
    this.#hasTables ||= this.#storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'spent'").toArray().length > 0;
    return this.#hasTables;
  }

  #makeTables(): void {
    if (this.#isMade()) return;
    this.#run(TABLES);
    this.#hasTables = true;
  }

  #sizeOf(ids: readonly number[]): Pick<Size, "calls" | "waiting" | "characters"> {
    const [size] = this.#rows<{ calls: number; waiting: number; characters: number }>(
      `SELECT count(*) AS calls, count(*) FILTER (WHERE number IS NULL) AS waiting, ${CHARACTERS}
       FROM call WHERE id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(ids),
    );
    return size ?? { calls: 0, waiting: 0, characters: 0 };
  }

  #grow({ calls = 0, waiting = 0, characters = 0 }: Partial<Size>): void {
    if (this.#size === null) return;
    const before = this.#size;
    this.#size = {
      ...before,
      calls: before.calls + calls,
      waiting: before.waiting + waiting,
      characters: before.characters + characters,
    };
  }
}
