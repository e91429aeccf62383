/**
 * Which log this deployment writes: the active one of its database, under the origin line of its genesis, for ever, so that a
 * service that moves to another address keeps its log and its log's name (docs/formats.md, "Log"). One that is frozen may be
 * followed by another, where the operator names it.
 */
import type { ListedLog } from "#gate/log/open-log.ts";

/** What a log is called that begins. */
interface LogNames {
  newLogOrigin: string;
  /** Null if none may follow a frozen one. */
  followingLogOrigin: string | null;
}

/** Longer than anything that asks twice, short enough that a log which has ended is noticed. */
const REMEMBERED_MS = 60_000;

/** Of active logs only. */
const known = new WeakMap<D1Database, { origin: string; readMs: number }>();

/**
 * The origin line of the active log. If all are frozen: that of a log to come, where one is named that is not there yet, otherwise
 * that of the latest. If there is none: the one that a new log gets. Throws if D1 is away and it is not remembered either.
 */
export async function logOrigin(d1: D1Database, names: LogNames): Promise<string> {
  const remembered = known.get(d1);
  if (remembered !== undefined && isRecent(remembered.readMs)) return remembered.origin;
  const logs = await readLogs(d1).catch((error: unknown) => {
    if (remembered === undefined) throw error;
    return [{ origin: remembered.origin, state: "active" as const }];
  });
  const [newest] = logs;
  if (newest?.state === "active") {
    known.set(d1, { origin: newest.origin, readMs: Date.now() });
    return newest.origin;
  }
  const { newLogOrigin, followingLogOrigin } = names;
  if (newest === undefined) return newLogOrigin;
  const isThere = logs.some(({ origin }) => origin === followingLogOrigin);
  return followingLogOrigin === null || isThere ? newest.origin : followingLogOrigin;
}

/** By a clock that has not been set back since. */
const isRecent = (readMs: number): boolean => Date.now() >= readMs && Date.now() - readMs < REMEMBERED_MS;

/** The active one first, then the latest. */
async function readLogs(d1: D1Database): Promise<ListedLog[]> {
  const query = d1.withSession("first-primary").prepare("SELECT origin, state FROM log ORDER BY state = 'active' DESC, id DESC");
  return (await query.all<ListedLog>()).results;
}
